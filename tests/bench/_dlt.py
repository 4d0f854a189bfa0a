"""dlt merging the same list: in an environment of its own, which is kept; skipped loudly."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from dashboard.environment import BASE_DIR

REQUIREMENTS = Path(__file__).parent / "requirements-dlt.txt"
ENVIRONMENT = BASE_DIR / ".cache" / "bench" / "dlt"


def is_had() -> bool:
    python = ENVIRONMENT / "bin" / "python"
    mark = ENVIRONMENT / "installed"
    if mark.exists() and mark.read_text() == REQUIREMENTS.read_text():
        return True
    made = subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], capture_output=True)
    quiet = ["install", "--quiet", "--disable-pip-version-check"]
    pip: list[str | Path] = [python, "-m", "pip", *quiet, "-r", REQUIREMENTS]
    got = made.returncode == 0 and subprocess.run(pip).returncode == 0
    if got:
        mark.write_text(REQUIREMENTS.read_text())
    return got


class Rival:
    """A process that has dlt imported; each ``load`` is a pipeline and a schema of its own."""

    def __init__(self, stack: ExitStack, market: str, database_url: str, folder: str) -> None:
        command = [ENVIRONMENT / "bin" / "python", Path(__file__).with_name("_dlt_child.py")]
        self._child = subprocess.Popen(
            [*command, market, database_url, folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "HOME": folder, "RUNTIME__DLTHUB_TELEMETRY": "false"},
        )  # fmt: skip
        stack.callback(self._child.wait)
        stack.callback(self._child.terminate)
        self._answer()

    def load(self) -> int:
        """Rows that stand in its table then."""
        assert self._child.stdin
        self._child.stdin.write("load\n")
        self._child.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        line = self._child.stdout.readline() if self._child.stdout else ""
        if not line:
            raise SystemExit("dlt's process ended")
        return line
