"""Reads the imports of our own packages and says which of them point the wrong way."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dashboard.environment import BASE_DIR

OURS = ("dashboard", "accounts", "trades")
MODELS = ("trades.models", "accounts.models")
DJANGO_FREE = ("trades.upstreams", "trades.sandbox")

# Who may import what of ours; the longest name that fits an importer decides. Everyone may import
# their own row.
ALLOWED: dict[str, tuple[str, ...]] = {
    "dashboard": (),
    "dashboard.launch": ("dashboard.environment", "dashboard.keyfile"),
    "accounts": ("dashboard",),
    "trades.apps": ("trades.text_index",),
    "trades.text_index": (),
    "trades.raw_answers": (),
    "trades.upstreams": (),
    "trades.sandbox": (),
    "trades.models": ("accounts.models", "accounts.crypto", "dashboard"),
    "trades.migrations": (*MODELS, "dashboard"),
    "trades.budget": ("trades.models", "dashboard"),
    "trades.gates": ("trades.budget", "trades.upstreams", "dashboard"),
    "trades.sessions": ("trades.upstreams", "accounts.models", "accounts.crypto", "dashboard"),
    "trades.connect": (
        *(
            "trades.upstreams",
            "trades.budget",
            "trades.gates",
            "trades.sessions",
            "accounts.models",
            "accounts.crypto",
            "dashboard",
        ),
    ),
    "trades.sync": (
        *("trades.connect", "trades.budget", "trades.gates", "trades.upstreams", *MODELS),
        "trades.raw_answers",
        "accounts.crypto",
        "dashboard",
    ),
    "trades.services": (
        *("trades.connect", "trades.upstreams", "trades.sync", "trades.queries", "trades.models"),
        *("trades.filters", "trades.refusals", "trades.budget", "trades.exports"),
        *("trades.snapshot", "accounts", "dashboard"),
    ),
    "trades.management": (
        *("trades.sync", "trades.services", "trades.sandbox", "trades.mirror", "trades.models"),
        *("trades.tasks", "accounts", "dashboard"),
    ),
    "trades.paging": ("dashboard",),
    "trades.refusals": (),
    "trades.mirror": (*MODELS, "dashboard"),
    "trades.filters": (),
    "trades.conditions": ("trades.filters", *MODELS),
    "trades.contains": ("trades.text_index", "trades.conditions", *MODELS),
    "trades.narrowing": ("trades.contains", "trades.conditions", "trades.filters", *MODELS),
    "trades.queries": (
        *("trades.narrowing", "trades.conditions", "trades.filters", "trades.paging", *MODELS),
        "dashboard",
    ),
    "trades.columns": ("trades.filters",),
    "trades.counting": (
        *("trades.queries", "trades.narrowing", "trades.contains", "trades.conditions"),
        *("trades.filters", *MODELS),
    ),
    "trades.periods": (),
    "trades.stats": (*MODELS, "trades.filters", "trades.periods", "dashboard"),
    "trades.settling": (*MODELS, "trades.stats"),
    "trades.breakdowns": (*MODELS, "trades.filters", "trades.periods", "trades.stats"),
    "trades.tasks": ("trades.sync", "trades.services", *MODELS, "dashboard"),
    "trades.snapshot": (),
    "trades.exports": ("trades.filters", *MODELS, "dashboard"),
    "trades.filter_fields": ("trades.filters",),
    "trades.forms": ("trades.filter_fields", "trades.filters", *MODELS, "dashboard"),
    "trades.views": (
        *("trades.periods", "trades.breakdowns", "trades.settling"),
        *("trades.services", "trades.queries", "trades.stats", "trades.forms", "trades.tasks"),
        *("trades.filters", "trades.filter_fields", "trades.exports", "trades.columns"),
        *(
            "trades.counting",
            "trades.paging",
            "trades.raw_answers",
            "trades.refusals",
            "trades.models",
            "accounts",
            "dashboard",
        ),
    ),
    "trades.urls": ("trades.views",),
    "trades.templatetags": (
        *("trades.services", "trades.views", "trades.models", "accounts", "dashboard"),
    ),
}
ALLOWED["trades.admin"] = ALLOWED["trades.views"]

# Third parties are limited where it matters only.
ONLY_IN = {"httpx": ("trades.upstreams.http",), "stamina": ("trades.upstreams.http",)}


@dataclass(frozen=True)
class Import:
    importer: str
    target: str
    line: int
    is_at_the_top: bool


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def module_name(path: Path) -> str:
    parts = path.relative_to(BASE_DIR).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def our_files() -> list[Path]:
    return sorted(path for package in OURS for path in (BASE_DIR / package).rglob("*.py"))


def imports_in(source: str, importer: str) -> Iterator[Import]:
    tree = ast.parse(source)
    top = {id(node) for node in _run_at_import(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in _targets(node):
                yield Import(importer, target, node.lineno, id(node) in top)


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from _run_at_import(node)


def _targets(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    module = node.module or ""
    return [
        f"{module}.{name.name}" if _is_module(f"{module}.{name.name}") else module
        for name in node.names
    ]


def _is_module(name: str) -> bool:
    path = BASE_DIR.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def complaint(found: Import) -> str | None:
    """One sentence when the arrow is forbidden, else None."""
    row = max((row for row in ALLOWED if within(found.importer, row)), key=len, default="")
    if not row and found.importer not in OURS:
        return f"{found.importer} has no row in the table of imports"
    arrow = f"{found.importer}:{found.line} imports {found.target}"
    if not found.is_at_the_top:
        return f"{arrow} inside a function"
    if found.target.split(".")[0] in OURS:
        may = (row, *ALLOWED.get(row, ()))
        return None if any(within(found.target, name) for name in may if name) else arrow
    return arrow if _is_foreign_here(found) else None


def _is_foreign_here(found: Import) -> bool:
    package = found.target.split(".")[0]
    if within(found.importer, "trades.sandbox"):
        return package not in sys.stdlib_module_names
    if package == "django" and any(within(found.importer, name) for name in DJANGO_FREE):
        return True
    return package in ONLY_IN and found.importer not in ONLY_IN[package]
