"""Who may import whom, how long a file may grow, what a module may not be called."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.environment import BASE_DIR
from tests import imports

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
LONGEST_TEMPLATE = 250
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}


def written_files() -> Iterator[Path]:
    yield from imports.our_files()
    yield from sorted((BASE_DIR / "tests").rglob("*.py"))


def hand_written_files() -> Iterator[Path]:
    return (path for path in written_files() if path.parent.name != "migrations")


def complaints(source: str, importer: str) -> list[str]:
    found = imports.imports_in(source, importer)
    return [sentence for one in found if (sentence := imports.complaint(one))]


def test_every_import_follows_the_table() -> None:
    assert not [
        sentence
        for path in imports.our_files()
        for sentence in complaints(path.read_text(), imports.module_name(path))
    ]


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("dashboard.views", "from accounts.models import User"),
        ("dashboard.launch.web", "import dashboard.settings"),
        ("accounts.views", "from trades import models"),
        ("trades.upstreams.vpsbot.client", "from django.conf import settings"),
        ("trades.upstreams.vpsbot.client", "import httpx"),
        ("trades.sandbox.server", "from trades.upstreams import records"),
        ("trades.sandbox.server", "import msgspec"),
        ("trades.models.trade", "from trades.upstreams.records import Phase"),
        ("trades.sync.engine", "from trades.services import keys"),
        ("trades.services.keys", "from trades.views.keys import page"),
        ("trades.views.home", "import trades.upstreams"),
        ("trades.views.home", "from trades.sync.store import store_page"),
        ("trades.tasks", "from trades.views import home"),
        ("trades.models.trade", "def late():\n    import trades.models.sync"),
        ("trades.somewhere_new", "import trades.models"),
    ],
)
def test_a_forbidden_arrow_is_found(importer: str, source: str) -> None:
    assert complaints(source, importer)


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("accounts.views", "from dashboard.errors import UserError"),
        ("trades.upstreams.http", "import httpx, stamina"),
        ("trades.sandbox.server", "import sqlite3\nfrom trades.sandbox import goods"),
        ("trades.services.keys", "from trades.upstreams.records import TradeRecord"),
        ("trades.services.keys", "from trades.sync import store"),
        ("trades.views.home", "from trades.services import keys\nfrom accounts import access"),
        ("dashboard.launch.web", "from dashboard import environment"),
    ],
)
def test_an_allowed_arrow_passes(importer: str, source: str) -> None:
    assert complaints(source, importer) == []


def test_no_file_is_longer_than_its_ceiling() -> None:
    assert not [
        f"{path}: {length} lines"
        for path in hand_written_files()
        if (length := len(path.read_text().splitlines())) > LONGEST_FILE
    ]


def test_no_function_is_longer_than_its_ceiling() -> None:
    assert not [
        f"{path}:{node.lineno} {node.name}: {length} lines"
        for path in hand_written_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def test_no_template_is_longer_than_its_ceiling() -> None:
    templates = sorted((BASE_DIR / "templates").rglob("*.*"))
    assert not [p for p in templates if len(p.read_text().splitlines()) > LONGEST_TEMPLATE]


def test_files_are_named_for_their_subject() -> None:
    assert not [path for path in written_files() if path.stem in NAMES_THAT_SAY_NOTHING]
    folders = {path.parent.name for path in written_files()}
    assert not folders & NAMES_THAT_SAY_NOTHING
