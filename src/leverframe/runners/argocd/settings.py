"""What ``[runners.NAME]`` of kind ``argocd`` takes, and the keys of an environment that it syncs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """One Argo CD, and the token that the hub has there."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    kind: Literal["argocd"] = "argocd"
    url: str = Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$", description="Argo CD's address, with its root path if it has one.")
    token: Secret = Field(description="A token of a project role (`argocd proj role create-token`) or of an account with `apiKey`; may `get` and `sync` the applications.")


class Target(BaseModel):
    """The keys of an environment whose runner is an Argo CD."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    application: str = Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253, description="The application's name.")
    project: str | None = Field(None, min_length=1, description="Its project; with it Argo CD tells an unknown application from a missing permission.")
    namespace: str | None = Field(None, min_length=1, description="The namespace that the application lies in, where that is not Argo CD's own.")
    revision: Literal["sha", "target"] = Field(
        "sha",
        description="`sha` syncs to the exact commit of the deployment: the manifests are in the service's repository. `target` syncs to what the application tracks "
        "(its `targetRevision`): the manifests are in another one, or auto-sync is on.",
    )
    source: int | None = Field(None, ge=1, description="Of an application with several sources the one, from 1, that the commit is of.")
    prune: bool = Field(False, description="Whether resources that are not in git any more are deleted.")
