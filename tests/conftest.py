"""What several test files share: a small dataset, simulated once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.project import PARAMS, TESTS, make_project

from lensfinder.params import Params, read_params
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.paths import SurveyPaths

# Started first, so that no core ends up waiting for one of them.
LONGEST = (
    "test_pipeline.py",
    "surveys/jpas/suites/test_suites.py",
    "surveys/euclid/suites/test_suites.py",
    "studies/cross_validation/test_stages.py",
    "studies/cross_validation/test_suites.py",
    "surveys/jpas/simulation/test_fingerprints.py",
    "tracking/test_tracking.py",
    "networks/test_training.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order inside a file stays."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(TESTS).as_posix(), len(rank)))


@pytest.fixture(scope="session")
def params() -> Params:
    """The project's own parameters."""
    return read_params(PARAMS)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of preset smoke, simulated, represented and split; tests must not change it."""

    from lensfinder.stages.simulate import simulate
    from lensfinder.surveys.jpas.parts import PARTS
    from lensfinder.surveys.jpas.represent import represent

    root = make_project(tmp_path_factory.mktemp("project"))
    paths, params = JpasPaths(root), read_params(root / "params.yaml")
    simulate(paths, params)
    represent(paths, params)
    PARTS.make(paths, params)
    return root


@pytest.fixture(scope="session")
def euclid_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of preset smoke, its Euclid stamps simulated and selected; tests must not change it."""
    from lensfinder.stages.simulate import simulate
    from lensfinder.surveys.euclid.parts import PARTS

    root = make_project(tmp_path_factory.mktemp("euclid"))
    paths, params = EuclidPaths(root), read_params(root / "params.yaml")
    simulate(paths, params)
    PARTS.make(paths, params)
    return root


@pytest.fixture(scope="session")
def euclid_paths(euclid_project: Path) -> SurveyPaths:
    """Files of the smoke project's Euclid track."""
    return EuclidPaths(euclid_project)


@pytest.fixture(scope="session")
def paths(project: Path) -> SurveyPaths:
    """Files of the smoke project."""
    return JpasPaths(project)


@pytest.fixture(scope="session")
def smoke_params(project: Path) -> Params:
    """Parameters of the smoke project."""
    return read_params(project / "params.yaml")
