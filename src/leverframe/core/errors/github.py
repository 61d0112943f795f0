"""What GitHub refuses. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("github_admin_needed", 502, ("Only an administrator of the repository or an owner of the organisation may do this.", "Use a token of somebody who is, or a GitHub App with the permission Webhooks."),
    ("저장소 관리자나 조직 소유자만 할 수 있습니다.", "관리자의 토큰을 쓰거나, Webhooks 권한이 있는 GitHub App을 쓰세요."))
row("github_answer_invalid", 502, ("What answered is not GitHub.", "Check [github] api_url (for an Enterprise Server https://HOST/api/v3) and the proxy on the way."),
    ("GitHub가 아닌 곳에서 응답했습니다.", "[github] api_url(Enterprise Server는 https://HOST/api/v3)과 중간 프록시를 확인하세요."))
row("github_answer_lost", 502, ("GitHub's answer was lost on the way.", "The hub asks again; what may have been started is looked for before anything is started again."),
    ("GitHub의 응답을 받지 못했습니다.", "허브가 다시 묻습니다. 시작되었을 수 있는 실행은 먼저 찾아본 뒤에만 다시 시작합니다."))
row("github_app_not_installed", 502, ("The GitHub App is not installed there.", "Install it from its page on GitHub (Install App) for the account, and let it have the repository."),
    ("GitHub App이 그곳에 설치되어 있지 않습니다.", "GitHub의 앱 페이지에서 Install App으로 그 계정에 설치하고 저장소를 포함하세요."))
row("github_app_refused", 502, ("GitHub does not accept the app's signature.", "Check that [github.app] id and key belong to the same app and the key was not deleted there; the hub's clock may be wrong by at most a minute."),
    ("GitHub가 앱의 서명을 받아들이지 않습니다.", "[github.app]의 id와 key가 같은 앱의 것인지, 키가 삭제되지 않았는지, 허브의 시계가 1분 넘게 틀리지 않는지 확인하세요."))
row("github_app_suspended", 502, ("The installation of the GitHub App is suspended.", "An owner of the account lifts it under Settings → GitHub Apps → Configure."),
    ("GitHub App 설치가 일시 중지되어 있습니다.", "계정 소유자가 Settings → GitHub Apps → Configure에서 해제해야 합니다."))
row("github_archived", 502, ("The repository is archived.", "Unarchive it in its settings on GitHub, or take the service out of leverframe.toml."),
    ("보관 처리된 저장소입니다.", "GitHub의 저장소 설정에서 보관을 풀거나 leverframe.toml에서 서비스를 빼세요."))
row("github_branch_moved", 409, ("The branch is no longer at the commit that was asked for.",
    "Deploy again to take the new commit; or give the workflow an input for the commit (inputs.sha) and have it check that out."),
    ("브랜치가 요청한 커밋에서 이미 옮겨 갔습니다.", "다시 배포해 새 커밋을 쓰거나, 워크플로에 커밋 입력(inputs.sha)을 두고 그 커밋을 체크아웃하게 하세요."))
row("github_callback_foreign", 422, ("The address to answer at is not this GitHub's.", "Set [github] api_url to the GitHub whose app sends the event."),
    ("답할 주소가 이 GitHub의 것이 아닙니다.", "이벤트를 보내는 앱이 있는 GitHub로 [github] api_url을 설정하세요."))
row("github_commit_needs_input", 422, ("GitHub starts a workflow at a branch or tag, not at a commit.",
    "Name a branch or tag; or give the workflow an input for the commit (inputs.sha = \"commit\") and have it check that out. Rollbacks need this too."),
    ("GitHub는 커밋이 아니라 브랜치나 태그에서 워크플로를 시작합니다.",
    "브랜치나 태그를 쓰거나, 워크플로에 커밋 입력(inputs.sha = \"commit\")을 두고 그 커밋을 체크아웃하게 하세요. 롤백에도 필요합니다."))
row("github_conflict", 502, ("GitHub cannot do this in the present state.", "Look at the reason in detail; it may pass by itself."),
    ("지금 상태에서는 GitHub가 할 수 없는 일입니다.", "detail의 이유를 확인하세요. 곧 저절로 풀릴 수 있습니다."))
row("github_event_never", 422, ("A hook of this kind never hears this event.", "Take it out; an organisation's hook or a GitHub App's hears more."),
    ("이런 종류의 웹훅이 받지 못하는 이벤트입니다.", "지우세요. 조직의 웹훅이나 GitHub App의 웹훅은 더 많은 이벤트를 받습니다."))
row("github_event_unknown", 422, ("GitHub has no such event.", "Write the names of GitHub's page of webhook events, without actions: push, issues, gollum."),
    ("GitHub에 그런 이벤트가 없습니다.", "GitHub 웹훅 이벤트 문서의 이름을 동작 없이 쓰세요: push, issues, gollum."))
row("github_gone", 502, ("GitHub has taken this away: the feature is off, or this version of its API has ended.", "Switch the feature on in the repository's settings, or update Leverframe."),
    ("GitHub에서 없어진 기능이거나 끝난 API 버전입니다.", "저장소 설정에서 기능을 켜거나 Leverframe을 업데이트하세요."))
row("github_hook_events_refused", 422, ("GitHub does not know one of these events for such a hook.", "Correct the names; an Enterprise Server has fewer than github.com, and some events only an app's hook hears."),
    ("GitHub가 이런 웹훅에서 받지 않는 이벤트가 있습니다.", "이름을 고치세요. Enterprise Server에는 github.com보다 이벤트가 적고, 앱의 웹훅만 받는 이벤트도 있습니다."))
row("github_hook_exists", 409, ("There is a hook with this address and these events already.", "Add events to that one: leverframe github hooks list shows it, leverframe github hooks add-events changes it; sync finds it by its address."),
    ("이 주소와 이벤트의 웹훅이 이미 있습니다.", "leverframe github hooks list로 찾아 leverframe github hooks add-events로 이벤트를 추가하세요. sync는 주소로 찾아 씁니다."))
row("github_hook_unknown", 404, ("There is no such hook.", "leverframe github hooks list shows those that there are, with their ids."),
    ("그런 웹훅이 없습니다.", "leverframe github hooks list로 있는 웹훅과 ID를 확인하세요."))
row("github_hook_url_invalid", 422, ("GitHub cannot use the hook's address.", "Write the whole address, with https:// in front and special characters escaped."),
    ("GitHub가 쓸 수 없는 웹훅 주소입니다.", "https://부터 전체 주소를 쓰고 특수 문자는 이스케이프하세요."))
row("github_hook_url_private", 422, ("GitHub cannot reach the hook's address from the public Internet.", "Set hub.url to the hub's public address; while you try things out, put a tunnel in front."),
    ("GitHub가 공용 인터넷에서 그 웹훅 주소에 닿을 수 없습니다.", "hub.url을 허브의 공개 주소로 설정하세요. 시험하는 동안에는 터널을 쓸 수 있습니다."))
row("github_hooks_too_many", 422, ("There are as many hooks for an event as GitHub allows: 20.", "Delete a hook that nobody needs: leverframe github hooks list shows them with what their last delivery said."),
    ("한 이벤트에 허용된 웹훅 수(20개)가 이미 찼습니다.", "필요 없는 웹훅을 삭제하세요. leverframe github hooks list가 마지막 전송 결과와 함께 보여 줍니다."))
row("github_host_wrong", 502, ("A page for people answered, not GitHub's API.", "Set [github] api_url to https://api.github.com, for an Enterprise Server to https://HOST/api/v3."),
    ("API가 아니라 사람이 보는 GitHub 페이지가 응답했습니다.", "[github] api_url을 https://api.github.com으로, Enterprise Server라면 https://HOST/api/v3로 설정하세요."))
row("github_inputs_refused", 502, ("The workflow does not take these inputs.",
    "Make on.workflow_dispatch.inputs of the workflow fit: it is given service, env, correlation_id and the parameters; [services.….environments.…] inputs renames them."),
    ("워크플로가 이 입력을 받지 않습니다.",
    "워크플로의 on.workflow_dispatch.inputs를 맞추세요. service, env, correlation_id와 매개변수를 보냅니다. 이름은 [services.….environments.…] inputs로 바꿉니다."))
row("github_inputs_too_many", 400, ("There are more inputs than GitHub takes: 25, on an Enterprise Server 10.", "Take parameters out, or leave inputs out with an empty name."),
    ("GitHub가 받는 입력 수(25개, Enterprise Server는 10개)를 넘었습니다.", "매개변수를 줄이거나 이름을 비워 입력을 빼세요."))
row("github_ip_refused", 502, ("The organisation's IP allow list does not have the hub's address.", "Have an owner of the organisation add it."),
    ("조직의 IP 허용 목록에 허브의 주소가 없습니다.", "조직 소유자에게 추가를 요청하세요."))
row("github_moved", 502, ("The repository has another name now.", "Correct repository in leverframe.toml; no redirect is followed."),
    ("저장소 이름이 바뀌었습니다.", "leverframe.toml의 repository를 고치세요. 리디렉션은 따르지 않습니다."))
row("github_not_found", 502, ("GitHub does not have this, or the token may not see it.",
    "Check the spelling of repository; give the token access to it: a fine-grained token names its repositories, a classic one needs the scope repo."),
    ("GitHub에 없거나 토큰으로 볼 수 없습니다.", "repository의 철자를 확인하고 토큰에 접근을 허용하세요. fine-grained 토큰은 저장소를 지정하고 classic 토큰은 repo 범위가 필요합니다."))
row("github_payload_too_large", 413, ("The order is larger than GitHub takes.", "Make the parameters shorter."),
    ("GitHub가 받을 수 있는 크기를 넘는 요청입니다.", "매개변수를 줄이세요."))
row("github_permission_missing", 502, ("The token lacks a permission.",
    "Give it what detail names: Actions write starts workflows, Contents write sends repository_dispatch, Checks, Commit statuses and Pull requests read show what ships."),
    ("토큰에 권한이 부족합니다.",
    "detail에 적힌 권한을 주세요. 워크플로 시작은 Actions write, repository_dispatch는 Contents write, 배포 내용 표시는 Checks·Commit statuses·Pull requests read입니다."))
row("github_ratelimited", 502, ("GitHub asks to wait.", "The hub goes on when GitHub says; a token of its own gives it more requests."),
    ("GitHub가 기다리라고 합니다.", "GitHub가 정한 시간이 지나면 허브가 계속합니다. 허브 전용 토큰을 쓰면 한도가 늘어납니다."))
row("github_refused", 502, ("GitHub refuses this.", "Look at its words in detail, correct what they name, then try again."),
    ("GitHub가 거절했습니다.", "detail에 적힌 GitHub의 설명대로 고친 뒤 다시 시도하세요."))
row("github_repository_missing", 422, ("The service has no repository.", "Set repository = \"OWNER/NAME\" on [services.NAME] in leverframe.toml."),
    ("서비스에 저장소가 없습니다.", "leverframe.toml의 [services.NAME]에 repository = \"OWNER/NAME\"을 설정하세요."))
row("github_run_not_listed", 502, ("GitHub does not list the run yet.",
    "The hub looks again. If it never appears, put the id into the workflow's run-name: ${{ inputs.correlation_id }}, for repository_dispatch ${{ github.event.client_payload.correlation_id }}."),
    ("GitHub 목록에 아직 실행이 없습니다.",
    "허브가 다시 찾습니다. 계속 없으면 워크플로의 run-name에 ${{ inputs.correlation_id }}를, repository_dispatch라면 ${{ github.event.client_payload.correlation_id }}를 넣으세요."))
row("github_sso_required", 502, ("The organisation asks for single sign-on, and the token is not authorised for it.", "Open the token on GitHub, choose Configure SSO and authorise it for the organisation."),
    ("조직이 SSO를 요구하는데 토큰이 승인되지 않았습니다.", "GitHub의 토큰 페이지에서 Configure SSO를 눌러 조직에 승인하세요."))
row("github_token_expired", 502, ("The GitHub token has expired.", "Make a new one on GitHub and set it in [github] token."),
    ("GitHub 토큰의 기한이 지났습니다.", "GitHub에서 새 토큰을 만들어 [github] token에 설정하세요."))
row("github_token_invalid", 502, ("GitHub does not accept the token: it is wrong, revoked or expired.", "Make a new one on GitHub and set it in [github] token; a token of another server does not do either."),
    ("GitHub가 토큰을 받아들이지 않습니다. 틀렸거나 폐기되었거나 만료되었습니다.", "GitHub에서 새 토큰을 만들어 [github] token에 설정하세요. 다른 서버의 토큰도 쓸 수 없습니다."))
row("github_token_missing", 502, ("There is no token for GitHub.", "Set token in [github] of leverframe.toml, such as \"env:GH_TOKEN\", or app."),
    ("GitHub 토큰이 없습니다.", "leverframe.toml의 [github]에 token(예: \"env:GH_TOKEN\")이나 app을 설정하세요."))
row("github_token_not_seen", 502, ("GitHub saw no token: the Authorization header did not arrive.", "A proxy on the way takes it out, or [github] api_url leads through another host; with curl add -H \"Authorization: Bearer TOKEN\"."),
    ("GitHub에 토큰이 전달되지 않았습니다. Authorization 헤더가 없습니다.", "중간 프록시가 헤더를 지우거나 [github] api_url이 다른 호스트를 거칩니다. curl이라면 -H \"Authorization: Bearer TOKEN\"을 추가하세요."))
row("github_token_policy", 502, ("The organisation does not take tokens of this kind.", "Use a kind that detail allows (fine-grained or classic, with a shorter life), have an owner approve it, or use a GitHub App."),
    ("조직이 이런 종류의 토큰을 받지 않습니다.", "detail이 허용하는 종류(fine-grained 또는 classic, 더 짧은 기한)를 쓰거나, 소유자의 승인을 받거나, GitHub App을 쓰세요."))
row("github_trigger_missing", 502, ("The workflow cannot be started from outside.", "Add workflow_dispatch to its on: section, on the branch that is deployed and on the default branch."),
    ("밖에서 시작할 수 없는 워크플로입니다.", "배포할 브랜치와 기본 브랜치의 워크플로에서 on:에 workflow_dispatch를 추가하세요."))
row("github_unavailable", 502, ("GitHub has troubles of its own.", "The hub asks again; see https://www.githubstatus.com."),
    ("GitHub에 장애가 있습니다.", "허브가 다시 묻습니다. https://www.githubstatus.com 을 보세요."))
row("github_unreachable", 502, ("GitHub cannot be reached.", "Check [github] api_url and the hub's network, DNS and certificates."),
    ("GitHub에 연결할 수 없습니다.", "[github] api_url과 허브의 네트워크, DNS, 인증서를 확인하세요."))
row("github_window_over", 502, ("GitHub no longer has the delivery to send it again.", "What happened is on GitHub; the hub was away, or refused it, for longer than GitHub keeps deliveries: three days, seven on an Enterprise Server."),
    ("GitHub가 다시 보낼 수 있는 기한이 지났습니다.", "내용은 GitHub에 있습니다. 허브가 GitHub의 보관 기간(3일, Enterprise Server는 7일)보다 오래 받지 못했습니다."))
row("github_workflow_disabled", 502, ("The workflow is disabled.", "Enable it on the repository's Actions page."),
    ("비활성화된 워크플로입니다.", "저장소의 Actions 페이지에서 활성화하세요."))
row("github_workflow_unknown", 502, ("The repository has no such workflow.", "Correct workflow in leverframe.toml; the file must be in .github/workflows on the default branch."),
    ("저장소에 그런 워크플로가 없습니다.", "leverframe.toml의 workflow를 고치세요. 파일은 기본 브랜치의 .github/workflows에 있어야 합니다."))
row("ref_unknown", 422, ("The repository has no such branch, tag or commit.", "Check the spelling; a branch may have been deleted or not been pushed yet."),
    ("저장소에 그런 브랜치, 태그, 커밋이 없습니다.", "철자를 확인하세요. 삭제되었거나 아직 푸시되지 않은 브랜치일 수 있습니다."))
