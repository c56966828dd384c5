"""``dvc.yaml``: consistent with the code, and run as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import REPOSITORY, make_project
from ruamel.yaml import YAML

from lensfinder.datasets.euclid_columns import SET_COLUMNS
from lensfinder.datasets.jpas_columns import SPLIT_COLUMNS
from lensfinder.datasets.table import write_table
from lensfinder.errors import UserError
from lensfinder.jsonfiles import read_json
from lensfinder.params import read_params
from lensfinder.pipeline import stage_inputs_hash
from lensfinder.presets import apply_preset

MEASURES = {
    *("tp", "fp", "fn", "tn", "n_test", "recall", "fpr", "precision", "accuracy", "auc", "average_precision"),
    *("f_beta", "f_beta_threshold", "input_bytes_per_object", "data_size_saving"),
}


TARGETS = ("compare-jpas", "evaluate-euclid@set_1")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


def test_every_code_dependency_exists() -> None:
    stages = YAML(typ="safe").load((REPOSITORY / "dvc.yaml").read_text())["stages"]
    deps = {dep for stage in stages.values() for dep in stage.get("do", stage)["deps"]}
    code = {dep for dep in deps if dep.startswith("src/")}
    assert code
    assert not [dep for dep in code if not (REPOSITORY / dep).exists()]


def test_a_stages_hash_follows_its_parameters_data_and_code_only(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    (root / "src").unlink()
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    params = read_params(root / "params.yaml")

    def simulate_hash(params=params) -> str:  # type: ignore[no-untyped-def]
        return stage_inputs_hash(root, "simulate-jpas", params)

    first = simulate_hash()
    assert simulate_hash() == first
    judging = params.jpas.judging.model_copy(update={"beta": 1.0})
    other_judging = params.jpas.model_copy(update={"judging": judging})
    assert simulate_hash(params.model_copy(update={"jpas": other_judging})) == first
    assert simulate_hash(params.model_copy(update={"seed": 1})) != first
    lens = root / "src" / "lensfinder" / "lensing" / "lens.py"
    lens.write_text(lens.read_text() + "\n# changed\n")
    second = simulate_hash()
    assert second != first
    (root / "spectra" / "spec-0001-00001-0001.fits").write_bytes(b"x")
    assert simulate_hash() != second


def test_unknown_stages_are_named(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    params = read_params(root / "params.yaml")
    with pytest.raises(UserError, match="no stage train-hubble"):
        stage_inputs_hash(root, "train-hubble@cube", params)
    with pytest.raises(UserError, match="no item spiral"):
        stage_inputs_hash(root, "train-jpas@spiral", params)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git checkout of the project as it stands, of preset smoke: all of J-PAS, one model of Euclid."""
    root = tmp_path_factory.mktemp("checkout")
    listed = run(REPOSITORY, "git", "ls-files", "-co", "--exclude-standard").stdout.splitlines()
    for name in listed:
        if (REPOSITORY / name).is_file() and not name.startswith(("metrics/", "validation/", "dvc.lock")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, root / name)
    apply_preset("smoke", root / "params.yaml")
    run(root, "git", "init", "-q")
    run(root, "git", "add", "-A")
    run(root, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "start")
    done = run(root, "dvc", "repro", *TARGETS)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return root


@pytest.mark.slow
def test_repro_ends_in_an_honest_comparison(checkout: Path) -> None:
    for model, saving in {"cube": 1.0, "pseudo_spectra": 25.0}.items():
        metrics = read_json(checkout / "metrics" / "jpas" / f"{model}.json")
        assert set(metrics) >= MEASURES
        assert metrics["n_test"] == metrics["tp"] + metrics["fp"] + metrics["fn"] + metrics["tn"] == 40
        assert metrics["data_size_saving"] == saving
        assert set(metrics["recall_interval"]) == {"low", "high", "level"}
    comparison = read_json(checkout / "metrics" / "jpas" / "comparison.json")
    assert comparison["data_size_saving_memory"] == 25.0
    assert comparison["data_size_saving_disk"] == pytest.approx(25.0, rel=1e-3)
    assert {"mcnemar_p", "recall_difference", "recall_difference_interval"} <= set(comparison)
    assert (checkout / "reports" / "jpas" / "report.html").is_file()
    assert (checkout / "validation" / "docs" / "jpas" / "index.html").is_file()


@pytest.mark.slow
def test_a_second_repro_does_nothing(checkout: Path) -> None:
    done = run(checkout, "dvc", "repro", *TARGETS)
    assert done.returncode == 0
    assert "Running stage" not in done.stdout
    assert "up to date" in done.stdout


@pytest.mark.slow
def test_each_model_has_one_finished_run(checkout: Path) -> None:
    import sqlite3

    with sqlite3.connect(checkout / "mlflow.db") as database:
        runs = database.execute("SELECT name, status FROM runs").fetchall()
    assert sorted(name.rsplit("-", 1)[0] for name, _ in runs) == ["cube", "pseudo_spectra", "set_1"]
    assert {status for _, status in runs} == {"FINISHED"}


@pytest.mark.slow
def test_removed_positives_stop_the_pipeline_before_any_training(checkout: Path) -> None:
    """As somebody does who swaps in data of their own: replace the file, `dvc commit -f`, `dvc repro`."""
    path = checkout / "splits" / "jpas.parquet"
    before = (checkout / "dvc.lock").read_text()
    model = checkout / "models" / "jpas" / "cube" / "model.keras"
    trained = model.read_bytes()
    splits = pd.read_parquet(path)
    positive = np.flatnonzero((splits["part"] == "train") & (splits["label"] == 1))
    removed = np.random.default_rng(0).choice(positive, len(positive) // 3, replace=False)
    path.unlink()
    write_table(path, splits.drop(index=removed), SPLIT_COLUMNS)
    assert run(checkout, "dvc", "commit", "-f", "split-jpas").returncode == 0
    done = run(checkout, "dvc", "repro", "compare-jpas")
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Running stage 'validate-jpas'" in output
    assert "Running stage 'train-jpas" not in output
    assert "lensed_quasar" in output
    assert model.read_bytes() == trained
    (checkout / "dvc.lock").write_text(before)


@pytest.mark.slow
def test_a_lens_lost_from_the_larger_set_stops_the_pipeline_and_is_named(checkout: Path) -> None:
    folder, before = checkout / "splits" / "euclid", (checkout / "dvc.lock").read_text()
    set_1, set_2 = (pd.read_parquet(folder / f"set_{k}.parquet") for k in (1, 2))
    lost = set_1.loc[set_1["label"] == 1, "object_id"].iloc[0]
    (folder / "set_2.parquet").unlink()
    left = set_2[set_2["object_id"] != lost].reset_index(drop=True)
    write_table(folder / "set_2.parquet", left, SET_COLUMNS)
    assert run(checkout, "dvc", "commit", "-f", "select-euclid").returncode == 0
    done = run(checkout, "dvc", "repro", "compare-euclid")
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Running stage 'train-euclid" not in output
    assert lost in output
    (checkout / "dvc.lock").write_text(before)
