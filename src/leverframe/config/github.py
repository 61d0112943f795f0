"""``[github]``: which GitHub, and who the hub is there."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from leverframe.config.section import Section
from leverframe.secrets import Secret


def _id(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _key(value: Secret, info: ValidationInfo) -> Secret:
    from leverframe.github.app import KeyInvalid, read_key  # only where there is an app

    if value.reveal() != (info.context or {}).get("placeholder"):
        try:
            read_key(value.reveal())
        except KeyInvalid as error:
            raise PydanticCustomError("github_app_key_invalid", "{shown}", {"shown": str(error)}) from None
    return value


class GitHubApp(Section):
    """A GitHub App that the hub speaks as, in place of a token."""

    id: Annotated[str, BeforeValidator(_id), Field(min_length=1, max_length=100)] = Field(description="The app's client ID (or its number), from its page on GitHub.")
    key: Annotated[Secret, AfterValidator(_key)] = Field(description="Its private key, as GitHub gives it to download: `file:app.pem`.")
    installation: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        None, description="The number of the one installation to use. Left out, the installation of each repository's owner is looked up."
    )


class HookSection(Section):
    """A webhook that GitHub shall have, made and kept by `leverframe github hooks sync`."""

    repository: str | None = Field(None, description="Whose hook it is: `owner/name`; or `organisation`.")
    organisation: str | None = Field(None, description="Whose hook it is: all repositories of an organisation.")
    source: str | None = Field(None, description="The source that it leads to, a key of `[sources]`. Left out: the only one of kind `github`.")
    events: Literal["routes"] | Annotated[list[str], Field(min_length=1)] = Field(
        "routes",
        description="`\"routes\"`: what the routes need is added and nothing is taken away. A list of names (`[\"push\", \"gollum\"]`) is all that it shall hear.",
    )
    content_type: Literal["json", "form"] = Field("json", description="How its body is written.")
    insecure_ssl: bool = Field(False, strict=True, description="Whether GitHub is not to look at the hub's certificate; then somebody on the way can read everything.")
    active: bool = Field(True, strict=True, description="Whether it sends anything.")


class GateSection(Section):
    """Who is asked when an environment of GitHub's waits for the hub's app."""

    repositories: Annotated[list[str], Field(min_length=1)] = Field(description="Repositories: `[\"acme/*\"]`.")
    environments: Annotated[list[str], Field(min_length=1)] | None = Field(None, description="Environments: `[\"production\"]`. Left out, any.")
    policy: str = Field(description="Who has to agree: a name of `[policies]`.")
    rooms: list[str] = Field([], description="Where it is asked: `[\"slack:#deploys\"]`.")


class GitHub(Section):
    """GitHub's REST API."""

    token: Secret | None = Field(
        None, description="A token that may read the repositories; needed where a route looks at `paths` of pull requests, and for services that are not simulated."
    )
    app: GitHubApp | None = Field(None, description="A GitHub App to speak as, in place of `token`: `{ id = \"Iv23…\", key = \"file:app.pem\" }`.")
    api_url: str = Field("https://api.github.com", description="The REST API; for GitHub Enterprise Server `https://HOST/api/v3`.")
    gap_fill_minutes: Annotated[int, Field(strict=True, ge=0, le=1_440)] = Field(
        5, description="How often the delivery logs of the hooks that lead here (those below, the app's, and any by which something came) are read for what never came in, which GitHub is then asked to send again; 0: never."
    )
    hooks: list[HookSection] = Field([], description="Webhooks that GitHub shall have, each a `[[github.hooks]]`.")

    gates: list[GateSection] = Field(
        [], description="Who is asked when an environment has the hub's app as a deployment protection rule: `[[github.gates]]`. The first that fits counts; the event comes by a source of kind `github`."
    )

    @property
    def has_credentials(self) -> bool:
        """Return whether the hub can speak to GitHub as somebody."""
        return self.token is not None or self.app is not None
