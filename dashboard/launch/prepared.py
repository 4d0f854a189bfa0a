"""Has anything changed since the last start that prepared its data?

If nothing has, the web may start while the preparation checks it once more; it always runs.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dashboard.environment import BASE_DIR, Environment

WATCHED = ("requirements.txt", "*/migrations/*.py", "static/**/*")


def is_unchanged(found: Environment) -> bool:
    stamp = _stamp(found)
    return stamp.exists() and stamp.read_text() == _fingerprint(found)


def note(found: Environment) -> None:
    _stamp(found).write_text(_fingerprint(found))


def _stamp(found: Environment) -> Path:
    return found.data_dir / "prepared"


def _fingerprint(found: Environment) -> str:
    facts = [str(sorted((name, str(value)) for name, value in found.database.items()))]
    facts += sorted(_facts(_database_file(found)))
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _database_file(found: Environment) -> Path | None:
    is_a_file = str(found.database["ENGINE"]).endswith("sqlite3")
    return Path(found.database["NAME"]) if is_a_file else None


def _facts(database: Path | None) -> Iterator[str]:
    """Another database under the same name is another file: its number tells."""
    if database:
        yield f"{database} {database.stat().st_ino if database.exists() else 'missing'}"
    for pattern in WATCHED:
        for path in BASE_DIR.glob(pattern):
            seen = path.stat()
            yield f"{path} {seen.st_size} {seen.st_mtime_ns}"
