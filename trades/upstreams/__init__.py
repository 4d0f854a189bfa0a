"""Clients of the remote systems: HTTP in, records out. Knows no model, no settings, no Celery."""
