"""``[github]``: which GitHub, and who the hub is there."""

from __future__ import annotations

from typing import Annotated, Any

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


class GitHub(Section):
    """GitHub's REST API."""

    token: Secret | None = Field(
        None, description="A token that may read the repositories; needed where a route looks at `paths` of pull requests, and for services that are not simulated."
    )
    app: GitHubApp | None = Field(None, description="A GitHub App to speak as, in place of `token`: `{ id = \"Iv23…\", key = \"file:app.pem\" }`.")
    api_url: str = Field("https://api.github.com", description="The REST API; for GitHub Enterprise Server `https://HOST/api/v3`.")

    @property
    def has_credentials(self) -> bool:
        """Return whether the hub can speak to GitHub as somebody."""
        return self.token is not None or self.app is not None
