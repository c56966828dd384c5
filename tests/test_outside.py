"""A survey and a study that come from outside run from end to end, without a change in an engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.project import PARAMS, TESTS

from lensfinder.workspace.jsonfiles import read_json

TOY = TESTS / "toy"
LINES_MAX = 250


def run(root: Path, *command: str) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(TOY)}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the toy survey was run by DVC, then the toy study."""
    root = tmp_path_factory.mktemp("outside")
    shutil.copy(PARAMS, root)
    for folder in ("pipelines", "studies"):
        shutil.copytree(TOY / folder, root / folder)
    run(root, "git", "init", "-q")
    run(root, "dvc", "init", "-q")
    (root / "dvc.yaml").write_text("stages: {}\n")
    run(root, "dvc", "repro", "pipelines/toy/dvc.yaml")
    run(root, "dvc", "repro", "studies/toy/shuffled/dvc.yaml")
    return root


@pytest.mark.slow
def test_the_survey_runs_to_its_report(root: Path) -> None:
    metrics = read_json(root / "metrics" / "toy" / "measures" / "narrow.json")
    assert (metrics["n_test"], metrics["replicas"]) == (60, 2)
    assert metrics["auc"] > 0.8
    assert read_json(root / "metrics" / "toy" / "comparison.json")["first"] == "narrow"
    assert "Toy: does width help?" in (root / "reports" / "toy" / "report.html").read_text()
    assert (root / "validation" / "docs" / "toy" / "index.html").is_file()


@pytest.mark.slow
def test_the_study_runs_on_the_survey(root: Path) -> None:
    auc = read_json(root / "metrics" / "toy" / "shuffled.json")["auc"]
    assert 0.2 < auc < 0.8
    listed = run(root, "lensfinder", "runs", "rebuild").splitlines()
    assert [name.rpartition("-")[0] for name in listed] == [
        *("lensfinder-toy/replica_1", "lensfinder-toy/replica_2", "lensfinder-toy/narrow"),
        *("lensfinder-toy/replica_1", "lensfinder-toy/replica_2", "lensfinder-toy/wide"),
        "lensfinder-toy-shuffled/narrow",
    ]


@pytest.mark.slow
def test_the_command_line_knows_both(root: Path) -> None:
    assert "toy" in run(root, "lensfinder", "surveys").splitlines()
    assert "shuffled" in run(root, "lensfinder", "--help")
    assert "pipelines/toy/dvc.yaml:evaluate-toy" in (root / "reports" / "toy" / "report.md").read_text()


@pytest.mark.slow
def test_a_second_repro_does_nothing(root: Path) -> None:
    told = run(root, "dvc", "repro", "pipelines/toy/dvc.yaml", "studies/toy/shuffled/dvc.yaml")
    assert "Running stage" not in told


@pytest.mark.parametrize("folders", [("toy", "pipelines"), ("toy_shuffled", "studies")])
def test_a_survey_and_a_study_are_short(folders: tuple[str, ...]) -> None:
    files = [
        path for folder in folders for path in (TOY / folder).rglob("*") if path.suffix in (".py", ".yaml")
    ]
    assert sum(len(path.read_text().splitlines()) for path in files) <= LINES_MAX
