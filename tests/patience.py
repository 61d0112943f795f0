"""How long tests wait for answers."""

from __future__ import annotations

from leverframe.net import Outbound


def waiting(outbound: Outbound, mode: str) -> None:
    """Have ``outbound`` wait for a fake in this mode: shortly for an answer that never comes, for every other as long as a busy machine needs.

    A third of a second for all of them was now and then too short, and what was delivered was taken for lost.
    """
    outbound._total_s = 0.3 if mode == "silent" else 15.0
