"""Every way in which services, runners and commands can be wrong: name, text, and line, key and code of what is told."""

from __future__ import annotations

TOKEN = '[github]\ntoken = "env:TOKEN"\n'
WEB = '[services.web]\nrepository = "acme/web"\n'
ROOM = '[chats.playground]\n' + WEB + 'room = "playground:#deploys"\n'
STAGING = '[services.web.environments.staging]\nrunner = "simulated"\n'
PRODUCTION = '[services.web.environments.production]\nrunner = "simulated"\n'
CI = '[runners.ci]\nkind = "jenkins"\nurl = "https://ci.example.com"\nuser = "hub"\ntoken = "env:TOKEN"\n'
RELEASE = "[roles.release]\nallow = ['approve web *']\n"
TWO_CHATS = '[chats.slack]\nbot_token = "env:TOKEN"\n[chats.playground]\n'
AT = "services.web.environments"

WRONG_LEVERS: list[tuple[str, str, list[tuple[int, str, str]]]] = [
    ("a service without environments", "[services.web]\n", [(1, "services.web.environments", "key_missing")]),
    ("services that are no tables", "services = 1\n", [(1, "services", "value_type")]),
    ("a service that is no table", "[services]\nweb = 1\n", [(2, "services.web", "value_type")]),
    ("environments that are no tables", "[services.web]\nenvironments = 1\n", [(2, "services.web.environments", "value_type")]),
    ("an environment that is no table", f"{WEB}environments = {{ staging = 1 }}\n", [(3, f"{AT}.staging", "value_type")]),
    ("an unknown key of a service", f"{WEB}chekcs = true\n{STAGING}", [(3, "services.web.chekcs", "key_unknown")]),
    ("a service of two words", '[services."web app".environments.staging]\nrunner = "simulated"\n', [(1, 'services."web app"', "service_name_invalid")]),
    ("an environment of two words", WEB + STAGING.replace("staging", "'a b'"), [(3, f'{AT}."a b"', "service_name_invalid")]),
    ("a repository without owner", f"[services.web]\nrepository = 'web'\n{STAGING}", [(2, "services.web.repository", "repository_invalid")]),
    ("a lane that is none", f"{WEB}lane = 'repository'\n{STAGING}", [(3, "services.web.lane", "value_choice")]),
    ("checks that are one word", f"{WEB}checks = 'build'\n{STAGING}", [(3, "services.web.checks", "value_type")]),
    ("an environment without runner", f"{WEB}[services.web.environments.staging]\n", [(3, f"{AT}.staging.runner", "key_missing")]),
    ("a runner that is no string", WEB + STAGING.replace('"simulated"', "1"), [(4, f"{AT}.staging.runner", "value_type")]),
    ("a runner that is none", f"{WEB}{STAGING.replace('simulated', 'simulatd')}", [(4, f"{AT}.staging.runner", "runner_unknown")]),
    ("a kind that needs a section", f"{WEB}{STAGING.replace('simulated', 'jenkins')}", [(4, f"{AT}.staging.runner", "runner_unknown")]),
    ("a kind of runner that is none", "[runners.ci]\nkind = 'jenkin'\n", [(2, "runners.ci.kind", "kind_unknown")]),
    ("a runner that lacks something", "[runners.jenkins]\nurl = 'https://ci.example.com'\nuser = 'hub'\n", [(1, "runners.jenkins.token", "key_missing")]),
    ("an environment of a wrong runner", f"{WEB}{STAGING.replace('simulated', 'ci')}job = 'a'\n{TOKEN}[runners.ci]\n", [(8, "runners.ci", "kind_unknown")]),
    ("an unknown key of an environment", f"{WEB}{STAGING}outcom = 'fail'\n", [(5, f"{AT}.staging.outcom", "key_unknown")]),
    ("a key of another runner", f"{WEB}{STAGING}job = 'deploy'\n", [(5, f"{AT}.staging.job", "key_unknown")]),
    ("a key that the runner needs", f"{WEB}{STAGING.replace('simulated', 'ci')}{TOKEN}{CI}", [(3, f"{AT}.staging.job", "key_missing")]),
    ("a value that the runner cannot take", f"{WEB}{STAGING}outcome = 'boom'\n", [(5, f"{AT}.staging.outcome", "value_choice")]),
    ("after an environment that is none", f"{WEB}{STAGING}{PRODUCTION}after = 'stagging'\n", [(7, f"{AT}.production.after", "environment_unknown")]),
    ("after itself", f"{WEB}{STAGING}after = 'staging'\n", [(5, f"{AT}.staging.after", "after_cycle")]),
    ("after each other", f"{WEB}{STAGING}after = 'production'\n{PRODUCTION}after = 'staging'\n", [(5, f"{AT}.staging.after", "after_cycle")]),
    ("to follow nothing", f"{WEB}{STAGING}follow = true\n", [(5, f"{AT}.staging.follow", "follow_needs_after")]),
    ("an event that starts nothing", f"{ROOM}{STAGING}on = 'release'\n", [(7, f"{AT}.staging.on[0]", "on_invalid")]),
    ("an event without branch", f"{ROOM}{STAGING}on = ['push main', 'push']\n", [(7, f"{AT}.staging.on[1]", "on_invalid")]),
    ("a branch that cannot be", f"{ROOM}{STAGING}on = 'push ma:in'\n", [(7, f"{AT}.staging.on[0]", "on_invalid")]),
    ("pushes to no repository", f"{ROOM.replace('repository', '#')}{STAGING}on = 'push main'\n", [(7, f"{AT}.staging.on", "repository_missing")]),
    ("pushes of which nobody is told", f"{WEB}{STAGING}on = 'push main'\n", [(5, f"{AT}.staging.on", "room_missing")]),
    ("a room of no chat", f"{WEB}room = 'slack:#deploys'\n{STAGING}", [(3, "services.web.room", "chat_unknown")]),
    ("a runner that needs the repository", f"[services.web]\n{STAGING.replace('simulated', 'ci')}job = 'a'\n{TOKEN}{CI}", [(3, f"{AT}.staging.runner", "repository_missing")]),
    ("a runner without token for GitHub", f"{WEB}{STAGING.replace('simulated', 'repository_dispatch')}", [(4, f"{AT}.staging.runner", "services_need_token")]),
    ("nobody has to approve", f"{WEB}{STAGING}approvals = {{ required = 0 }}\n", [(5, f"{AT}.staging.approvals.required", "value_invalid")]),
    ("approval by a role that is none", f"{WEB}{STAGING}approvals = {{ from = ['releas'] }}\n{RELEASE}", [(5, f"{AT}.staging.approvals.from[0]", "role_unknown")]),
    ("the glass of a role that is none", f"{WEB}{STAGING}approvals = {{ break_glass = ['ops'] }}\n", [(5, f"{AT}.staging.approvals.break_glass[0]", "role_unknown")]),
    ("approval by who may not", f"{WEB}{STAGING}approvals = {{ from = ['viewer', 'admin'] }}\n", [(5, f"{AT}.staging.approvals.from[0]", "role_lacks_grant")]),
    ("approval that ends never", f"{WEB}{STAGING}approvals = {{ expires = '4 hours ago' }}\n", [(5, f"{AT}.staging.approvals.expires", "duration_invalid")]),
    ("an unknown key of approvals", f"{WEB}{STAGING}approvals = {{ requierd = 2 }}\n", [(5, f"{AT}.staging.approvals.requierd", "key_unknown")]),
    ("people of two chats whom nobody links", f"{WEB}{STAGING}approvals = {{}}\n{TWO_CHATS}", [(5, f"{AT}.staging.approvals", "approvals_need_people")]),
    ("whoever asks may approve", f"{WEB}{STAGING}approvals = {{ self = true }}\n{TWO_CHATS}", []),
    ("people of two chats who are linked", f"{WEB}{STAGING}approvals = {{}}\n{TWO_CHATS}[people.ann]\nidentities = ['slack:U1', 'playground:ann']\n", []),
    ("authors whom nobody links", f"{WEB}{STAGING}approvals = {{ authors = false }}\n", [(5, f"{AT}.staging.approvals.authors", "approvals_need_people")]),
    ("a freeze that begins never", f"{WEB}{STAGING}freeze = [{{ cron = '0 18 * *', hours = 1 }}]\n", [(5, f"{AT}.staging.freeze[0].cron", "cron_invalid")]),
    ("a freeze without end", f"{WEB}{STAGING}freeze = [{{ cron = '0 18 * * FRI' }}]\n", [(5, f"{AT}.staging.freeze[0].hours", "key_missing")]),
    ("retries without a wait", f"{WEB}{STAGING}retry = {{ times = 2, wait = '0' }}\n", [(5, f"{AT}.staging.retry.wait", "duration_invalid")]),
    ("an issuer that is none", "[oidc.github]\nissuer = 'http://example.com'\n[[oidc.github.allow]]\nrepositories = ['a/*']\ngrants = ['approvals.ask {repository} *']\n",
     [(2, "oidc.github.issuer", "issuer_invalid")]),
    ("a project twice", "[dispatches.'acme/site']\nrunner = 'simulated'\n[dispatches.'Acme/Site']\nrunner = 'simulated'\n", [(3, 'dispatches."Acme/Site"', "dispatch_project_twice")]),
    ("a dispatch to no repository", "[dispatches.site]\nrunner = 'simulated'\nwindow = '30 seconds or so'\n",
     [(1, "dispatches.site", "repository_invalid"), (3, "dispatches.site.window", "duration_invalid")]),
    ("dispatches without a token", "[dispatches.'acme/site']\nroom = 'slak:#dev'\n",
     [(1, 'dispatches."acme/site"', "services_need_token"), (2, 'dispatches."acme/site".room', "chat_unknown")]),
    ("dispatches that are tried out", "[dispatches.'acme/site']\nwindow = '30s'\nin_flight = 2\nrunner = 'simulated'\n", []),
    ("too many at once", "[dispatches.'acme/site']\nin_flight = 21\nrunner = 'simulated'\n", [(2, 'dispatches."acme/site".in_flight', "value_invalid")]),
    ("a command whose grants would mean something else", "[commands.dispatch]\nrunner = 'simulated'\n", [(1, "commands.dispatch", "command_taken")]),
    ("a command without runner", "[commands.restart]\n", [(1, "commands.restart.runner", "key_missing")]),
    ("a command that is no table", "[commands]\nrestart = 1\n", [(2, "commands.restart", "value_type")]),
    ("a command of two words", "[commands.'re start']\nrunner = 'simulated'\n", [(1, 'commands."re start"', "value_invalid")]),
    ("a command that there is", "[commands.deploy]\nrunner = 'simulated'\n", [(1, "commands.deploy", "command_taken")]),
    ("a command's runner that is none", "[commands.restart]\nrunner = 'ci'\n", [(2, "commands.restart.runner", "runner_unknown")]),
    ("an unknown key of a command", "[commands.restart]\nrunner = 'simulated'\nsumary = 'x'\n", [(3, "commands.restart.sumary", "key_unknown")]),
    ("an argument of no kind", "[commands.restart]\nrunner = 'simulated'\narguments = [{ name = 'a' }, { name = 'b', kind = 'servic' }]\n", [(3, "commands.restart.arguments[1].kind", "value_invalid")]),
    ("an unknown key of an argument", "[commands.restart]\nrunner = 'simulated'\narguments = [\n{ name = 'a' },\n{ name = 'b', knd = 'text' }]\n", [(5, "commands.restart.arguments[1].knd", "key_unknown")]),
    ("a command for a role that is none", "[commands.restart]\nrunner = 'simulated'\nroles = ['ops']\n", [(3, "commands.restart.roles[0]", "role_unknown")]),
    ("a command that knows no repository", f"{TOKEN}[commands.restart]\nrunner = 'github_actions'\nworkflow = 'a.yml'\n", [(4, "commands.restart.runner", "command_needs_service")]),
    ("a command without token for GitHub", "[commands.restart]\nrunner = 'github_actions'\nworkflow = 'a.yml'\narguments = [{ name = 'r', kind = 'repository' }]\n", [(2, "commands.restart.runner", "services_need_token")]),
    ("an audit room of no chat", "[hub]\naudit_room = 'slack:#audit'\n", [(2, "hub.audit_room", "chat_unknown")]),
    ("less than no commands", "[hub]\ncommands_per_minute = { person = -1 }\n", [(2, "hub.commands_per_minute.person", "value_invalid")]),
    ("a grant for a command of the configuration", "[commands.restart]\nrunner = 'simulated'\n[roles.ops]\nallow = ['restart']\n", []),
    ("members of every sort", f"{TOKEN}{TWO_CHATS}[roles.ops]\nmembers = ['slack:@admins', 'slack:S0123', 'github:acme/ops', 'mail:ann@example.com', 'playground:*']\n", []),
]
"""Everything that is told is told here once; texts that are right have nothing."""
