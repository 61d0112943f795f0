"""What a runner's other side did not do, on its way from the request that failed to the answer of the runner."""

from __future__ import annotations

_DETAIL = 300


class Trouble(Exception):
    """The other side did not do what it was asked, or did not say so.

    ``code`` is a row of ``core.errors``, ``detail`` names what was met (at most 300 characters, never a secret). ``happened``: whether
    it may have been done all the same. ``passing``: whether asking again later may help, after ``after_s`` seconds where the
    other side named them.
    """

    def __init__(self, code: str, detail: str = "", *, happened: bool = False, passing: bool = False, after_s: float | None = None) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail[:_DETAIL].encode("utf-8", "replace").decode()
        self.happened, self.passing, self.after_s = happened, passing, after_s
