"""What ``[runners.NAME]`` of kind ``jenkins`` takes, and the keys of an environment that it runs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.secrets import Secret


class Settings(BaseModel):
    """One Jenkins, and who the hub is there."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True)

    kind: Literal["jenkins"] = "jenkins"
    url: str = Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$", description="Jenkins' address, with its path if it has one: `https://ci.example.com/jenkins`.")
    user: str = Field(min_length=1, description="Who the hub signs in as; needs Overall/Read, Job/Read, Job/Build and Job/Cancel.")
    token: Secret = Field(description="An API token of that user (People → the user → Security). A password works too; a crumb is then asked for by itself.")
    trigger_token: Secret | None = Field(None, description="The token of \"Trigger builds remotely\", for jobs that ask for one.")


class Parameters(BaseModel):
    """What the job calls the parameters that the hub sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str = Field("SERVICE", description="The service's name; `\"\"` sends none.")
    env: str = Field("ENV", description="The environment's name; `\"\"` sends none.")
    ref: str = Field("REF", description="The branch or tag that was asked for; `\"\"` sends none.")
    sha: str = Field("SHA", description="The exact commit that was approved; sent where the job declares it.")
    correlation_id: str = Field("LEVERFRAME_ID", min_length=1, description="An id that is new for every try, by which the hub finds the build again.")


class Target(BaseModel):
    """The keys of an environment whose runner is a Jenkins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: str = Field(pattern=r"^[^/\s][^/]*(/[^/]+)*$", description="The job with its folders, as Jenkins' breadcrumb shows them: `deploy/web-app`.")
    parameters: Parameters = Field(Parameters.model_construct(), description="Other names for the job's parameters: `{ service = \"APP\", ref = \"BRANCH\" }`.")
