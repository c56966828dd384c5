"""What several test files share: a small dataset, simulated once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.project import TESTS, make_project

from lensfinder.params import Params, read_params
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
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of preset smoke, simulated, represented and split; tests must not change it."""
    from lensfinder.stages.simulate import simulate
    from lensfinder.stages.split import split
    from lensfinder.surveys.jpas.represent import represent

    root = make_project(tmp_path_factory.mktemp("project"))
    paths, params = SurveyPaths(root, "jpas"), read_params(root / "params.yaml")
    simulate(paths, params)
    represent(paths, params)
    split(paths, params)
    return root


@pytest.fixture(scope="session")
def euclid_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of preset smoke, its Euclid stamps simulated and selected; tests must not change it."""
    from lensfinder.stages.simulate import simulate
    from lensfinder.surveys.euclid.select import select

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
