"""Server CPU of a history page of 50 rows, beside the signed-in page that has none.

Both come out of the whole stack (middleware, access, queries, template) by the test client, whose
own share is in both.
"""

from tests.bench import _setup

DATABASE = _setup.ready()

from collections.abc import Callable  # noqa: E402
from random import Random  # noqa: E402

from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from tests.bench._turns import in_turn  # noqa: E402
from tests.factories import make_account, make_team, make_trade, make_user  # noqa: E402

ROWS, TURNS = 600, 150
STATUSES = ("completed", "accepted", "processing", "cancelled", "rolled_back_by_bot")


def fill(slug: str) -> Client:
    """A member's client; his team has an account with more trades than a page shows."""
    owner = make_user()
    account = make_account(team=make_team(owner=owner, slug=slug))
    dice = Random(7)
    for _ in range(ROWS):
        names = [
            {"name": f"AK-47 | Redline {dice.randrange(40)}"} for _ in range(dice.choice([1, 2, 4]))
        ]
        make_trade(account=account, status=dice.choice(STATUSES), items=names)
    client = Client(SERVER_NAME="localhost")
    client.force_login(owner)
    return client


def getting(client: Client, url: str) -> Callable[[], None]:
    def get() -> None:
        response = client.get(url)
        if response.status_code != 200:
            raise SystemExit(f"{url} answered {response.status_code}")

    return get


def main() -> None:
    client = fill("bench")
    owner = make_user()
    make_team(owner=owner, slug="empty")
    nobody = Client(SERVER_NAME="localhost")
    nobody.force_login(owner)
    pages = {
        "history, 50 rows": getting(client, reverse("history", args=["bench"])),
        "home": getting(client, reverse("team-home", args=["bench"])),
        "home without accounts": getting(nobody, reverse("team-home", args=["empty"])),
    }
    for warm_up in pages.values():
        warm_up()
    timings = in_turn(pages, TURNS)
    print(f"server CPU a page on {DATABASE}, median of {TURNS} turns")
    for name, timing in timings.items():
        print(f"  {name:22} {timing.cpu * 1000:6.2f} ms CPU  {timing.wall * 1000:6.2f} ms")
    ratio = timings["history, 50 rows"].cpu / timings["home without accounts"].cpu
    print(f"  history / home without accounts {ratio:.2f}")


if __name__ == "__main__":
    main()
