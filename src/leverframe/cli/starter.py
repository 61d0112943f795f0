"""The configuration that ``leverframe init`` writes: commented, and referring to the usual names of environment variables."""

from __future__ import annotations

from leverframe.core.errors import Locale


def starter(locale: Locale) -> str:
    """Return a leverframe.toml with comments in ``locale``, which is also the language of the hub's messages."""
    return _KO if locale == "ko" else _EN


_EN = """\
# Leverframe. Every key: docs/configuration.md. After a change: leverframe check
# Secrets are references: "env:NAME" reads an environment variable, "file:PATH" a file.

[hub]
# How the outside reaches the hub; links in messages begin with it. Only a loopback address may be http. Left out, it is this machine's.
# url = "https://hub.example.com"
# Where the hub listens. Left out, PORT is honoured: 0.0.0.0:$PORT.
# bind = "127.0.0.1:8080"
# A file beside this one, or "postgresql://…" (or "env:DATABASE_URL").
database = "sqlite:///leverframe.db"
locale = "en"
timezone = "UTC"

# GitHub: Settings, Webhooks, Add webhook.
#   Payload URL   {hub.url}/in/github
#   Content type  application/json
#   Secret        the value of GITHUB_WEBHOOK_SECRET
[sources.github]
secrets = ["env:GITHUB_WEBHOOK_SECRET"]

# Slack: api.slack.com/apps, Create New App, From a manifest: leverframe slack manifest prints it.
[chats.slack]
bot_token = "env:SLACK_BOT_TOKEN"
# For commands and buttons: Basic Information, App Credentials, Signing Secret.
# signing_secrets = ["env:SLACK_SIGNING_SECRET"]

# A room that is reached by an incoming webhook instead of the bot:
# [chats.slack.webhooks]
# "#dev" = "env:SLACK_DEV_WEBHOOK"

# GitHub's API, needed to deploy, and to look at the files of pull requests (paths = […]):
# [github]
# token = "env:GH_TOKEN"

# Jenkins, where it deploys: runner = "jenkins" below, and job = "folder/job" for workflow. docs/how-to/runners.md
# [runners.jenkins]
# kind = "jenkins"
# url = "https://jenkins.example.com"
# user = "leverframe"
# token = "env:JENKINS_TOKEN"

# What people may deploy: /deploy web-app staging. docs/how-to/deployments.md tells the rest.
# [services.web-app]
# repository = "acme/web-app"
#
# [services.web-app.environments.staging]
# runner = "github_actions"    # docs/how-to/runners.md: Argo CD, a service of your own
# workflow = "deploy.yml"
#
# [services.web-app.environments.production]
# runner = "github_actions"
# workflow = "deploy.yml"
# after = "staging"            # the same commit has to be live there first
# approvals = { required = 1 } # by somebody else than who asked
#
# Without a grant nobody may do anything: only admins deploy.
# [roles.deployers]
# members = ["slack:@admins"]  # a user group; people are "slack:U0123"
# allow = ["deploy *", "rollback *", "approve *", "reject *", "cancel *", "retry *", "settle *", "lock *", "unlock *", "relay *"]

[[routes]]
name = "new pull requests"
from = "github"
events = ["pull_request.opened"]
to = ["slack:#dev-team"]

[[routes]]
name = "wiki"
from = "github"
events = ["gollum"]
to = ["slack:#dev-team"]
"""

_KO = """\
# Leverframe 설정. 모든 키: docs/configuration.md. 고친 뒤에는: leverframe check
# 비밀값은 참조로 씁니다. "env:이름"은 환경 변수를, "file:경로"는 파일을 읽습니다.

[hub]
# 밖에서 허브에 접속하는 주소. 메시지의 링크가 이 주소로 시작합니다. http는 루프백 주소에만 쓸 수 있습니다. 쓰지 않으면 이 컴퓨터의 주소입니다.
# url = "https://hub.example.com"
# 허브가 수신하는 주소. 쓰지 않으면 PORT를 따릅니다: 0.0.0.0:$PORT.
# bind = "127.0.0.1:8080"
# 이 파일 옆의 파일, 또는 "postgresql://…" ("env:DATABASE_URL"도 됩니다).
database = "sqlite:///leverframe.db"
locale = "ko"
timezone = "Asia/Seoul"

# GitHub: Settings, Webhooks, Add webhook.
#   Payload URL   {hub.url}/in/github
#   Content type  application/json
#   Secret        GITHUB_WEBHOOK_SECRET의 값
[sources.github]
secrets = ["env:GITHUB_WEBHOOK_SECRET"]

# Slack: api.slack.com/apps, Create New App, From a manifest: leverframe slack manifest의 출력을 붙여 넣습니다.
[chats.slack]
bot_token = "env:SLACK_BOT_TOKEN"
# 명령과 버튼에 필요합니다: Basic Information, App Credentials의 Signing Secret.
# signing_secrets = ["env:SLACK_SIGNING_SECRET"]

# 봇 대신 수신 웹훅(incoming webhook)으로 보내는 방:
# [chats.slack.webhooks]
# "#dev" = "env:SLACK_DEV_WEBHOOK"

# GitHub API. 배포하거나 풀 리퀘스트의 파일(paths = […])을 보려면 필요합니다:
# [github]
# token = "env:GH_TOKEN"

# Jenkins로 배포한다면: 아래에서 runner = "jenkins"로 하고 workflow 대신 job = "folder/job"을 씁니다. docs/how-to/runners.ko.md
# [runners.jenkins]
# kind = "jenkins"
# url = "https://jenkins.example.com"
# user = "leverframe"
# token = "env:JENKINS_TOKEN"

# 배포할 수 있는 것: /deploy web-app staging. 나머지는 docs/how-to/deployments.ko.md에 있습니다.
# [services.web-app]
# repository = "acme/web-app"
#
# [services.web-app.environments.staging]
# runner = "github_actions"    # Argo CD, 직접 만든 서비스는 docs/how-to/runners.ko.md
# workflow = "deploy.yml"
#
# [services.web-app.environments.production]
# runner = "github_actions"
# workflow = "deploy.yml"
# after = "staging"            # 같은 커밋이 먼저 그곳에 배포되어 있어야 합니다
# approvals = { required = 1 } # 요청한 사람이 아닌 다른 사람의 승인
#
# 권한이 없으면 아무도 아무것도 할 수 없습니다. 관리자만 배포하는 예:
# [roles.deployers]
# members = ["slack:@admins"]  # 사용자 그룹. 사람은 "slack:U0123"
# allow = ["deploy *", "rollback *", "approve *", "reject *", "cancel *", "retry *", "settle *", "lock *", "unlock *", "relay *"]

[[routes]]
name = "새 풀 리퀘스트"
from = "github"
events = ["pull_request.opened"]
to = ["slack:#dev-team"]

[[routes]]
name = "위키"
from = "github"
events = ["gollum"]
to = ["slack:#dev-team"]
"""
