"""``[oidc.NAME]``: which pipelines the hub knows by the token that their host signs for them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from leverframe.config.doubts import scheme_and_host
from leverframe.config.models import Names
from leverframe.config.reading import Reading
from leverframe.config.section import Section
from leverframe.core.hosts import is_loopback
from leverframe.core.workflows import Allowance

GITHUB = "https://token.actions.githubusercontent.com"


def _issuer(value: str) -> str:
    scheme, host = scheme_and_host(value)
    if not host or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        raise PydanticCustomError("issuer_invalid", "{shown}", {"shown": value})
    return value.rstrip("/")


class AllowSection(Section):
    """Which tokens, and what they may do. All keys must hold."""

    repositories: Names = Field(description="Repositories of the workflow: `[\"acme/*\"]`.")
    environments: Names | None = Field(None, description="Environments of the job: `[\"production\"]`. Left out, any, or none.")
    refs: Names | None = Field(None, description="What the workflow runs at: `[\"refs/heads/main\", \"refs/tags/v*\"]`.")
    events: Names | None = Field(None, description="What started it: `[\"push\", \"workflow_dispatch\"]`.")
    grants: Names = Field(description="What it may do: `[\"approvals.ask {repository} *\"]`; `{repository}` is the token's own.")

    def allowance(self) -> Allowance:
        """Return it as the core's value."""
        return Allowance(
            repositories=tuple(self.repositories), environments=_tuple(self.environments), refs=_tuple(self.refs), events=_tuple(self.events), grants=tuple(self.grants)
        )


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


class OidcSection(Section):
    """An issuer of tokens for pipelines. GitHub Actions' needs nothing but `allow`."""

    issuer: Annotated[str, AfterValidator(_issuer)] = Field(GITHUB, description="Who signs: GitHub's, or `https://HOST/_services/token` for an Enterprise Server.")
    audience: str = Field("", description="Whom the tokens are for; `hub.url` if left out.")
    allow: Annotated[list[AllowSection], Field(min_length=1)] = Field(description="Which tokens may do what: `[[oidc.NAME.allow]]`.")


def read_oidc(tables: Any, reading: Reading) -> dict[str, OidcSection]:
    """Return each issuer, by name; what is wrong is noted and left out."""
    return {name: one for name, one in reading.named(OidcSection, "oidc", tables).items() if isinstance(one, OidcSection)}
