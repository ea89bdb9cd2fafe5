"""Rules of the house that the import linter cannot see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ardenne.apps.cli import main
from ardenne.kernel.settings import Settings

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ardenne"
SQL = re.compile(
    r"\b(select\s+.+\s+from\s+\w|insert\s+into\s+\w|update\s+\w+\s+set\s|delete\s+from\s+\w|create\s+(table|index)\s)",
    re.IGNORECASE | re.DOTALL,
)
MAX_LINES = 600


def modules() -> Iterator[Path]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "tests" not in path.parts and path.name != "testing.py":
            yield path


def is_store(path: Path) -> bool:
    return "store" in path.relative_to(SOURCE).parts or path.stem == "store" or path.stem.startswith("store_")


def strings(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_sql_stands_in_store_modules_only() -> None:
    allowed = SOURCE / "standards" / "fhir" / "views"  # compiles view definitions to SQL: that is its purpose
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        if not is_store(path) and allowed not in path.parents
        for line, text in strings(path)
        if SQL.search(text)
    ]
    assert found == []


def test_no_file_is_longer_than_a_room() -> None:
    long = [
        str(path.relative_to(ROOT)) for path in modules() if len(path.read_text().splitlines()) > MAX_LINES
    ]
    assert long == []


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_is_documented(name: str) -> None:
    assert main.get_command(click.Context(main), name) is not None
    assert f"`ardenne {name}" in (ROOT / "docs" / "commands.md").read_text()


def test_the_command_loads_no_more_than_it_needs() -> None:
    """Every process of a bulk load begins with the module of the command: it must not load the server with it."""
    program = "import sys, ardenne.apps.cli; print(*(one for one in sys.modules if one in sys.argv))"
    heavy = ["duckdb", "numpy", "granian", "starlette", "reportlab", "lxml", "ardenne.apps.asgi"]
    done = subprocess.run([sys.executable, "-c", program, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_no_file_names_a_registry_or_a_machine() -> None:
    suspicious = re.compile(r"(files\.pythonhosted\.org|registry\.npmjs\.org|/root/|/home/\w+/)")
    for name in ("requirements/run.txt", "requirements/test.txt", "requirements/build.txt", "README.md"):
        assert not suspicious.search((ROOT / name).read_text()), name
