"""What several test files share: a small dataset, simulated once."""

from __future__ import annotations

import pytest
from support.project import CATALOGS, PARAMS, TESTS, lay_out_params, make_project

from lensfinder.params import Params, read_params
from lensfinder.surveys.euclid.bands import EuclidBands, read_euclid_bands
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
def smoke_params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    """Parameters of preset smoke."""
    return read_params(lay_out_params(tmp_path_factory.mktemp("smoke"), "smoke"))


@pytest.fixture(scope="session")
def paths(tmp_path_factory: pytest.TempPathFactory, smoke_params: Params) -> SurveyPaths:
    """J-PAS of preset smoke, simulated, represented and split; tests must not change it."""
    from lensfinder.stages.simulate import simulate
    from lensfinder.surveys.jpas.parts import PARTS
    from lensfinder.surveys.jpas.represent import represent

    paths = JpasPaths(make_project(tmp_path_factory.mktemp("project")))
    for step in (simulate, represent, PARTS.make):
        step(paths, smoke_params)
    return paths


@pytest.fixture(scope="session")
def euclid_paths(tmp_path_factory: pytest.TempPathFactory, smoke_params: Params) -> SurveyPaths:
    """Euclid stamps of preset smoke, simulated; tests must not change them."""
    from lensfinder.stages.simulate import simulate

    paths = EuclidPaths(make_project(tmp_path_factory.mktemp("euclid")))
    simulate(paths, smoke_params)
    return paths


@pytest.fixture(scope="session")
def bands() -> EuclidBands:
    """VIS, Y, J and H."""
    return read_euclid_bands(CATALOGS)
