"""The repository that is tested, and projects laid out like it."""

from __future__ import annotations

import shutil
from pathlib import Path

from lensfinder.workspace.presets import apply_preset

TESTS = Path(__file__).resolve().parents[1]
REPOSITORY = TESTS.parent
CATALOGS = REPOSITORY / "catalogs"
PARAMS = REPOSITORY / "params.yaml"


def make_project(folder: Path) -> Path:
    """Lay out a project of preset smoke in ``folder``, without running anything."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(REPOSITORY / name, folder / name)
    shutil.copytree(REPOSITORY / "presets", folder / "presets")
    shutil.copytree(REPOSITORY / "catalogs", folder / "data")
    shutil.copytree(REPOSITORY / "spectra", folder / "spectra")
    (folder / "src").symlink_to(REPOSITORY / "src")
    apply_preset("smoke", folder / "params.yaml")
    return folder
