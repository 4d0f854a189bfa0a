"""What benches of several sizes share: filled databases that are kept, a process for each size.

Filled databases stay under ``.cache``, so a second run starts at once.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from dashboard.environment import BASE_DIR
from tests.servers import postgres

KEPT = BASE_DIR / ".cache" / "bench"
ON_SQLITE = 1_000_000  # the largest


def sizes_asked(variable: str, usual: str) -> list[int]:
    """From the environment, smallest first; what SQLite is not asked to hold is skipped loudly."""
    sizes = sorted(int(size) for size in os.environ.get(variable, usual).split(","))
    if is_postgres():
        return sizes
    for size in [size for size in sizes if size > ON_SQLITE]:
        print(f"!!!! {size:,} rows SKIPPED on SQLite")
    return [size for size in sizes if size <= ON_SQLITE]


def is_postgres() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


class Contestant:
    """A process with one size; answers in wall and CPU seconds."""

    def __init__(self, rows: int, environment: dict[str, str], child: str) -> None:
        self.rows = rows
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.{child}", str(rows)],
            env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.queries: dict[str, int] = json.loads(self._line())
        self.taken: dict[str, list[tuple[float, float]]] = {}

    def run(self, page: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{page}\n")
        self._process.stdin.flush()
        wall, cpu = map(float, self._line().split())
        self.taken.setdefault(page, []).append((wall * 1000, cpu * 1000))

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit(f"the process with {self.rows:,} rows ended")
        return line

    def wall(self, page: str) -> float:
        return statistics.median(wall for wall, _ in self.taken[page])

    def cpu(self, page: str) -> float:
        return statistics.median(cpu for _, cpu in self.taken[page])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Report:
    """Lines as they come; what misses its figure is said again at the end."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def figure(self, text: str, is_met: bool) -> None:
        print(f"  {text}{'' if is_met else '   MISSED'}", flush=True)
        if not is_met:
            self.missed.append(text)


@contextmanager
def databases(sizes: Sequence[int]) -> Iterator[dict[int, dict[str, str]]]:
    KEPT.mkdir(parents=True, exist_ok=True)
    if not is_postgres():
        yield {size: _sqlite(size) for size in sizes}
        return
    with postgres.running(kept=KEPT / "postgres") as url:
        assert url
        yield {size: _postgres(size, url) for size in sizes}


def _sqlite(size: int) -> dict[str, str]:
    file = KEPT / f"history-{size}.sqlite3"
    environment = {"DATABASE_URL": f"sqlite:///{file}"}
    mark = file.with_suffix(".filled")
    if not mark.exists():
        for left in KEPT.glob(f"{file.name}*"):
            left.unlink()
        _fill(size, environment, mark)
    return environment


def _postgres(size: int, url: str) -> dict[str, str]:
    name = f"history_{size}"
    environment = {"DATABASE_URL": f"{url.rpartition('/')[0]}/{quote(name)}"}
    mark = KEPT / "postgres" / f"{name}.filled"
    if not mark.exists():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name}")
        _fill(size, environment, mark)
    return environment


def _fill(size: int, environment: dict[str, str], mark: Path) -> None:
    print(f"filling {size:,} rows (first run only)…", flush=True)
    command = [sys.executable, "-m", "tests.bench._history_child", "fill", str(size)]
    subprocess.run(command, env=os.environ | environment, check=True)
    mark.touch()
