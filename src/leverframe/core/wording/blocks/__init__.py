"""What stands below the headline, in every language: each function is named after its event and returns its blocks."""

from collections.abc import Mapping

from leverframe.core.wording.blocks import admin, code, issues, ops, pulls, security
from leverframe.core.wording.voice import Blocks, by_event

BLOCKS: Mapping[str, Blocks] = by_event(admin, code, issues, ops, pulls, security)
