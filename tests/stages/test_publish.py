"""What ``publish`` copies, and what it refuses to put together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.project import REPOSITORY

from lensfinder.errors import UserError
from lensfinder.params import read_params
from lensfinder.stages import publish as stage
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.workspace.paths import SurveyPaths


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SurveyPaths:
    """A checkout with metrics of a model and of a study, and a report."""
    shutil.copy(REPOSITORY / "params.yaml", tmp_path / "params.yaml")
    locks = shutil.ignore_patterns("dvc.lock")  # what the repository itself ran last is not asked here
    shutil.copytree(REPOSITORY / "studies", tmp_path / "studies", ignore=locks)
    for name in ("metrics/jpas/cube.json", "metrics/jpas/cv.json", "metrics/euclid/set_1.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"recall": 0.5}\n')
    for name in (
        "reports/jpas/report.md",
        "reports/cv/jpas/figures/folds.png",
        "reports/cv/jpas/scores.parquet",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(stage, "recorded_trainings", lambda workspace, survey: [{"run": "cube-1234567"}])
    return JpasPaths(tmp_path)


def lock(folder: Path, **values: object) -> None:
    stages = {
        "train-jpas@cube": {"cmd": "", "params": {"params.yaml": values}},
        "compare-euclid": {"cmd": "", "params": {"params.yaml": {"preset": "another"}}},
    }
    YAML().dump({"schema": "2.0", "stages": stages}, folder / "dvc.lock")


def test_numbers_reports_and_their_origin_are_copied(paths: SurveyPaths, tmp_path: Path) -> None:
    lock(paths.root, seed=read_params(tmp_path / "params.yaml").seed)
    out = tmp_path / "results"
    written = stage.publish(paths, read_params(tmp_path / "params.yaml"), out)
    assert {path.relative_to(out).as_posix() for path in written} == {
        "params.yaml",
        "record.json",
        "metrics/cube.json",
        "metrics/cv.json",
        "comparison/report.md",
        "cv/figures/folds.png",
    }
    record = json.loads((out / "record.json").read_text())
    assert record["commands"] == ["make repro SURVEY=jpas PRESET=laptop", "make cv SURVEY=jpas PRESET=laptop"]
    assert record["trainings"] == [{"run": "cube-1234567"}]
    assert record["machine"]["cores"] >= 1


@pytest.mark.parametrize("folder", [".", "studies/jpas/cv"])
def test_results_of_other_parameters_are_refused(paths: SurveyPaths, folder: str) -> None:
    lock(paths.root / folder, **{"jpas.training": {"epochs_max": 77}})
    with pytest.raises(
        UserError, match=r"dvc\.lock: train-jpas@cube ran with jpas\.training\.epochs_max = 77, but"
    ):
        stage.publish(paths, read_params(paths.root / "params.yaml"), paths.root / "results")
    assert not (paths.root / "results").exists()


def test_nothing_to_publish(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no metrics"):
        stage.publish(JpasPaths(tmp_path), read_params(REPOSITORY / "params.yaml"), tmp_path / "out")
