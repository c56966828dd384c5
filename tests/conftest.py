"""What several test files share: a small dataset, simulated once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lensfinder.params import Params, read_params
from lensfinder.paths import SurveyPaths
from lensfinder.presets import apply_preset

REPOSITORY = Path(__file__).resolve().parents[1]


# Started first, so that no core ends up waiting for one of them.
LONGEST = (
    "test_pipeline",
    "test_gate_breaks",
    "test_gate_euclid",
    "test_cv_stages",
    "test_gate_folds",
    "test_jpas_fingerprints",
    "test_tracking",
    "test_networks_training",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order inside a file stays."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


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


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of preset smoke, simulated, represented and split; tests must not change it."""
    from lensfinder.stages.represent import represent
    from lensfinder.stages.simulate import simulate
    from lensfinder.stages.split import split

    root = make_project(tmp_path_factory.mktemp("project"))
    paths, params = SurveyPaths(root, "jpas"), read_params(root / "params.yaml")
    simulate(paths, params)
    represent(paths, params)
    split(paths, params)
    return root


@pytest.fixture(scope="session")
def euclid_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of preset smoke, its Euclid stamps simulated and selected; tests must not change it."""
    from lensfinder.stages.select import select
    from lensfinder.stages.simulate import simulate

    root = make_project(tmp_path_factory.mktemp("euclid"))
    paths, params = SurveyPaths(root, "euclid"), read_params(root / "params.yaml")
    simulate(paths, params)
    select(paths, params)
    return root


@pytest.fixture
def euclid_paths(euclid_project: Path) -> SurveyPaths:
    """Files of the smoke project's Euclid track."""
    return SurveyPaths(euclid_project, "euclid")


@pytest.fixture
def paths(project: Path) -> SurveyPaths:
    """Files of the smoke project."""
    return SurveyPaths(project, "jpas")


@pytest.fixture
def smoke_params(project: Path) -> Params:
    """Parameters of the smoke project."""
    return read_params(project / "params.yaml")
