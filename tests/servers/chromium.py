"""The system's Chromium."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (  # it asks nobody but the page
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


def found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def flags() -> list[str]:
    """Its own sandbox does not start for root."""
    return [*QUIET, *(["--no-sandbox"] if os.getuid() == 0 else [])]
