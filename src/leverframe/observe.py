"""What the hub shows of itself: metrics, one log line a request, and the log's form. Never bodies, headers or secrets."""

from __future__ import annotations

import contextlib
import io
import logging
import queue
import sys
import threading
import time
from bisect import bisect_left
from itertools import accumulate
from typing import Any, TextIO, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.utils import floatToGoString

from leverframe.core.delivery import Delivered, Outcome, Rejected, Retryable

_OUTCOME_NAMES: dict[type[Outcome], str] = {Delivered: "delivered", Retryable: "retry", Rejected: "rejected"}


class _Tally:
    """Attempts at one chat."""

    __slots__ = ("buckets", "outcomes", "sum_s")

    def __init__(self) -> None:
        self.outcomes: dict[type[Outcome], int] = dict.fromkeys(_OUTCOME_NAMES, 0)
        self.buckets, self.sum_s = [0] * len(Histogram.DEFAULT_BUCKETS), 0.0


class Attempts:
    """Delivery attempts, counted here and shown by the library: its own counter and histogram took a fifth of what the loop has for a delivery.

    https://prometheus.github.io/client_python/collector/custom/
    """

    def __init__(self) -> None:
        self._of: dict[str, _Tally] = {}

    def told(self, chat: str, outcome: Outcome, duration_s: float) -> None:
        """Count an attempt; not from other threads."""
        if (tally := self._of.get(chat)) is None:
            tally = self._of[chat] = _Tally()
        tally.outcomes[type(outcome)] += 1
        tally.buckets[bisect_left(Histogram.DEFAULT_BUCKETS, duration_s)] += 1
        tally.sum_s += duration_s

    def describe(self) -> tuple[CounterMetricFamily, HistogramMetricFamily]:
        """Return the two families without their samples."""
        return (
            CounterMetricFamily("leverframe_attempts_total", "Delivery attempts, by chat and outcome.", labels=["chat", "outcome"]),
            HistogramMetricFamily("leverframe_attempt_seconds", "Seconds that an attempt took, by chat.", labels=["chat"]),
        )

    def collect(self) -> tuple[CounterMetricFamily, HistogramMetricFamily]:
        """Return them as they stand."""
        attempts, seconds = families = self.describe()
        for chat, tally in self._of.items():
            for kind, count in tally.outcomes.items():
                if count:
                    attempts.add_metric([chat, _OUTCOME_NAMES[kind]], count)
            reached = zip(map(floatToGoString, Histogram.DEFAULT_BUCKETS), accumulate(tally.buckets), strict=True)
            seconds.add_metric([chat], list(reached), tally.sum_s)
        return families


class Metrics:
    """The hub's metrics; documented in ``docs/metrics.md``, which a test compares."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events_total = Counter("leverframe_events_total", "Events accepted, by source and whether they repeat one.", ["source", "duplicate"], registry=self.registry)
        self.refusals_total = Counter("leverframe_refusals_total", "Requests of strangers that were refused, by source (the signed doors) or path (pages and API) and code.", ["source", "code"], registry=self.registry)
        self.accept_seconds = Histogram(
            "leverframe_accept_seconds", "Seconds from a request's last byte to its commit.", registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )  # fmt: skip
        self.attempts = Attempts()
        self.registry.register(self.attempts)
        self.owed = Gauge("leverframe_deliveries_owed", "Deliveries owed at the last look.", registry=self.registry)
        self.dead = Gauge("leverframe_deliveries_dead", "Dead letters at the last look.", registry=self.registry)
        self.unrouted = Gauge("leverframe_events_unrouted", "Events waiting to be routed at the last look.", registry=self.registry)
        self.slack_connected = Gauge("leverframe_slack_connected", "Whether the connection of Socket Mode is open, by chat.", ["chat"], registry=self.registry)

        self.commands_total = Counter(
            "leverframe_commands_total", "Commands given, by command, by where (empty where it names no service), and by what came of them.",
            ["command", "service", "environment", "code"], registry=self.registry)
        self.command_seconds = Histogram("leverframe_command_seconds", "Seconds from a command's commit to its answer, by command and by where.", ["command", "service", "environment"], registry=self.registry)
        self.dispatches_total = Counter(
            "leverframe_dispatches_total", "Dispatches that ended or were lost from sight, by project and by result.", ["project", "result"], registry=self.registry)
        self.deployments_total = Counter(
            "leverframe_deployments_total", "Deployments that ended or were lost from sight, by where, by runner and by result.",
            ["service", "environment", "runner", "result"], registry=self.registry,
        )  # fmt: skip
        self.deployment_seconds = Histogram(
            "leverframe_deployment_seconds", "Seconds from asking to the end of a deployment.", ["service", "environment", "runner"], registry=self.registry,
            buckets=(1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400),
        )  # fmt: skip

        self.recoveries_total = Counter(
            "leverframe_recoveries_total", "Deliveries that GitHub could not make, by source and what became of them: found, asked (for again), recovered, lost.",
            ["source", "result"], registry=self.registry,
        )  # fmt: skip
        self.recoveries_owed = Gauge("leverframe_recoveries_owed", "Deliveries of GitHub's that have not come in, at the last look.", registry=self.registry)

        self.plugin_failures_total = Counter(
            "leverframe_plugin_failures_total", "Failures of plugins, by plugin and hook: command, message, event, happening, runner, chat, or blocking.",
            ["plugin", "hook"], registry=self.registry,
        )  # fmt: skip

    def commanded(self, command: str, code: str, duration_s: float, *, service: str, environment: str) -> None:
        """Count a command; ``command``, ``service`` and ``environment`` are of the hub's, ``code`` is ``ok`` or the refusal's."""
        self.commands_total.labels(command, service, environment, code).inc()
        self.command_seconds.labels(command, service, environment).observe(duration_s)

    def deployed(self, service: str, environment: str, runner: str, result: str, duration_s: float) -> None:
        """Count a deployment's end."""
        self.deployments_total.labels(service, environment, runner, result).inc()
        self.deployment_seconds.labels(service, environment, runner).observe(duration_s)

    def dispatched(self, project: str, result: str) -> None:
        """Count a dispatch's end. ``project`` is one of the configuration, or ``other``: those who ask name others at will."""
        self.dispatches_total.labels(project, result).inc()

    def recovered(self, source: str, result: str, count: int = 1) -> None:
        """Count deliveries that GitHub could not make: ``found``, ``asked``, ``recovered`` or ``lost``."""
        self.recoveries_total.labels(source, result).inc(count)

    def plugin_failed(self, plugin: str, hook: str) -> None:
        """Count a failure of a plugin's. May be called from any thread."""
        self.plugin_failures_total.labels(plugin, hook).inc()

    def exposition(self) -> bytes:
        """Return the metrics in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/)."""
        return generate_latest(self.registry)


class AccessLog:
    """One line a request, written by a thread of its own: a slow terminal must not slow the doors.

    The form is logfmt. When the reader of the log is so slow that :attr:`KEPT` lines wait, further ones are counted
    and the count is written instead; so are those that could not be written because the disk is full.
    """

    KEPT = 20_000

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._pending: list[str] = []
        self._dropped = 0
        self._stamp, self._stamped = "", 0
        self._thread = threading.Thread(target=self._write_forever, name="leverframe-log", daemon=True)
        self._thread.start()

    def line(self, *, peer: str, method: str, path: str, status: int, duration_s: float, event: str = "", delivery: str = "") -> None:
        """Write one line; ``path`` without its query, ``event`` the hub's id, ``delivery`` the sender's."""
        now = time.time()
        second = int(now)
        if second != self._stamped:
            self._stamp, self._stamped = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)), second
        if len(self._pending) >= self.KEPT:
            self._dropped += 1
            return
        self._pending.append(
            f"{self._stamp}.{int(now * 1000) % 1000:03d}Z peer={peer} method={method} path={path} status={status} ms={duration_s * 1000:.1f}"
            + (f" event={event}" if event else "") + (f" delivery={delivery}" if delivery else "")
        )  # fmt: skip
        if len(self._pending) == 1:
            self._lines.put("")

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._lines.put(None)
        self._thread.join(timeout=2)

    def _write_forever(self) -> None:
        while True:
            token = self._lines.get()
            if token is not None:
                time.sleep(0.05)  # lines of one moment go out in one write
            lines, self._pending = self._pending, []
            if self._dropped:
                lines.append(f"log_lines_dropped={self._dropped}")
                self._dropped = 0
            if lines:
                try:
                    self._stream.write("\n".join(lines) + "\n")
                    self._stream.flush()
                except OSError:
                    self._dropped += len(lines)  # said once there is room again
                except ValueError:
                    return  # the stream was closed
            if token is None:
                return


class _Unfailing(io.TextIOBase):
    """A stream that a full disk does not fail: what the hub does must not end because it could not be told."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def set_up_log(stream: TextIO | None = None) -> None:
    """Make the program's own log: logfmt lines on ``stream`` (standard output), warnings of libraries included."""
    out = stream or sys.stdout
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unfailing(out))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=out, format="%(asctime)s level=%(levelname)s logger=%(name)s event=%(message)r")


def masked(path: str) -> str:
    """Return a path as it may be written down: the token of an address is a secret."""
    head, _, rest = path.partition("/teams/incoming/")
    return f"{head}/teams/incoming/***" if rest else path


def quoted(value: Any) -> str:
    """Return ``value`` so that it stays one logfmt value on one line, whatever it holds."""
    text = str(value)
    if text.isascii() and text.isprintable() and " " not in text and '"' not in text and "=" not in text:
        return text
    return '"' + text.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'
