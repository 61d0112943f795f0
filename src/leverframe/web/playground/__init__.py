"""The playground's page and its doors."""

from leverframe.web.playground.doors import Playground, Samples, doors

__all__ = ["Playground", "Samples", "doors"]
