"""docs/operations.md and the code name the same variables and the same commands."""

import re

from dashboard.environment import BASE_DIR, NAMES

DOCS = (BASE_DIR / "docs" / "operations.md").read_text()
READ = re.compile(r'(?:env\.\w+|_url|_words|_proxies|_seconds|_whole)\(\s*(?:env,\s*)?"([A-Z_]+)"')
FOR_DEVELOPMENT = {"TEST_DATABASE_URL", "SELLSIDE_LOOPBACK_ONLY"}


def first_cells() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", DOCS, flags=re.MULTILINE))


def test_every_variable_is_documented_and_no_other() -> None:
    assert first_cells() == set(NAMES) | FOR_DEVELOPMENT


def test_the_list_of_names_is_what_the_code_reads() -> None:
    source = (BASE_DIR / "dashboard" / "environment.py").read_text()
    assert set(READ.findall(source)) == set(NAMES)


def test_every_command_is_documented_and_no_other() -> None:
    found = BASE_DIR.glob("*/management/commands/*.py")
    commands = {path.stem for path in found} - {"__init__"}
    assert set(re.findall(r"^\| `manage\.py (\w+)", DOCS, flags=re.MULTILINE)) == commands
