"""The yardstick: uvicorn and Starlette, a route that reads the body and answers. Nothing is verified, nothing kept."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def read(request: Request) -> Response:
    await request.body()
    return Response(b"ok", status_code=202)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/in/github", read, methods=["POST"])])
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning", http="httptools", loop="uvloop")
