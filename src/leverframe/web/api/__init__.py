"""``/api``: what the pages show and change, for programs and for the command line. The guard stands before it."""

from leverframe.web.api.doors import api_doors

__all__ = ["api_doors"]
