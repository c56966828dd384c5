"""Runs of models: one a model, below it one a training and one of the committee."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from support.project import REPOSITORY
from support.tracking_workspace import (
    all_of,
    artifacts,
    families,
    parent_of,
    row,
    runs_of,
    statuses,
    statuses_of,
    write,
    write_model,
)

from lensfinder.errors import UserError
from lensfinder.params import Params, read_params
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.tracking import database
from lensfinder.tracking.contents import TrainingLog, measures_of
from lensfinder.tracking.log import log_evaluation, log_report, training_log
from lensfinder.tracking.rebuild import rebuild_runs
from lensfinder.tracking.run import RunIdentity
from lensfinder.tracking.store import RunStore

MODEL_HASH = {"cube": "e" * 64, "pseudo_spectra": "f" * 64}
REPLICAS = 2
INTERVAL = {"low": 0.85, "high": 0.95, "level": 0.95}
COUNTS = {"tp": 90, "fp": 2, "fn": 10, "tn": 98}
MEASURES = {**COUNTS, "recall": 0.9, "brier": None}
METRICS = {
    "replicas": REPLICAS,
    "tp": 89.5,
    "fp": 2.5,
    "fn": 10.5,
    "tn": 97.5,
    "recall": 0.895,
    "recall_interval": INTERVAL,
    "recall_training_sd": 0.005,
    "brier": None,
    "interval_unit": "tile",
    "input_bytes_per_object": 280_000,
    "data_size_saving": 1.0,
    "shown": ["replicas", "tp", "fp", "fn", "tn", "recall", "brier", "data_size_saving", "recall_interval"],
    "committee": {**MEASURES, "recall_interval": INTERVAL, "recall_wilson_interval": INTERVAL},
    "single": [MEASURES, {**MEASURES, "tp": 89, "fn": 11, "recall": 0.89}],
}


def inputs_of(model: str, replica: int) -> str:
    return f"{model[0]}{replica}".replace("p", "d") + "0" * 62


def write_training(
    root: Path,
    model: str,
    epochs: int = 3,
    replica: int = 1,
    inputs_hash: str | None = None,
    model_hash: str | None = None,
) -> None:
    paths = JpasPaths(root).model(model).replica(replica)
    write_model(paths, inputs_hash or inputs_of(model, replica), epochs, model_hash or MODEL_HASH[model])


def write_evaluation(root: Path, model: str, metrics: dict[str, Any] | None = None) -> None:
    paths = JpasPaths(root).model(model)
    write(paths.measures, json.dumps(METRICS | (metrics or {})))
    write(paths.figures / "roc.png", "png")


def judge(root: Path, model: str = "cube", metrics: dict[str, Any] | None = None) -> None:
    write_evaluation(root, model, metrics)
    log_evaluation(root, "jpas", model)


def log_of(
    root: Path,
    params: Params,
    model: str = "cube",
    replica: int = 1,
    inputs_hash: str | None = None,
    model_hash: str | None = None,
) -> AbstractContextManager[TrainingLog]:
    inputs_hash = inputs_hash or inputs_of(model, replica)
    return training_log(root, "jpas", model, replica, inputs_hash, model_hash or MODEL_HASH[model], params)


def train(root: Path, model: str, params: Params, epochs: int = 3, replica: int = 1, **hashes: str) -> None:
    with log_of(root, params, model, replica, **hashes) as log:
        for epoch in range(1, epochs + 1):
            log.log_epoch(epoch, row(epoch) | {"seconds": 2.0})
        write_training(root, model, epochs, replica, **hashes)


def train_both(root: Path, params: Params, **hashes: str) -> None:
    for replica in range(1, REPLICAS + 1):
        train(root, "cube", params, replica=replica, **hashes)


def run_named(root: Path, name: str) -> Any:
    """The run of this name, which has a hash behind it."""
    [run] = [run for run in runs_of(root) if run.info.run_name.rpartition("-")[0] == name]
    return run


def steps(root: Path, key: str, name: str = "replica_1") -> list[int]:
    client = database.open_database(root)
    return [point.step for point in client.get_metric_history(run_named(root, name).info.run_id, key)]


def logged_models(root: Path) -> list[Any]:
    client = database.open_database(root)
    return list(client.search_logged_models([runs_of(root)[0].info.experiment_id]))


def test_trainings_are_below_the_run_of_their_model_until_it_is_judged(root: Path, params: Params) -> None:
    train_both(root, params)
    assert families(root) == {"cube": ["replica_1", "replica_2"]}
    assert statuses(root) == {
        "cube-eeeeeee": "RUNNING",
        "replica_1-c100000": "FINISHED",
        "replica_2-c200000": "FINISHED",
    }
    trained = run_named(root, "replica_1")
    assert trained.data.metrics["train/loss"] == pytest.approx(1 / 3)
    for run in (run_named(root, "cube"), trained):
        assert run.data.params["jpas.training.batch_size"] == str(params.jpas.training.batch_size)
        assert run.data.params["jpas.model.representation"] == "cube"
        assert not any("models" in key for key in run.data.params)
        assert run.data.tags["preset"] == params.preset

    judge(root)
    assert families(root) == {"cube": ["committee", "replica_1", "replica_2"]}
    assert set(statuses_of(root)) == {"FINISHED"}
    means, together = run_named(root, "cube"), run_named(root, "committee")
    assert means.data.metrics == {
        **{key: float(METRICS[key]) for key in ("replicas", "tp", "fp", "fn", "tn", "recall")},
        "data_size_saving": 1.0,
        "interval/recall_low": 0.85,
        "interval/recall_high": 0.95,
    }
    assert together.data.metrics == {
        **{key: float(of) for key, of in COUNTS.items()},
        "recall": 0.9,
        "interval/recall_low": 0.85,
        "interval/recall_high": 0.95,
    }
    for number, recall in ((1, 0.9), (2, 0.89)):
        one = run_named(root, f"replica_{number}")
        assert one.data.metrics["recall"] == recall
        assert one.data.metrics["train/accuracy"] == 0.5  # not that of the test
    # What the list of runs does not show is in a file.
    measured = {"confusion_matrix.json", "measures.json"}
    assert artifacts(root, means) == {*measured, "figures/roc.png", "metrics/cube.json"}
    assert artifacts(root, together) == measured
    assert artifacts(root, one) == {*measured, "training/history.csv", "training/training.json"}


def test_the_network_is_logged_byte_for_byte_with_what_it_takes(root: Path, params: Params) -> None:
    train(root, "cube", params)
    [model] = logged_models(root)
    assert model.source_run_id == run_named(root, "replica_1").info.run_id
    folder = root / "mlruns" / "lensfinder-jpas" / "models" / model.model_id / "artifacts"
    logged = (folder / "data" / "model.keras").read_bytes()
    assert logged == JpasPaths(root).model("cube").replica(1).model.read_bytes()
    from mlflow.models import get_model_info

    takes = get_model_info(str(folder)).metadata
    assert takes["input_shapes"] == {"images": [-1, 5, 4, 3]}
    assert takes["input_types"] == ["float16", "float32", "float64"]
    assert takes["input_unit"] == "uJy"


@pytest.mark.slow
def test_a_logged_network_predicts(root: Path, params: Params) -> None:
    import keras
    import mlflow
    import numpy as np
    import tensorflow as tf

    images = keras.layers.Input((5, 4, 3))
    probability = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Flatten()(images))
    with log_of(root, params):
        write_training(root, "cube")
        keras.Model(images, probability).save(JpasPaths(root).model("cube").replica(1).model)
    [model] = logged_models(root)
    predict = mlflow.pyfunc.load_model(f"models:/{model.model_id}").predict
    for kind in (np.float16, np.float32, np.float64):
        probabilities = predict(np.zeros((2, 5, 4, 3), kind))
        assert probabilities.shape == (2, 1)
        assert np.all(probabilities == 0.5)
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="compatible"):
        predict(np.zeros((2, 6, 4, 3), np.float32))


def test_repeating_everything_changes_nothing(root: Path, params: Params) -> None:
    for _ in range(2):
        train_both(root, params)
        judge(root)
    assert len(runs_of(root)) == 1 + REPLICAS + 1
    assert set(statuses_of(root)) == {"FINISHED"}
    for key in ("train/loss", "train/seconds", "validation/loss"):
        assert sorted(steps(root, key)) == [1, 2, 3]
    for name in ("cube", "committee", "replica_1", "replica_2"):
        assert steps(root, "recall", name) == [0]
    assert len(logged_models(root)) == REPLICAS
    before = all_of(root)
    log_evaluation(root, "jpas", "cube")
    assert [run["data"] for run in all_of(root)] == [run["data"] for run in before]


def test_a_changed_measure_replaces_the_old_one(root: Path, params: Params) -> None:
    train_both(root, params)
    for recall in (0.9, 0.8):
        judge(root, metrics={"recall": recall})
    assert run_named(root, "cube").data.metrics["recall"] == 0.8


def test_what_was_trained_on_other_inputs_is_not_below_the_model_any_more(root: Path, params: Params) -> None:
    """Otherwise the mean of those below would not be what stands above."""
    train_both(root, params)
    judge(root)
    replaced = run_named(root, "replica_2").info.run_id
    train(root, "cube", params, replica=2, inputs_hash="9" * 64)
    judge(root)
    runs = {run.info.run_name: run for run in runs_of(root)}
    above = runs["cube-eeeeeee"].info.run_id
    below = {name for name, run in runs.items() if parent_of(run) == above}
    assert below == {"committee-eeeeeee", "replica_1-c100000", "replica_2-9999999"}
    [old] = [run for run in runs.values() if "lensfinder.replaced" in run.data.tags]
    assert old.info.run_id == replaced


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")])
def test_an_interrupted_training_goes_on_in_its_run(
    root: Path, params: Params, error: type[BaseException], status: str
) -> None:
    def stop_after_two_epochs() -> None:
        with log_of(root, params) as log:
            log.log_epoch(1, row(1))
            log.log_epoch(2, row(2))
            raise error

    with pytest.raises(error):
        stop_after_two_epochs()
    assert statuses_of(root) == [status] * 2
    train(root, "cube", params)
    assert statuses(root) == {"cube-eeeeeee": "RUNNING", "replica_1-c100000": "FINISHED"}
    assert sorted(steps(root, "train/loss")) == [1, 2, 3]


def test_trainings_side_by_side_leave_each_other_alone(root: Path, params: Params) -> None:
    with log_of(root, params, replica=1) as first:
        train(root, "cube", params, replica=2)
        train(root, "pseudo_spectra", params)
        status = statuses(root)
        assert (status["cube-eeeeeee"], status["replica_1-c100000"]) == ("RUNNING", "RUNNING")
        assert (status["replica_2-c200000"], status["replica_1-d100000"]) == ("FINISHED", "FINISHED")
        first.log_epoch(1, row(1))
        write_training(root, "cube", 1)
    assert len(runs_of(root)) == 5
    assert statuses(root)["replica_1-c100000"] == "FINISHED"


KILLED_TRAINING = """
import os, signal, sys
from pathlib import Path
from lensfinder.params import read_params
from lensfinder.tracking.log import training_log
root, epochs = Path(sys.argv[1]), int(sys.argv[2])
with training_log(root, "jpas", "cube", 1, *sys.argv[3:], read_params(root / "params.yaml")) as log:
    for epoch in range(1, epochs + 1):
        log.log_epoch(epoch, {"loss": 1 / epoch})
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_after_a_kill_the_same_run_goes_on(root: Path, params: Params) -> None:
    script = [sys.executable, "-c", textwrap.dedent(KILLED_TRAINING), str(root), "2"]
    hashes = [inputs_of("cube", 1), MODEL_HASH["cube"]]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    done = subprocess.run([*script, *hashes], check=False, env=environment)
    assert done.returncode == -signal.SIGKILL
    assert statuses_of(root) == ["RUNNING"] * 2
    train(root, "cube", params)
    assert statuses(root) == {"cube-eeeeeee": "RUNNING", "replica_1-c100000": "FINISHED"}
    assert sorted(steps(root, "train/loss")) == [1, 2, 3]


def leave_running(root: Path, workspace: Path, inputs_hash: str, model: str) -> str:
    """Leave a run as a kill leaves it, without the seconds that another process takes."""
    store = RunStore(workspace)
    run = store.find_or_create(RunIdentity("jpas", model, inputs_hash))
    assert run.status == "RUNNING"
    return run.run_id


def status_by_id(root: Path) -> dict[str, str]:
    return {run.info.run_id: run.info.status for run in runs_of(root)}


@pytest.mark.parametrize("model", ["cube", "cube/replica_1"])
def test_a_killed_run_whose_inputs_changed_is_marked(root: Path, params: Params, model: str) -> None:
    old = leave_running(root, root, "a" * 64, model)
    others = ("pseudo_spectra", "pseudo_spectra/replica_1", "cube/replica_2")
    alive = [leave_running(root, root, "a" * 64, other) for other in others]
    train(root, "cube", params)
    status = status_by_id(root)
    assert status.pop(old) == "KILLED"
    assert [status.pop(of) for of in alive] == ["RUNNING"] * 3
    assert sorted(status.values()) == ["FINISHED", "RUNNING"]


@pytest.mark.parametrize("model", ["cube", "cube/replica_1"])
def test_a_training_in_another_live_workspace_is_left_alone(root: Path, params: Params, model: str) -> None:
    copy = root / ".dvc" / "tmp" / "exps" / "queue" / "tmpx"
    copy.mkdir(parents=True)
    run_id = leave_running(root, copy, "a" * 64, model)
    train(root, "cube", params)
    assert status_by_id(root)[run_id] == "RUNNING"
    shutil.rmtree(copy)
    train(root, "cube", params)
    assert status_by_id(root)[run_id] == "KILLED"


def test_runs_of_a_temporary_experiment_outlive_it(root: Path, params: Params) -> None:
    copy = root / ".dvc" / "tmp" / "exps" / "standalone" / "tmpx"
    copy.mkdir(parents=True)
    shutil.copy(root / "params.yaml", copy)
    train_both(copy, params)
    judge(copy)
    shutil.rmtree(copy)
    assert families(root) == {"cube": ["committee", "replica_1", "replica_2"]}
    assert "figures/roc.png" in artifacts(root, run_named(root, "cube"))
    assert list(root.glob("mlruns/*")) == [root / "mlruns" / "lensfinder-jpas"]


LOCK = """\
stages:
  simulate:
    params: {params.yaml: {seed: 7, jpas.models: {cube: {dropout: 0.2}, pseudo_spectra: {dropout: 0.3}}}}
    outs:
    - {path: datasets/jpas/images, md5: 0123456789abcdef0123456789abcdef.dir, size: 4}
    - {path: datasets/other, md5: fedcba9876543210fedcba9876543210.dir, size: 4}
"""


def test_runs_are_rebuilt_from_outputs_and_only_once(root: Path) -> None:
    (root / "dvc.lock").write_text(LOCK)
    for model in ("cube", "pseudo_spectra"):
        for replica in range(1, REPLICAS + 1):
            write_training(root, model, replica=replica)
        write_evaluation(root, model)
    write(JpasPaths(root).report_dir / "report.html", "<p>")
    names = rebuild_runs(root)
    assert sorted(names) == [
        "lensfinder-jpas/cube-eeeeeee",
        "lensfinder-jpas/pseudo_spectra-fffffff",
        "lensfinder-jpas/replica_1-c100000",
        "lensfinder-jpas/replica_1-d100000",
        "lensfinder-jpas/replica_2-c200000",
        "lensfinder-jpas/replica_2-d200000",
    ]
    before = all_of(root)
    assert {run["info"]["status"] for run in before} == {"FINISHED"}
    below = ["committee", "replica_1", "replica_2"]
    assert families(root) == {"cube": below, "pseudo_spectra": below}
    assert rebuild_runs(root) == names
    assert [run["data"] for run in all_of(root)] == [run["data"] for run in before]
    preset = read_params(root / "params.yaml").preset
    trained, cube = (
        next(run for run in runs_of(root) if run.info.run_name == name)
        for name in ("replica_1-c100000", "cube-eeeeeee")
    )
    for run in (trained, cube):
        assert run.data.params == {"preset": preset, "seed": "7", "jpas.model.dropout": "0.2"}
        assert run.data.tags["dvc.datasets/jpas/images"] == "0123456789abcdef0123456789abcdef.dir"
        assert "dvc.datasets/other" not in run.data.tags
        assert run.data.tags["lensfinder.rebuilt"] == "true"
    assert trained.data.metrics["train/loss"] == pytest.approx(1 / 3)
    assert (trained.data.metrics["recall"], cube.data.metrics["recall"]) == (0.9, 0.895)
    assert {"report/report.html", "figures/roc.png"} <= artifacts(root, cube)


def test_evaluation_of_a_training_restored_from_the_cache_makes_its_run(root: Path) -> None:
    for replica in range(1, REPLICAS + 1):
        write_training(root, "cube", replica=replica)
    judge(root)
    assert families(root) == {"cube": ["committee", "replica_1", "replica_2"]}
    assert set(statuses_of(root)) == {"FINISHED"}
    assert sorted(steps(root, "train/loss")) == [1, 2, 3]


def test_the_report_goes_to_the_runs_of_the_models(root: Path, params: Params) -> None:
    train(root, "cube", params)
    paths = JpasPaths(root)
    for path in (paths.validation, paths.data_docs / "index.html"):
        write(path)
    write(paths.comparison, json.dumps({"verdict": "Nobody knows."}))
    log_report(root, "jpas", ["cube"])
    files = {"validation/jpas.json", "validation/docs/index.html", "report/comparison.json"}
    assert files <= artifacts(root, run_named(root, "cube"))


def test_nothing_to_rebuild_is_the_users_to_know(root: Path) -> None:
    with pytest.raises(UserError, match="no trained model"):
        rebuild_runs(root)
    write_training(root, "cube")
    training = JpasPaths(root).model("cube").replica(1).training
    for known, missing in (({"inputs_hash": "a" * 64}, "model_hash"), ({}, "inputs_hash")):
        training.write_text(json.dumps(known))
        with pytest.raises(UserError, match=rf"replica_1/training\.json: {missing} is missing"):
            rebuild_runs(root)


def test_artifacts_are_found_after_the_checkout_moved(root: Path, params: Params) -> None:
    train(root, "cube", params)
    moved = root.rename(root.with_name("elsewhere"))
    place = (moved / "mlruns" / "lensfinder-jpas").as_uri()
    for run in runs_of(moved):
        assert run.info.artifact_uri == f"{place}/{run.info.run_id}/artifacts"
    [model] = logged_models(moved)
    assert model.artifact_location.startswith(f"{place}/models/")


def test_a_database_that_cannot_be_opened_is_named(root: Path) -> None:
    (root / "mlflow.db").write_bytes(b"no database at all, and longer than the header of one" * 40)
    with pytest.raises(UserError, match=r"mlflow\.db: MLflow .* cannot open it"):
        RunStore(root)


def test_what_shows_the_runs_follows_a_move_before_any_stage(root: Path, params: Params) -> None:
    train(root, "cube", params)
    moved = root.rename(root.with_name("elsewhere"))
    subprocess.run([sys.executable, "-m", "lensfinder.tracking.database"], cwd=moved, check=True)
    with closing(sqlite3.connect(moved / "mlflow.db")) as connection:
        places = connection.execute("SELECT artifact_uri FROM runs").fetchall()
    assert len(places) == 2
    for (place,) in places:
        assert place.startswith((moved / "mlruns" / "lensfinder-jpas").as_uri())


@contextmanager
def held(root: Path, how: str) -> Iterator[None]:
    """Hold the database as another program would."""
    with closing(sqlite3.connect(root / "mlflow.db", isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        yield


def test_a_database_that_stays_busy_is_called_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE_S", 0.1)
    with held(root, "EXCLUSIVE"), pytest.raises(UserError, match=r"^mlflow\.db: busy; .*nothing .* is lost$"):
        RunStore(root)


def test_a_database_that_becomes_busy_while_a_stage_logs_is_called_so(root: Path) -> None:
    def hurry(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> Any:
        return statement.replace("busy_timeout = 20000", "busy_timeout = 100"), parameters

    run = RunStore(root).find_or_create(RunIdentity("jpas", "cube", MODEL_HASH["cube"]))
    event.listen(Engine, "before_cursor_execute", hurry, retval=True)
    try:
        with held(root, "IMMEDIATE"), pytest.raises(UserError, match=r"^mlflow\.db: busy"):
            run.log_tags({"one": "1"})
    finally:
        event.remove(Engine, "before_cursor_execute", hurry)
    run.log_tags({"one": "1"})


def test_a_busy_database_is_waited_for(root: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with held(root, "EXCLUSIVE"):
            opened = pool.submit(RunStore, root)
            time.sleep(1.0)
        assert opened.result().find(RunIdentity("jpas", "cube", MODEL_HASH["cube"])) is None


@pytest.mark.slow
def test_the_database_is_made_once_when_several_need_it(root: Path) -> None:
    (root / "mlflow.db").unlink()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(database.open_database, [root] * 3))
    assert RunStore(root).find(RunIdentity("jpas", "cube", MODEL_HASH["cube"])) is None
    assert not list(root.glob(".lensfinder/*.part"))


def test_measures_are_the_numbers_of_a_metrics_file() -> None:
    values = {"recall": 1, "flag": True, "auc": None, "unit": "tile", "x": {"y": 1}}
    assert measures_of(values) == {"recall": 1.0}
    interval = {"low": 0.1, "high": None, "level": 0.95}
    assert measures_of({"recall_interval": interval}) == {"interval/recall_low": 0.1}
    assert set(measures_of({"recall_wilson_interval": INTERVAL})) == {
        "interval/recall_wilson_low",
        "interval/recall_wilson_high",
    }
