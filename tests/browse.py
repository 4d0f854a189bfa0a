"""``make e2e``: a running copy, driven by the system's Chromium. Without one it says so loudly."""

import os
import shutil
import subprocess
import sys

from tests.servers import jobs, suites
from tests.servers.chromium import found

APT_GET = ("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0")
MISSING = (
    "!!!! E2E SKIPPED: there is no chromium, chromium-browser or google-chrome on PATH\n"
    "!!!! and it cannot be installed here (on Debian: apt install chromium)."
)


def main(arguments: list[str]) -> int:
    """0 also where there is no browser or no test."""
    if not found() and _may_install():
        jobs.say("Installing Chromium (first run only)…")
        _install()
    if not found():
        jobs.say(MISSING)
        return 0
    with suites.room_for_a_run() as room:
        test = suites.pytest_job("e2e", "-m", "e2e", "tests/e2e", *arguments, room=room)
        outcomes = jobs.run([test])
    return jobs.close(outcomes, suites=("e2e",))


def _may_install() -> bool:
    return os.getuid() == 0 and shutil.which("apt-get") is not None


def _install() -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for order in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run([*APT_GET, *order], env=environment, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
