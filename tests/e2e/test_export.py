"""A file out of the browser, read again: what it says in front is what stands in its rows."""

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.e2e.people import card_of, expect_complete, team_of

pytestmark = pytest.mark.e2e
ENDED = "?status=completed&status=declined&until=2026-10-01"


def test_files_of_a_filter_agree_with_what_they_say_in_front(
    new_page: Callable[..., Page], demo_session: StorageState
) -> None:
    page = new_page(storage_state=demo_session)
    page.goto("/")
    team = team_of(page)
    page.goto(f"{team}keys/")
    expect_complete(card_of(page, "Demo key"))
    page.goto(f"{team}history/{ENDED}")
    count = page.locator("#history-count")
    expect(count).to_contain_text("trades")
    listed = count.inner_text().split()[0].replace(",", "")
    told, rows = as_csv(downloaded(page, "CSV"))
    assert told["rows"] == listed == str(len(rows))
    assert "status=completed; status=declined" in told["filter"]
    assert {row["Status"] for row in rows} == {"completed", "declined"}
    known = [Decimal(row["Value"]) for row in rows if row["Value"]]
    assert Decimal(told["sum of known values"].removeprefix("USD ")) == sum(known)
    assert told["rows with unknown value"] == str(len(rows) - len(known))
    assert "no known difference" in told["mirror"] or "differ from the market" in told["mirror"]
    page.goto(f"{team}history/{ENDED}")
    about, *lines = map(json.loads, downloaded(page, "JSON Lines").read_text().splitlines())
    assert about["about"]["rows"] == len(lines) == len(rows)
    assert [line["trade_id"] for line in lines] == [row["Trade id"] for row in rows]
    page.goto(f"{team}team/audit/")
    expect(page.get_by_role("main")).to_contain_text("export asked")


def downloaded(page: Page, form: str) -> Path:
    """Of what the open history shows."""
    page.get_by_role("link", name="Export").click()
    page.get_by_label(form, exact=True).check()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download").click()
    return waited.value.path()


def as_csv(path: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    """What stands in front, by name, and the rows by heading."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    front = [line[0].removeprefix("# ").partition(": ") for line in lines if line[0][:1] == "#"]
    heading, *rows = [line for line in lines if line[0][:1] != "#"]
    return {name: words for name, _, words in front}, [
        dict(zip(heading, row, strict=True)) for row in rows
    ]
