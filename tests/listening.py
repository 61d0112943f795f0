"""Serving an application on a port of this machine, in the test's own loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


@asynccontextmanager
async def serving(app: Any, **settings: Any) -> AsyncIterator[uvicorn.Server]:
    """Serve ``app`` on a free port (``server.config.port``), and end with every request answered.

    uvicorn's own ``serve`` looks every tenth of a second whether it is to end, and waits another: a fifth of a second in each test.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(app, port=port, log_level="critical", lifespan="off", access_log=False, **settings)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield server
    finally:
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        while server.server_state.connections or server.server_state.tasks:
            await asyncio.sleep(0.002)
        listener.close()
