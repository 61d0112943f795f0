"""Run the hub: listen on its address and on a unix socket for the commands of this machine, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import json
import os
import signal
import socket
import sys
import time
import webbrowser
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from leverframe.app import App, build
from leverframe.config import Config, socket_address, socket_path
from leverframe.core.errors import Locale, Refused, document
from leverframe.observe import set_up_log
from leverframe.store import people
from leverframe.web.connections import Connection, Patience
from leverframe.web.identity import mint_admin_link
from leverframe.web.replies import Receive, Scope, Send

BACKLOG = 2048
LOOK_S = 10.0
WORDS = {
    "demo": (
        "\n  Playground:  {url}/playground\n  Console:     {link}   (signs you in once, within 15 minutes)\n\n  Stop with Ctrl-C.\n",
        "\n  플레이그라운드:  {url}/playground\n  콘솔:            {link}   (15분 안에 한 번 로그인할 수 있습니다)\n\n  멈추려면 Ctrl-C를 누르세요.\n",
    ),
    "link": ("\n  Administrator's link, once, within 15 minutes: {link}\n", "\n  관리자 링크 (15분 안에 한 번): {link}\n"),
    "taken": (
        "leverframe: cannot listen on {bind}: {why}. Stop what listens there, or set hub.bind.",
        "leverframe: {bind} 주소를 열 수 없습니다: {why}. 그 주소를 쓰고 있는 프로그램을 멈추거나 hub.bind를 바꾸세요.",
    ),
}
"""What a person at the terminal is told at the start, in English and Korean."""
log = structlog.get_logger("leverframe")


class _Server(uvicorn.Server):
    """A server that leaves signals to :func:`_run`, which has two of them to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(config: Config) -> int:
    """Run the hub until it is told to stop; return the exit status."""
    set_up_log()
    _many_files()
    try:
        listener = listen(config.hub.host, config.hub.port)
    except OSError as error:
        print(_said("taken", config.hub.locale, bind=config.hub.bind, why=error.strerror), file=sys.stderr)
        return 1
    return _loop(_serve(config, listener))


def serve_demo(config: Config, listener: socket.socket, *, open_browser: bool, as_json: bool) -> int:
    """Run a demo at ``listener`` until it is told to stop; return the exit status. ``as_json``: the first line says where it is."""
    set_up_log()
    return _loop(_serve(config, listener, demo=True, open_browser=open_browser, as_json=as_json))


def _loop(main: Coroutine[Any, Any, int]) -> int:
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop

    return uvloop.run(main)


async def _serve(config: Config, listener: socket.socket, *, demo: bool = False, open_browser: bool = False, as_json: bool = False) -> int:
    try:
        app = await build(config, demo=demo)
    except Exception as error:
        listener.close()
        code = getattr(error, "code", None)
        if code is None and not isinstance(error, RuntimeError):
            raise
        if isinstance(error, Refused):
            told = document(error, config.hub.locale)
            met = f" ({told['detail']})" if "detail" in told else ""
            print(f"{error.code}: {told['title']}{met}\n    → {told['remedy']}", file=sys.stderr)
        else:
            print(f"leverframe: {error}", file=sys.stderr)
        return 1
    app.start()
    # What is alive now stays alive: the collector need not look at it again, and parsed payloads are freed by counting.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()
    # The writer's thread gives the interpreter's lock away at each statement; five milliseconds to win it back are too long.
    sys.setswitchinterval(0.001)
    try:
        await _greet(app, demo, open_browser, as_json)
        await _run(app, config, listener)
    finally:
        await app.stop()
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket at the address, for :func:`serve_demo`; raises ``OSError`` when it is taken, or not this machine's."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


async def _run(app: App, config: Config, listener: socket.socket) -> None:
    servers = [_server(app, config)]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True
        app.end_streams()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    log.info("listening", url=config.hub.url, bind=config.hub.bind)
    waiting = asyncio.create_task(_hang_up(servers), name="hang up")
    operating = asyncio.create_task(_operate(app, config, servers), name="operate")
    try:
        await servers[0].serve(sockets=[listener])
    finally:
        stop()
        waiting.cancel()
        if len(servers) == 1:
            operating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await operating


async def _operate(app: App, config: Config, servers: list[_Server]) -> None:
    """Answer the commands of this machine. Of several hubs with one configuration one does, and when it ends another."""
    path = socket_path(config)
    told = False
    while True:
        try:
            with _control(path) as local:
                servers.append(_server(_Operator(app), config))
                servers[1].should_exit = servers[0].should_exit
                await servers[1].serve(sockets=[local])
                return
        except BlockingIOError:
            if not told:
                log.info("control_socket_of_another_hub", path=str(path))
                told = True
        except OSError as error:
            log.warning("no_control_socket", path=str(path), reason=error.strerror, remedy=_NO_CONTROL)
            return
        await asyncio.sleep(LOOK_S)


_NO_CONTROL = "set RUNTIME_DIRECTORY or STATE_DIRECTORY (systemd does) to a folder that the hub may write; or use commands with --url and --token"


@contextlib.contextmanager
def _control(path: Path) -> Iterator[socket.socket]:
    """Give a listening socket at ``path``, mode 0600, and remove it in the end.

    Raises ``BlockingIOError`` while another process has it: the lock says so, which the system takes back from one that was killed,
    where the socket's file would stay. Raises ``OSError`` where there can be none.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_socket():
            path.unlink()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as local:
            before = os.umask(0o177)  # made with mode 0600, not changed to it afterwards
            try:
                with socket_address(path) as address:
                    local.bind(address)
            finally:
                os.umask(before)
            local.setblocking(False)
            try:
                yield local
            finally:
                path.unlink(missing_ok=True)
    finally:
        os.close(lock)


async def _hang_up(servers: list[_Server]) -> None:
    """End connections that never come to the point."""
    patience = (Patience(), Patience())
    while True:
        await asyncio.sleep(LOOK_S)
        ended = sum(each.look(server.server_state.connections, time.monotonic()) for each, server in zip(patience, servers, strict=False))
        if ended:
            log.warning("slow_connections_ended", count=ended)


def _many_files() -> None:
    """Have as many connections as the machine allows: the usual limit for a session is made for people, not for servers."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _server(app: Any, config: Config) -> _Server:
    return _Server(
        uvicorn.Config(
            app, http=Connection, lifespan="off", access_log=False, log_config=None, server_header=False, backlog=BACKLOG, timeout_graceful_shutdown=5,
            proxy_headers=bool(config.hub.trusted_proxies), forwarded_allow_ips=[str(network) for network in config.hub.trusted_proxies],
            timeout_keep_alive=75, ws="none",
        )
    )  # fmt: skip


class _Operator:
    """The same hub on the unix socket: whoever may open it is the operator of this machine."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["operator"] = True
        await self._app(scope, receive, send)


def _said(key: str, locale: Locale, **values: object) -> str:
    return WORDS[key][locale == "ko"].format(**values)


async def _greet(app: App, demo: bool, open_browser: bool, as_json: bool) -> None:
    """Give the administrator a way in: on the terminal, or where there is none in a file that only its owner reads."""
    url = app.config.hub.url
    if not demo and await app.database.read(people.any_admin):
        return
    link = await mint_admin_link(app.database, app.clock, url)
    if demo and as_json:
        print(json.dumps({"playground": f"{url}/playground", "console": link}), flush=True)
    elif demo:
        print(_said("demo", app.config.hub.locale, url=url, link=link), flush=True)
    elif sys.stderr.isatty():
        print(_said("link", app.config.hub.locale, link=link), file=sys.stderr, flush=True)
    else:
        path = socket_path(app.config).with_suffix(".admin-link")
        try:
            _write_privately(path, link + "\n")
        except OSError as error:
            log.warning("administrator_link_not_written", file=str(path), reason=error.strerror, remedy="leverframe people invite admin --role admin")
        else:
            log.info("administrator_link_written", file=str(path), minutes=15)
    if demo and open_browser:
        webbrowser.open(f"{url}/playground")


def _write_privately(path: Path, text: str) -> None:
    """Put a file with ``text`` that only its owner reads at ``path``, whatever is there."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
