"""A checkout to track runs in, for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tracking_workspace import make_workspace

from lensfinder.tracking import database


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database to copy, because making one takes seconds."""
    folder = tmp_path_factory.mktemp("store")
    database.open_database(folder)
    return folder / "mlflow.db"


@pytest.fixture
def root(tmp_path: Path, empty_database: Path) -> Path:
    """A checkout without trainings."""
    return make_workspace(tmp_path, empty_database)
