"""The repository that is tested, and projects laid out like it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from ruamel.yaml import YAML

from lensfinder.workspace.presets import apply_preset

TESTS = Path(__file__).resolve().parents[1]
REPOSITORY = TESTS.parent
CATALOGS = REPOSITORY / "catalogs"
PARAMS = REPOSITORY / "params.yaml"


Section = TypeVar("Section", bound=BaseModel)


def digests(root: Path, *folders: str) -> dict[str, str]:
    """Say what is in every file of some folders of a project."""
    files = [path for folder in folders for path in (root / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class Killed(BaseException):
    """Stands in for a kill, which no handler catches."""


def changed(section: Section, values: Mapping[str, Any]) -> Section:
    """Copy parameters with some values exchanged, which dotted names find."""
    for name, value in values.items():
        first, _, rest = name.partition(".")
        new = changed(getattr(section, first), {rest: value}) if rest else value
        section = section.model_copy(update={first: new})
    return section


def changed_file(path: Path, source: Path, dotted: str, value: object) -> Path:
    """Copy a parameter file with one value exchanged, added or (None) removed; nothing is checked."""
    content = YAML(typ="safe").load(source.read_text(encoding="utf-8"))
    *parents, last = dotted.split(".")
    section = content
    for name in parents:
        section = section[name]
    section[last] = value
    if value is None:
        del section[last]
    with path.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(content, stream)
    return path


def lay_out_params(folder: Path, preset: str) -> Path:
    """Copy presets and parameters to ``folder``, apply a preset, and return the parameter file."""
    shutil.copytree(REPOSITORY / "presets", folder / "presets")
    path = Path(shutil.copy(PARAMS, folder))
    apply_preset(preset, path)
    return path


def make_project(folder: Path) -> Path:
    """Lay out a project of preset smoke in ``folder``, made if need be, without running anything."""
    folder.mkdir(exist_ok=True)
    lay_out_params(folder, "smoke")
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copy(REPOSITORY / name, folder)
    shutil.copytree(REPOSITORY / "catalogs", folder / "data")
    shutil.copytree(REPOSITORY / "spectra", folder / "spectra")
    (folder / "src").symlink_to(REPOSITORY / "src")
    return folder
