"""What the children say goes to files in the data folder that never grow without end."""

import os
import shutil
from pathlib import Path
from typing import IO

LARGEST_LOG = 5 * 1024 * 1024  # bytes; one older file of the same size is kept
TAIL = 12  # lines


def open_log(folder: Path, name: str, *, fresh: bool = False) -> IO[bytes]:
    """Open for appending: so the file may be cut while a child writes to it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{name}.log"
    cut_when_large(path)
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | (os.O_TRUNC if fresh else 0)
    return os.fdopen(os.open(path, how, 0o600), "wb")


def cut_when_large(path: Path) -> None:
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        shutil.copyfile(path, path.with_suffix(".log.1"))
        os.truncate(path, 0)


def tail(folder: Path, name: str) -> str:
    """The last lines, for the terminal, when a child never came up."""
    lines = (folder / f"{name}.log").read_text(errors="replace").splitlines()
    return "\n".join(lines[-TAIL:])
