"""Secrets that nobody set are made once and kept in the data folder, readable by its owner only."""

import os
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Return the file's text; the first process to come makes it, the others read that one."""
    if not path.exists():
        _make_once(path, make())
    return path.read_text().strip()


def _make_once(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
