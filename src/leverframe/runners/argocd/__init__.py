"""Argo CD: syncs of applications, by its HTTP API (https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/)."""
