"""The peer: Slack Bolt for Python, acknowledging a slash command as its own documents show it. It stores nothing.

https://docs.slack.dev/tools/bolt-python/concepts/async
"""

import sys

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def authorize(**of):
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-bench", bot_id="B1", bot_user_id="U0BOT")


app = AsyncApp(signing_secret=sys.argv[2], authorize=authorize)


@app.command("/deploy")
async def deploy(ack, command):
    await ack(f"deploying {command['text']}")


handler = AsyncSlackRequestHandler(app)


async def commands(request: Request) -> Response:
    return await handler.handle(request)


if __name__ == "__main__":
    site = Starlette(routes=[Route("/slack/commands", commands, methods=["POST"])])
    uvicorn.run(site, port=int(sys.argv[1]), access_log=False, log_level="warning", http="httptools", loop="uvloop")
