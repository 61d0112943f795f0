"""Outbound HTTP to addresses that others named: by request, from the store, in a payload.

The same client as ``net``, with a guard: the URL is read strictly, its name is resolved once, every address that it leads to is judged
(``core.addresses``), and the connection is made to one that was judged, under the URL's own name in ``Host``, in TLS and for the
certificate. So a name whose answer changes between check and connection gains nothing. Redirects are never followed, and proxies of the
environment are not asked, as everywhere in the hub.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import ip_address
from time import perf_counter

from leverframe.core.addresses import Address, Allowed, read_url
from leverframe.core.details import about, detail
from leverframe.core.errors import Refused
from leverframe.net import Connection, NotSent, Outbound, Target, target_of

LOOKUP_S = 5.0
"""What an answer of the resolver is waited for."""
KEPT_S = 10.0
"""An answer is used again for so long, so that a thousand deliveries to one host ask once."""
AT_ONCE = 32
"""Names asked for at once: each takes a thread, which a slow server of names can hold for long."""
WAITING = 1_000
"""Names that may wait for their turn."""
TRIED = 4
"""Addresses of one name that are tried, one after the other."""
Lookup = Callable[[str], Sequence[str]]
"""Returns the addresses of a name, in the order in which they are to be tried; it may block. Raises ``OSError``."""
_read = lru_cache(maxsize=8192)(read_url)


class Forbidden(NotSent):
    """The guard does not let the hub send there: nothing was sent. ``code`` is a refusal's, ``detail`` names no address of the inside."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail or code, surely=True)
        self.code, self.detail = code, detail


def system_lookup(host: str) -> Sequence[str]:
    """Return what the system's resolver says, in the order of RFC 6724."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class Resolver:
    """Asks for names beside the loop: each name once at a time, with a limit on time and on how many at once."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._free = asyncio.Semaphore(AT_ONCE)
        self._asked: dict[str, asyncio.Future[Sequence[str]]] = {}
        self._kept: dict[str, tuple[float, Sequence[str]]] = {}

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a name. Raises ``Refused("host_unknown")`` when there is none, or no answer in time."""
        kept = self._kept.get(host)
        if kept is not None and perf_counter() < kept[0]:
            return kept[1]
        asked = self._asked.get(host)
        if asked is None:
            if len(self._asked) >= WAITING:
                raise Refused("host_unknown", detail("resolver_busy"))
            asked = self._asked[host] = asyncio.get_running_loop().create_future()
            asked.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may wait any more: it is no error then
            task = asyncio.create_task(self._ask(host, asked), name="resolve")
            asked.add_done_callback(lambda _, kept=task: self._asked.pop(host, None))  # type: ignore[misc]
        try:
            async with asyncio.timeout(LOOKUP_S):
                return await asyncio.shield(asked)
        except TimeoutError:
            raise Refused("host_unknown", about(host[:100], "resolver_silent")) from None
        except OSError:
            raise Refused("host_unknown", host[:100]) from None

    async def _ask(self, host: str, asked: asyncio.Future[Sequence[str]]) -> None:
        loop = asyncio.get_running_loop()
        async with self._free:
            answered: asyncio.Future[Sequence[str]] = loop.create_future()

            def tell(found: Sequence[str] | None, error: OSError | None) -> None:
                if not answered.done():
                    answered.set_exception(error) if error is not None else answered.set_result(found or ())

            def look() -> None:
                found, failed = None, None
                try:
                    found = self._lookup(host)
                except OSError as error:
                    failed = error
                except (UnicodeError, ValueError) as error:
                    failed = OSError(str(error))
                try:
                    loop.call_soon_threadsafe(tell, found, failed)
                except RuntimeError:
                    pass  # the loop has ended meanwhile

            # A thread of its own, and not the loop's: an end of the process does not wait for a server of names.
            threading.Thread(target=look, name="resolve", daemon=True).start()
            try:
                found = await answered
            except OSError as error:
                if not asked.done():
                    asked.set_exception(error)
                return
        if len(self._kept) >= 4_096:
            self._kept.clear()
        self._kept[host] = (perf_counter() + KEPT_S, found)
        if not asked.done():
            asked.set_result(found)


class Guarded(Outbound):
    """The way out for addresses that others named."""

    def __init__(
        self, allowed: Allowed | None = None, *, resolver: Resolver | None = None, total_s: float = 15.0, connect_s: float = 5.0, connections: int = 512
    ) -> None:
        """``allowed`` is ``[outbound] allow``; the rest as in :class:`leverframe.net.Outbound`."""
        super().__init__(total_s=total_s, connect_s=connect_s, connections=connections)
        self._allowed, self._resolver = allowed or Allowed(), resolver or Resolver()

    async def check(self, url: str) -> None:
        """Raise ``Refused`` when the hub would not send to ``url`` now: ``url_invalid``, ``host_unknown``, ``url_forbidden``.

        It is what a request asks too, so that saving, testing and sending agree.
        """
        await self._judged(_read(url).host)

    async def _judged(self, host: str) -> list[Address]:
        """Return the addresses of a host that may be connected to: of mixed ones the good. Raises ``Refused``."""
        try:
            found = [ip_address(host)]
        except ValueError:
            found = [ip_address(one) for one in await self._resolver.addresses(host)]
        kinds = {address: self._allowed.refusal(host, address) for address in found}
        good = [address for address, kind in kinds.items() if kind is None]
        if not good:
            if not kinds:
                raise Refused("host_unknown", host[:100])
            raise Refused("url_forbidden", f"{host[:100]}: {', '.join(sorted({kind for kind in kinds.values() if kind}))}")
        return good

    def target(self, url: str) -> Target:
        """Return where a request for ``url`` goes, read strictly. Raises :class:`Forbidden`."""
        try:
            return target_of(_read(url).url)
        except Refused as refused:
            raise Forbidden(refused.code, refused.detail) from None

    async def connect(self, target: Target) -> Connection:
        """Return a connection to an address of the target that was judged."""
        try:
            addresses = (await self._judged(target.host))[:TRIED]
        except Refused as refused:
            if refused.code == "host_unknown":
                raise NotSent("the host's name is not known", surely=True) from None
            raise Forbidden(refused.code, refused.detail) from None
        failed: NotSent | None = None
        ends_s = perf_counter() + self.connect_s
        for count, address in enumerate(addresses):
            within_s = (ends_s - perf_counter()) / (len(addresses) - count)
            try:
                return await self.connect_to(target, str(address), max(within_s, 0.1))
            except NotSent as error:
                failed = error
        assert failed is not None
        raise failed
