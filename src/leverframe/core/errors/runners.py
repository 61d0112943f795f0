"""What runners refuse: Jenkins, Argo CD, services of plain HTTP. Keep the rows sorted by code."""

from __future__ import annotations

from leverframe.core.errors.table import row

row("argocd_answer_invalid", 502, ("What answered is not Argo CD, or not one that the hub understands.", "Check url of the runner, with Argo CD's root path if it has one, and the proxy on the way."),
    ("Argo CD가 아니거나 허브가 이해할 수 없는 응답입니다.", "러너의 url(루트 경로 포함)과 중간 프록시를 확인하세요."))
row("argocd_answer_lost", 502, ("Argo CD's answer was lost on the way; the sync may have begun.", "The hub looks for it; if it stays unknown, look at the application in Argo CD and settle it by hand."),
    ("Argo CD의 응답을 받지 못했습니다. 동기화가 시작되었을 수 있습니다.", "허브가 찾습니다. 계속 알 수 없으면 Argo CD의 애플리케이션을 확인하고 직접 결과를 정하세요."))
row("argocd_application_unknown", 502, ("Argo CD has no such application in this project.", "Correct application, project and namespace of the environment."),
    ("이 프로젝트에 그런 Argo CD 애플리케이션이 없습니다.", "환경의 application, project, namespace를 고치세요."))
row("argocd_auto_sync", 502, ("The application syncs by itself, so Argo CD lets nobody choose its revision or roll it back.",
    "Set revision = \"target\" of the environment and change git instead, or switch auto-sync off."),
    ("자동 동기화 중인 애플리케이션이라 Argo CD가 리비전 지정이나 롤백을 허용하지 않습니다.",
    "환경에 revision = \"target\"을 설정하고 git을 바꾸거나, 자동 동기화를 끄세요."))
row("argocd_history_unknown", 502, ("The application's history has no such entry.", "Choose an id that argocd app history shows."),
    ("애플리케이션 이력에 그런 항목이 없습니다.", "argocd app history에 나오는 ID를 고르세요."))
row("argocd_operation_in_progress", 502, ("The application is busy with another operation.", "It is tried again; or terminate the other one in Argo CD."),
    ("애플리케이션이 다른 작업을 하고 있습니다.", "다시 시도합니다. 아니면 Argo CD에서 다른 작업을 중단하세요."))
row("argocd_operation_not_begun", 502, ("Argo CD's controller has not begun the operation, so it cannot be ended yet.", "Ask again in a moment; if it stays so, look at the application controller."),
    ("Argo CD 컨트롤러가 작업을 시작하지 않아 아직 중단할 수 없습니다.", "잠시 뒤 다시 시도하세요. 계속되면 application controller를 확인하세요."))
row("argocd_operation_unknown", 404, ("Argo CD does not remember this operation any more.", "It remembers the last one only; look at the application's history."),
    ("Argo CD가 이 작업을 더는 기억하지 않습니다.", "마지막 작업만 기억합니다. 애플리케이션 이력을 확인하세요."))
row("argocd_permission_missing", 502, ("The hub's token may not do this, or there is no such application.", "Allow the token get and sync on applications of the project; set project of the environment to learn which it is."),
    ("허브의 토큰에 권한이 없거나 그런 애플리케이션이 없습니다.", "프로젝트의 applications에 get과 sync를 허용하세요. 환경에 project를 설정하면 어느 쪽인지 알 수 있습니다."))
row("argocd_rate_limited", 502, ("Argo CD, or a proxy before it, asks to send more slowly.", "It is tried again when it says."),
    ("Argo CD나 그 앞의 프록시가 더 천천히 보내라고 합니다.", "지정한 시간 뒤 다시 시도합니다."))
row("argocd_redirected", 502, ("Argo CD, or a proxy before it, sends the hub elsewhere; the hub follows no redirect.", "Set url of the runner to the address given here."),
    ("Argo CD나 그 앞의 프록시가 다른 주소로 보냅니다. 허브는 리디렉션을 따라가지 않습니다.", "러너의 url을 여기 적힌 주소로 바꾸세요."))
row("argocd_refused", 502, ("Argo CD refuses this.", "Look at its words here; the commit must be in the application's repository."),
    ("Argo CD가 거절했습니다.", "여기 적힌 말을 확인하세요. 커밋이 애플리케이션의 저장소에 있어야 합니다."))
row("argocd_source_missing", 502, ("The application has several sources, and which one the commit is of is not said.", "Set source of the environment to the source's position, from 1."),
    ("소스가 여러 개인 애플리케이션인데 커밋이 어느 소스의 것인지 정해지지 않았습니다.", "환경의 source에 소스의 순서를 1부터 세어 설정하세요."))
row("argocd_sync_done", 409, ("The sync is done and only the application's health is waited for; there is nothing to end.", "Roll back instead."),
    ("동기화가 끝나 애플리케이션 상태만 기다리고 있어 중단할 것이 없습니다.", "대신 롤백하세요."))
row("argocd_sync_window", 502, ("A sync window of the project does not allow this now.", "Wait for the window, or allow manual syncs in it."),
    ("프로젝트의 동기화 시간대(sync window)가 지금은 허용하지 않습니다.", "시간대를 기다리거나 그 시간대에 수동 동기화를 허용하세요."))
row("argocd_token_refused", 502, ("Argo CD does not accept the token.", "Make a new one with argocd proj role create-token or argocd account generate-token, and set token of the runner."),
    ("Argo CD가 토큰을 받아들이지 않습니다.", "argocd proj role create-token이나 argocd account generate-token으로 새로 만들어 러너의 token에 넣으세요."))
row("argocd_unavailable", 502, ("Argo CD has troubles of its own.", "The hub looks again; see the log of argocd-server."),
    ("Argo CD에 장애가 있습니다.", "허브가 다시 확인합니다. argocd-server의 로그를 보세요."))
row("argocd_unreachable", 502, ("Argo CD cannot be reached.", "Check url, the hub's network, DNS and certificates; it is tried again."),
    ("Argo CD에 연결할 수 없습니다.", "url과 허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
row("http_runner_address_unknown", 502, ("The runner's service does not know the address.", "Check url, status_url and cancel_url of the runner: they take POST, GET and POST."),
    ("러너 서비스에 없는 주소입니다.", "러너의 url, status_url, cancel_url을 확인하세요. 각각 POST, GET, POST를 받습니다."))
row("http_runner_answer_invalid", 502, ("The runner's service answered with what the hub does not understand.", "It answers with JSON as docs/how-to/runners.md shows, or with nothing; a page comes from a proxy."),
    ("러너 서비스의 응답을 허브가 이해할 수 없습니다.", "docs/how-to/runners.ko.md에 적힌 JSON이나 빈 본문으로 답해야 합니다. 웹 페이지라면 프록시가 보낸 것입니다."))
row("http_runner_answer_lost", 502, ("The answer of the runner's service was lost on the way; it may have started.", "With status_url the hub looks by itself; else look at the service and settle it by hand."),
    ("러너 서비스의 응답을 받지 못했습니다. 시작되었을 수 있습니다.", "status_url이 있으면 허브가 스스로 확인합니다. 없으면 서비스를 확인하고 직접 결과를 정하세요."))
row("http_runner_cancel_unsupported", 409, ("This runner cannot end a deployment.", "Set cancel_url of the runner, or end it in the service itself."),
    ("이 러너는 배포를 중단할 수 없습니다.", "러너에 cancel_url을 설정하거나 서비스에서 직접 중단하세요."))
row("http_runner_credentials_refused", 502, ("The runner's service does not accept the token or the signature.", "Set token and secret of the runner to what the service expects, and compare the clocks of both machines."),
    ("러너 서비스가 토큰이나 서명을 받아들이지 않습니다.", "러너의 token과 secret을 서비스에 맞추고 두 컴퓨터의 시계를 비교하세요."))
row("http_runner_rate_limited", 502, ("The runner's service asks to send more slowly.", "It is tried again when it says."),
    ("러너 서비스가 더 천천히 보내라고 합니다.", "지정한 시간 뒤 다시 시도합니다."))
row("http_runner_redirected", 502, ("The runner's service sends the hub elsewhere; the hub follows no redirect.", "Set the runner's addresses to what stands here."),
    ("러너 서비스가 다른 주소로 보냅니다. 허브는 리디렉션을 따라가지 않습니다.", "러너의 주소를 여기 적힌 것으로 바꾸세요."))
row("http_runner_refused", 502, ("The runner's service refuses this.", "Look at its words here, and at its log."),
    ("러너 서비스가 거절했습니다.", "여기 적힌 말과 서비스의 로그를 확인하세요."))
row("http_runner_run_unknown", 404, ("The runner's service knows nothing of this deployment.", "It answers 404 at status_url, or was never asked; look at the service."),
    ("러너 서비스가 이 배포를 알지 못합니다.", "status_url이 404로 답했거나 요청받은 적이 없습니다. 서비스를 확인하세요."))
row("http_runner_unavailable", 502, ("The runner's service has troubles of its own.", "The hub asks again; see the service's log."),
    ("러너 서비스에 장애가 있습니다.", "허브가 다시 확인합니다. 서비스의 로그를 보세요."))
row("http_runner_unreachable", 502, ("The runner's service cannot be reached.", "Check its address, the hub's network, DNS and certificates; it is tried again."),
    ("러너 서비스에 연결할 수 없습니다.", "주소와 허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
row("jenkins_answer_invalid", 502, ("What answered is not Jenkins, or not one that the hub understands.", "Check url of the runner, with Jenkins' path if it has one, and the proxy on the way."),
    ("Jenkins가 아니거나 허브가 이해할 수 없는 응답입니다.", "러너의 url(경로 포함)과 중간 프록시를 확인하세요."))
row("jenkins_answer_lost", 502, ("Jenkins' answer was lost on the way; the build may have been queued.", "The hub looks for the build; if it stays unknown, look at the job in Jenkins and settle it by hand."),
    ("Jenkins의 응답을 받지 못했습니다. 빌드가 대기열에 들어갔을 수 있습니다.", "허브가 빌드를 찾습니다. 계속 알 수 없으면 Jenkins의 작업을 확인하고 직접 결과를 정하세요."))
row("jenkins_build_unknown", 404, ("Jenkins does not know this build any more.", "It was deleted, or its job was; look at the job in Jenkins."),
    ("Jenkins에 이 빌드가 더는 없습니다.", "빌드나 작업이 삭제되었습니다. Jenkins의 작업을 확인하세요."))
row("jenkins_credentials_refused", 502, ("Jenkins does not accept the user and the token.", "Make an API token on the user's Security page in Jenkins and set user and token of the runner."),
    ("Jenkins가 사용자와 토큰을 받아들이지 않습니다.", "Jenkins 사용자 설정의 Security에서 API 토큰을 만들어 러너의 user와 token에 넣으세요."))
row("jenkins_crumb_refused", 502, ("Jenkins does not accept the crumb that it gave.", "Use an API token instead of a password: it needs no crumb; or let the proxy pass Jenkins' cookies on."),
    ("Jenkins가 스스로 발급한 crumb을 받아들이지 않습니다.", "비밀번호 대신 crumb이 필요 없는 API 토큰을 쓰거나, 프록시가 Jenkins의 쿠키를 전달하게 하세요."))
row("jenkins_job_disabled", 502, ("The job is disabled in Jenkins.", "Enable the job in Jenkins, then deploy again."),
    ("Jenkins에서 비활성화된 작업입니다.", "Jenkins에서 작업을 활성화한 뒤 다시 배포하세요."))
row("jenkins_job_unknown", 502, ("Jenkins has no such job, or the hub's user may not see it.", "Write the job with its folders (deploy/web-app), check url, and give the user Job/Read."),
    ("Jenkins에 이 작업이 없거나 허브의 사용자가 볼 수 없습니다.", "작업을 폴더와 함께(deploy/web-app) 쓰고, url을 확인하고, 사용자에게 Job/Read 권한을 주세요."))
row("jenkins_not_parameterised", 502, ("The job takes no parameters.", "In the job: This project is parameterized, and add SERVICE, ENV, REF and LEVERFRAME_ID as string parameters."),
    ("매개변수를 받지 않는 작업입니다.", "작업에서 '이 프로젝트는 매개변수가 있습니다'를 켜고 SERVICE, ENV, REF, LEVERFRAME_ID를 문자열 매개변수로 추가하세요."))
row("jenkins_not_queued", 502, ("Jenkins did not put the build into its queue.", "A plugin of Jenkins refuses it; look at the job's page and Jenkins' log."),
    ("Jenkins가 빌드를 대기열에 넣지 않았습니다.", "Jenkins 플러그인이 거절했습니다. 작업 페이지와 Jenkins 로그를 확인하세요."))
row("jenkins_parameter_refused", 502, ("The job does not take this value for a parameter.", "Add the value to the parameter's choices in Jenkins, or correct it here."),
    ("작업이 받지 않는 매개변수 값입니다.", "Jenkins에서 매개변수의 선택지에 값을 추가하거나 여기에서 값을 고치세요."))
row("jenkins_parameters_missing", 502, ("The job does not declare every parameter that the hub sends; Jenkins would drop them.",
    "Add the parameters named here to the job, or give them other names under parameters of the environment."),
    ("허브가 보내는 매개변수 가운데 작업에 선언되지 않은 것이 있어 Jenkins가 버립니다.",
    "여기 적힌 매개변수를 작업에 추가하거나, 환경의 parameters에서 이름을 바꾸세요."))
row("jenkins_permission_missing", 502, ("The hub's user may not do this in Jenkins.", "Give the user the permission named here (Job/Read, Job/Build, Job/Cancel)."),
    ("허브의 사용자에게 Jenkins 권한이 없습니다.", "여기 적힌 권한(Job/Read, Job/Build, Job/Cancel)을 사용자에게 주세요."))
row("jenkins_rate_limited", 502, ("Jenkins, or a proxy before it, asks to send more slowly.", "It is tried again when it says."),
    ("Jenkins나 그 앞의 프록시가 더 천천히 보내라고 합니다.", "지정한 시간 뒤 다시 시도합니다."))
row("jenkins_redirected", 502, ("Jenkins, or a proxy before it, sends the hub elsewhere; the hub follows no redirect.", "Set url of the runner to the address given here, or let the hub pass the proxy's sign-in."),
    ("Jenkins나 그 앞의 프록시가 다른 주소로 보냅니다. 허브는 리디렉션을 따라가지 않습니다.", "러너의 url을 여기 적힌 주소로 바꾸거나, 허브가 프록시의 로그인을 거치지 않게 하세요."))
row("jenkins_refused", 502, ("Jenkins refuses this.", "Look at the answer shown here and at Jenkins' log."),
    ("Jenkins가 거절했습니다.", "여기 적힌 응답과 Jenkins 로그를 확인하세요."))
row("jenkins_trigger_token_refused", 502, ("The job does not accept the trigger token.", "Set trigger_token of the runner to the token under Trigger builds remotely in the job."),
    ("작업이 트리거 토큰을 받아들이지 않습니다.", "작업의 '빌드를 원격으로 유발'에 적힌 토큰을 러너의 trigger_token에 넣으세요."))
row("jenkins_unavailable", 502, ("Jenkins has troubles of its own, or is starting.", "The hub looks again; see Jenkins' log."),
    ("Jenkins에 장애가 있거나 시작하는 중입니다.", "허브가 다시 확인합니다. Jenkins 로그를 보세요."))
row("jenkins_unreachable", 502, ("Jenkins cannot be reached.", "Check url, the hub's network, DNS and certificates; it is tried again."),
    ("Jenkins에 연결할 수 없습니다.", "url과 허브의 네트워크, DNS, 인증서를 확인하세요. 다시 시도합니다."))
row("run_absent", 502, ("The runner has no such run.", "It did not start, so that it may be tried again."),
    ("러너에 그런 실행이 없습니다.", "시작되지 않았으므로 다시 시도해도 됩니다."))
row("run_ended", 409, ("The run has ended already.", "There is nothing left to cancel; the card shows how it ended."),
    ("이미 끝난 실행입니다.", "취소할 것이 없습니다. 결과는 카드에 표시됩니다."))
row("run_failed", 502, ("The run failed.", "Read its log at the runner; then try again, or roll back."),
    ("실행이 실패했습니다.", "러너의 로그를 확인한 뒤 다시 시도하거나 롤백하세요."))
row("run_vanished", 502, ("The runner does not know the run any more.", "It is looked for; if it stays away, look at the runner and settle it."),
    ("러너에서 실행이 사라졌습니다.", "허브가 찾고 있습니다. 계속 없으면 러너를 확인하고 settle로 확정하세요."))
row("runner_answer_lost", 502, ("The runner's answer was lost on the way; it may have started.", "The hub looks for the run; if it stays unknown, look at the runner and settle it by hand."),
    ("러너의 응답을 받지 못해 시작되었는지 알 수 없습니다.", "허브가 실행을 찾습니다. 끝내 알 수 없으면 러너를 확인하고 직접 정리하세요."))
row("runner_refused", 502, ("The runner refuses to start this.", "Look at the reason given here, correct it, then deploy again."),
    ("러너가 시작을 거절했습니다.", "여기 적힌 이유를 확인해 고친 뒤 다시 배포하세요."))
row("runner_target_invalid", 422, ("The environment's keys do not fit its runner.", "Correct the key named here on [services.NAME.environments.NAME]; leverframe check shows what it takes."),
    ("환경의 설정이 러너와 맞지 않습니다.", "[services.NAME.environments.NAME]에서 여기 적힌 키를 고치세요. leverframe check가 쓸 수 있는 키를 알려 줍니다."))
row("runner_unknown", 409, ("The configuration has no such runner.", "Name a key of [runners] in the environment's runner, then restart the hub."),
    ("설정에 그런 러너가 없습니다.", "환경의 runner에 [runners]의 키를 쓰고 허브를 다시 시작하세요."))
