"""``make soak``: the full counts of what `make test` runs in short, each time on another seed."""

import sys

from tests import seeds
from tests.servers import jobs, suites


def main(arguments: list[str]) -> int:
    jobs.say(f"{seeds.NAME}={seeds.draw_for_all()} (the same again: put it before `make soak`)")
    with suites.on_each_database("-m", "soak", *arguments) as tests:
        outcomes = jobs.run(tests)
    return jobs.close(outcomes, suites=(suites.SQLITE, suites.POSTGRES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
