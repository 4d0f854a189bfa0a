"""``make test``: everything that must hold, side by side, on every database that can be had.

One job more than there are cores, as each waits for servers and processes of its own at times.
"""

import sys

from tests.servers import jobs, suites
from tests.servers.jobs import Job

NOT_APART = ("-q", "-m", "not e2e and not soak")


def static_checks(environment: dict[str, str]) -> list[Job]:
    python = sys.executable
    deployed = environment | {"PUBLIC_URL": "https://sellside.example"}
    deploy_check = [python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    migrations = [python, "manage.py", "makemigrations", "--check", "--dry-run"]
    return [
        Job("types", [python, "-m", "mypy"], environment),
        Job("format", [python, "-m", "ruff", "format", "--check", "--quiet", "."]),
        Job("lint", [python, "-m", "ruff", "check", "--quiet", "."]),
        Job("migrations match the models", migrations, environment),
        Job("deploy check", deploy_check, deployed),
    ]


def main(arguments: list[str]) -> int:
    with (
        suites.throwaway_data_folder() as environment,
        suites.on_each_database(*NOT_APART, *arguments, whole=not arguments) as tests,
    ):
        outcomes = jobs.run([*tests, *static_checks(environment)], at_once=jobs.cores() + 1)
    return jobs.close(outcomes, suites=(suites.SQLITE, suites.PAGES, suites.POSTGRES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
