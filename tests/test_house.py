"""Who may import what: the rooms of the house, checked in fresh interpreters and in the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "lensfinder"
OWNERS = {
    "tensorflow": ("networks",),
    "keras": ("networks",),
    "mlflow": ("tracking",),
    "great_expectations": ("gate", "studies", "surveys"),
}
FOUNDATION = ("compiled", "errors", "typing")
# May speak of the types of parameters, since those name what populations are made of.
LOWER = {"lensing": {"lensing", *FOUNDATION}, "sky": {"sky", "params", *FOUNDATION}}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("library", OWNERS)
def test_heavy_libraries_stay_in_their_room(library: str) -> None:
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert users == set(OWNERS[library])


@pytest.mark.parametrize("room", LOWER)
def test_lower_rooms_import_nothing_above_them(room: str) -> None:
    for path in (PACKAGE / room).rglob("*.py"):
        own = {name.split(".")[1] for name in imported(path) if name.startswith("lensfinder.")}
        assert own <= LOWER[room], f"{path.name} imports {own - LOWER[room]}"


@pytest.mark.parametrize(
    "module",
    ["lensfinder.cli", "lensfinder.stages.simulate", "lensfinder.stages.split", "lensfinder.stages.train"],
)
def test_heavy_libraries_load_only_when_used(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {sorted(OWNERS)} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
