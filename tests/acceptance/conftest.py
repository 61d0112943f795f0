"""What the acceptance tests use."""

from databases import database_url  # noqa: F401
