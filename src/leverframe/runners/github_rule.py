"""Answers a deployment protection rule of GitHub's, which waits for the hub's app: approved or rejected, with who said so.

https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/create-custom-protection-rules
https://docs.github.com/en/rest/actions/workflow-runs#review-custom-deployment-protection-rules-for-a-workflow-run
"""

from __future__ import annotations

import re
from typing import Any

from leverframe.core.runs import Lost, NotStarted, Started
from leverframe.github.client import GitHub, quoted
from leverframe.github.errors import Trouble
from leverframe.ports import Order, Telling

MOST_COMMENT = 1_024
_PATH = re.compile(r"/repos/([^/]+/[^/]+)/actions/runs/([1-9][0-9]{0,19})/deployment_protection_rule")


class GitHubRule(Telling):
    """Answers once; whether the run then goes on is GitHub's to say. Satisfies ``ports.Runner``.

    To answer the same twice changes nothing: what was answered already GitHub refuses, so a lost answer is answered again.
    """

    name = kind = "github_rule"

    def __init__(self, github: GitHub, api_url: str) -> None:
        """``github`` speaks as the app that the rule belongs to; only addresses of ``api_url`` are answered."""
        self._github, self._api_url = github, api_url.rstrip("/")

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Say what was decided; of what is not decided yet, say that people are asked."""
        said = dict(order.payload or {})
        place = read_callback(str(order.target.get("url", "")), self._api_url, order.repository or "")
        if place is None:
            return NotStarted(code="github_callback_foreign", detail=str(order.target.get("url", ""))[:100])
        body: dict[str, Any] = {"environment_name": said.get("environment", ""), "comment": _comment(said)[:MOST_COMMENT]}
        if said.get("decision") != "pending":
            body["state"] = "approved" if said.get("decision") == "approved" else "rejected"
        answer = await self._github.post(order.repository or "", quoted("actions", "runs", place, "deployment_protection_rule"), body)
        if isinstance(answer, Trouble):
            return NotStarted(code=answer.code, detail=answer.detail, again=answer.again, after_s=answer.after_s)
        return Started(run=None, ends=True)


def read_callback(url: str, api_url: str, repository: str) -> str | None:
    """Return the run that GitHub's ``deployment_callback_url`` is about; ``None`` for an address that is not this GitHub's, or another repository's."""
    if not url.startswith(f"{api_url.rstrip('/')}/"):
        return None
    found = _PATH.fullmatch(url.removeprefix(api_url.rstrip("/")))
    return found[2] if found is not None and found[1].casefold() == repository.casefold() else None


def _comment(said: dict[str, Any]) -> str:
    by = f" by {said['by']}" if said.get("by") else ""
    match said.get("decision"):
        case "pending":
            return f"People are asked ({said.get('approval', '')})."
        case "approved":
            return f"Approved{by} ({said.get('approval', '')})."
        case "expired":
            return f"Nobody decided in time ({said.get('approval', '')})."
        case decision:
            return f"{str(decision).capitalize()}{by} ({said.get('approval', '')})."
