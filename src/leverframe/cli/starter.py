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
# How the outside reaches the hub; links in messages begin with it. Only a loopback address may be http.
url = "http://127.0.0.1:8080"
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

# Slack: api.slack.com/apps, your app, OAuth & Permissions: scopes chat:write and chat:write.public.
[chats.slack]
bot_token = "env:SLACK_BOT_TOKEN"
# Basic Information, App Credentials: Signing Secret. Needed once Slack sends something in: commands and buttons, which come later.
# signing_secrets = ["env:SLACK_SIGNING_SECRET"]

# A room that is reached by an incoming webhook instead of the bot:
# [chats.slack.webhooks]
# "#dev" = "env:SLACK_DEV_WEBHOOK"

# GitHub's API, needed to look at the files of pull requests (paths = […]):
# [github]
# token = "env:GH_TOKEN"

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
# 밖에서 허브에 접속하는 주소. 메시지의 링크가 이 주소로 시작합니다. http는 루프백 주소에만 쓸 수 있습니다.
url = "http://127.0.0.1:8080"
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

# Slack: api.slack.com/apps, 앱 선택, OAuth & Permissions: 권한 chat:write, chat:write.public.
[chats.slack]
bot_token = "env:SLACK_BOT_TOKEN"
# Basic Information, App Credentials의 Signing Secret. Slack이 허브로 보내는 명령과 버튼(앞으로 나옵니다)에 필요합니다.
# signing_secrets = ["env:SLACK_SIGNING_SECRET"]

# 봇 대신 수신 웹훅(incoming webhook)으로 보내는 방:
# [chats.slack.webhooks]
# "#dev" = "env:SLACK_DEV_WEBHOOK"

# GitHub API. 풀 리퀘스트의 파일(paths = […])을 보려면 필요합니다:
# [github]
# token = "env:GH_TOKEN"

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
