"""Which code a stage depends on: the modules that its verb loads, less those that cannot change outputs."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from pathlib import Path

from support.project import REPOSITORY

CANNOT = {
    "cli": "reads the command line; what it hands on is in the stage's cmd",
    "errors": "ends a run, and changes none that does not end",
    "typing": "names of types",
    "plugins": "finds a survey or a study by its name",
    "progress": "prints",
    "tracking": "writes to MLflow alone",
    "workspace": "paths, provenance and locks; outputs of a stage do not hold what it knows",
}
"""Rooms that cannot change a byte of a stage's outputs, each with the reason."""

CANNOT_EITHER = {
    "__init__.py": "the version",
    "cores.py": "how many processes or threads there are, on which no output may depend",
    "stages/side_by_side.py": "starts verbs, each of which writes what it writes alone",
    "surveys/commands.py": CANNOT["cli"],
    "surveys/registry.py": CANNOT["plugins"],
    "studies/study.py": CANNOT["plugins"],
}

PACKAGE = REPOSITORY / "src" / "lensfinder"


def can_change(file: str) -> bool:
    """Whether a module, relative to ``src/lensfinder``, can change the outputs of a stage."""
    room = file.split("/")[0].removesuffix(".py")
    return not (room in CANNOT or file in CANNOT_EITHER or file.endswith("/cli.py") or says_nothing(file))


def says_nothing(file: str) -> bool:
    """Whether a module holds nothing but its docstring."""
    return len(ast.parse((PACKAGE / file).read_text()).body) <= 1


def read_loaded(record: Path) -> set[str]:
    """Modules, relative to ``src/lensfinder``, that a verb loaded and that can change its outputs."""
    files = {file.split("/src/lensfinder/")[1] for file in json.loads(record.read_text())}
    return {file for file in files if can_change(file)}


def wrong_dependencies(deps: Collection[str], loaded: Collection[str], package: Collection[str]) -> list[str]:
    """Say what is wrong with the code that a stage names, if its verb loads these modules of the package."""
    own = [dep.removeprefix("src/lensfinder/") for dep in deps if dep.startswith("src/lensfinder/")]
    covered = {dep: {file for file in package if file == dep or file.startswith(f"{dep}/")} for dep in own}
    missing = set(loaded).difference(*covered.values())
    return [
        *(f"src/lensfinder/{file} is missing" for file in sorted(missing)),
        *(
            f"src/lensfinder/{dep}: the verb loads {len(files & set(loaded))} of {len(files)} modules"
            for dep, files in covered.items()
            if 2 * len(files & set(loaded)) < max(len(files), 1)
        ),
    ]


def package_files() -> set[str]:
    """All modules, relative to ``src/lensfinder``."""
    files = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    return {file for file in files if not says_nothing(file)}


def stage_entries(pipeline: Mapping[str, Mapping[str, object]]) -> dict[str, list[str]]:
    """Dependencies of each stage of a ``dvc.yaml``, by the stage's name, as they stand there."""
    stages = pipeline["stages"]
    return {name: list(stage.get("do", stage)["deps"]) for name, stage in stages.items()}  # type: ignore[attr-defined]
