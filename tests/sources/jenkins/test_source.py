"""Builds as the Notification plugin tells them: runs of a workflow, each phase once."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest
from sources.golden import agrees, parsed, shown

from leverframe.core.errors import Refused
from leverframe.sources.jenkins.source import JenkinsSource

HERE = Path(__file__).parent
SOURCE = JenkinsSource("jenkins", ["p:w"])
HEADERS = {b"content-type": b"application/json;charset=UTF-8", b"authorization": b"Basic " + b64encode(b"jenkins:p:w")}
BUILD = json.loads((HERE / "fixtures" / "completed.json").read_bytes())


def body(**changes: object) -> bytes:
    return json.dumps({**BUILD, "build": {**BUILD["build"], **changes}}).encode()


def test_real_payloads_are_runs() -> None:
    """The plugin's own example is read as its page says, and so is a build that failed."""
    bodies = {"completed": body(), "started": body(phase="STARTED", status=None), "unstable": body(phase="FINALIZED", status="UNSTABLE")}
    agrees(HERE / "golden.txt", [shown(name, parsed(SOURCE, SOURCE.accept(HEADERS, said))) for name, said in bodies.items()])


def test_the_end_is_told_once() -> None:
    """Completed and finalized are one end; the beginning, and the next build, are others."""
    ids = [SOURCE.accept(HEADERS, body(**change)).delivery_id for change in ({}, {"phase": "FINALIZED"}, {"phase": "STARTED"}, {"number": 19})]  # type: ignore[arg-type]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_what_is_no_build_is_refused() -> None:
    """Without a phase there is nothing to tell."""
    with pytest.raises(Refused, match="event_missing"):
        SOURCE.accept(HEADERS, body(phase="NONE"))
