"""What of ``[github]`` does not fit together, or to the rest of the configuration."""

from __future__ import annotations

from leverframe.config.doubts import Table, scheme_and_host, table
from leverframe.config.reading import Reading
from leverframe.core.hosts import is_loopback


def speaks_to_github(document: Table) -> bool:
    """Return whether ``[github]`` says who the hub is there."""
    return not {"token", "app"}.isdisjoint(table(document.get("github")))


def github_meaning(reading: Reading, document: Table) -> None:
    """Note two ways of being somebody at once, and an API's address that is that of the pages."""
    github = table(document.get("github"))
    if "token" in github and "app" in github:
        reading.found("github_token_and_app", ("github", "app"))
    if isinstance(url := github.get("api_url"), str):
        meant = _api_beside(url)
        if meant is not None:
            reading.found("api_url_of_pages", ("github", "api_url"), url, f'"{meant}"')


def _api_beside(url: str) -> str | None:
    """Return the API of the GitHub whose pages ``url`` is, ``None`` when it is an API itself.

    https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api, …/enterprise-cloud@latest/admin/data-residency
    """
    scheme, host = scheme_and_host(url)
    if host in ("github.com", "www.github.com"):
        return "https://api.github.com"
    if not host or is_loopback(host) or host.startswith("api.") or url.rstrip("/").endswith("/api/v3"):
        return None
    return f"{scheme}://api.{host}" if host.endswith(".ghe.com") else f"{url.rstrip('/')}/api/v3"
