"""What every test may use."""

import gc
import os
import shutil
from bisect import bisect_right
from itertools import accumulate, chain, groupby

import pytest
import structlog
from browser import browser, page  # noqa: F401  fixtures for every test
from hypothesis import settings
from postgresql import postgres_server, postgres_template, postgres_url  # noqa: F401

# A property is about what is right; how long an example takes on a busy machine is no part of it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# A traceback among what a test prints is the plain one: the one in colours takes longer than most tests.
structlog.configure(processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)])

# Whatever is imported while tests are collected stays: the collector looks for nothing until all is there.
gc.disable()

# Files of tests lie in memory where there is room for them: a hub waits for the disk at every commit, and no test cuts the power.
MEMORY = "/dev/shm"
if os.path.isdir(MEMORY) and shutil.disk_usage(MEMORY).free > 4 << 30 and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the modules of ``acceptance``, which wait, among all the others, which compute: each worker then has of both all the time.

    Each begins with its even share of the tests, and of its share the last part waits for nothing: one of a minute that came last kept the others idle.
    """
    modules = [list(module) for _, module in groupby(items, lambda item: item.path)]
    waiting = [module for module in modules if module[0].path.parent.name == "acceptance"]
    rest = [module for module in modules if module not in waiting]
    ends, workers = list(accumulate(map(len, rest))), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    for at, module in reversed(list(enumerate(waiting))):
        share, part = divmod(at * workers / len(waiting), 1)
        rest.insert(bisect_right(ends, (share + 0.7 * part) / workers * sum(map(len, modules))), module)
    items[:] = chain.from_iterable(rest)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives to the end: nine thousand tests and all that they import.

    It looks as often as it is made to: what a test leaves open is found while that test runs, not in one of the hundreds after it.
    """
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as cores: half of its time a test waits for a process, a server or a browser."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Async tests run on asyncio over uvloop, as the hub does; without, a sixth more of the processor's time goes into the loop."""
    return "asyncio", {"use_uvloop": True}
