"""``make soak``: the full counts of what `make test` runs in short."""

import sys

from tests.servers import jobs, suites


def main(arguments: list[str]) -> int:
    with suites.on_each_database("-m", "soak", *arguments) as tests:
        outcomes = jobs.run(tests)
    return jobs.close(outcomes, suites=(suites.SQLITE, suites.POSTGRES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
