"""``make bench``: each file of tests/bench, alone on the machine, once a database."""

import sys
from pathlib import Path

from dashboard.environment import BASE_DIR
from tests.servers import jobs, postgres, redis, suites
from tests.servers.jobs import Job

BENCHES = BASE_DIR / "tests" / "bench"


def main(arguments: list[str]) -> int:
    """A bench reads DATABASE_URL, REDIS_URL and DATA_DIR; ``arguments`` name benches to run."""
    benches = [path for path in sorted(BENCHES.glob("*.py")) if _is_asked(path, arguments)]
    if not benches:
        jobs.say("There are no benches to run.")
        return 0
    suites.end_on_sigterm()
    with postgres.running(settings=postgres.ROOMY) as database_url, redis.running() as redis_url:
        if not database_url:
            jobs.say(suites.MISSING)
        urls = ["", database_url] if database_url else [""]
        outcomes = [_run(path, url, redis_url or "") for path in benches for url in urls]
    return jobs.close(outcomes)


def _is_asked(path: Path, names: list[str]) -> bool:
    return not path.name.startswith("_") and (not names or path.stem in names)


def _run(path: Path, database_url: str, redis_url: str) -> jobs.Outcome:
    database = "PostgreSQL" if database_url else "SQLite"
    with suites.throwaway_data_folder() as environment:
        environment |= {"SELLSIDE_LOOPBACK_ONLY": "1", "REDIS_URL": redis_url}
        environment |= {"DATABASE_URL": database_url} if database_url else {}
        command = [sys.executable, "-m", f"tests.bench.{path.stem}"]
        return jobs.run([Job(f"{path.stem} on {database}", command, environment)])[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
