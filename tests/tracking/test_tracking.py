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
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from support.project import REPOSITORY
from support.tracking_workspace import all_of, artifacts, row, runs_of, statuses_of, write, write_model

from lensfinder.errors import UserError
from lensfinder.params import Params, read_params
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.tracking import database
from lensfinder.tracking.contents import measures_of
from lensfinder.tracking.log import log_evaluation, log_report, training_log
from lensfinder.tracking.rebuild import rebuild_runs
from lensfinder.tracking.run import RunIdentity
from lensfinder.tracking.store import RunStore

HASH = {"cube": "c" * 64, "pseudo_spectra": "d" * 64}
METRICS = {
    "tp": 90,
    "fp": 2,
    "fn": 10,
    "tn": 98,
    "recall": 0.9,
    "recall_interval": {"low": 0.85, "high": 0.95, "level": 0.95},
    "recall_wilson_interval": {"low": 0.84, "high": 0.94, "level": 0.95},
    "brier": None,
    "interval_unit": "tile",
    "input_bytes_per_object": 280_000,
    "data_size_saving": 1.0,
}


def write_training(root: Path, model: str, epochs: int = 3, inputs_hash: str | None = None) -> None:
    write_model(JpasPaths(root).model(model), inputs_hash or HASH[model], epochs)


def write_evaluation(root: Path, model: str, metrics: dict[str, Any] | None = None) -> None:
    paths = JpasPaths(root).model(model)
    write(paths.metrics, json.dumps(METRICS | (metrics or {})))
    write(paths.figures / "roc.png", "png")


def judge(root: Path, model: str = "cube", metrics: dict[str, Any] | None = None) -> None:
    write_evaluation(root, model, metrics)
    log_evaluation(root, "jpas", model)


def train(root: Path, model: str, params: Params, epochs: int = 3, inputs_hash: str | None = None) -> None:
    with training_log(root, "jpas", model, inputs_hash or HASH[model], params) as log:
        for epoch in range(1, epochs + 1):
            log.log_epoch(epoch, row(epoch) | {"seconds": 2.0})
        write_training(root, model, epochs, inputs_hash)


def steps(root: Path, key: str) -> list[int]:
    client = database.open_database(root)
    [run] = runs_of(root)
    return [point.step for point in client.get_metric_history(run.info.run_id, key)]


def logged_models(root: Path) -> list[Any]:
    client = database.open_database(root)
    return list(client.search_logged_models([run.info.experiment_id for run in runs_of(root)]))


def test_one_run_from_training_to_evaluation(root: Path, params: Params) -> None:
    train(root, "cube", params)
    [run] = runs_of(root)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["train/loss"] == pytest.approx(1 / 3)
    assert run.data.params["jpas.training.batch_size"] == str(params.jpas.training.batch_size)
    assert run.data.params["jpas.model.representation"] == "cube"
    assert not any("models" in key for key in run.data.params)
    assert run.data.tags["preset"] == params.preset

    judge(root)
    [run] = runs_of(root)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["recall"] == 0.9
    assert run.data.metrics["interval/recall_low"] == 0.85
    assert run.data.metrics["data_size_saving"] == 1.0
    assert run.data.metrics["train/accuracy"] == 0.5  # not that of the test
    assert artifacts(root, run) == {
        "confusion_matrix.json",
        "figures/roc.png",
        "metrics/cube.json",
        "training/history.csv",
        "training/training.json",
    }


def test_the_network_is_logged_byte_for_byte_with_what_it_takes(root: Path, params: Params) -> None:
    train(root, "cube", params)
    [run] = runs_of(root)
    [model] = logged_models(root)
    assert model.source_run_id == run.info.run_id
    folder = root / "mlruns" / "lensfinder-jpas" / "models" / model.model_id / "artifacts"
    logged = (folder / "data" / "model.keras").read_bytes()
    assert logged == JpasPaths(root).model("cube").model.read_bytes()
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
    with training_log(root, "jpas", "cube", HASH["cube"], params):
        write_training(root, "cube")
        keras.Model(images, probability).save(JpasPaths(root).model("cube").model)
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
        train(root, "cube", params)
        judge(root)
    assert len(runs_of(root)) == 1
    for key in ("train/loss", "train/seconds", "validation/loss"):
        assert sorted(steps(root, key)) == [1, 2, 3]
    assert steps(root, "recall") == [0]
    assert len(logged_models(root)) == 1


def test_a_changed_measure_replaces_the_old_one(root: Path, params: Params) -> None:
    train(root, "cube", params)
    for recall in (0.9, 0.8):
        judge(root, metrics={"recall": recall})
    [run] = runs_of(root)
    assert run.data.metrics["recall"] == 0.8


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")])
def test_an_interrupted_training_goes_on_in_its_run(
    root: Path, params: Params, error: type[BaseException], status: str
) -> None:
    def stop_after_two_epochs() -> None:
        with training_log(root, "jpas", "cube", HASH["cube"], params) as log:
            log.log_epoch(1, row(1))
            log.log_epoch(2, row(2))
            raise error

    with pytest.raises(error):
        stop_after_two_epochs()
    assert statuses_of(root) == [status]
    train(root, "cube", params)
    assert statuses_of(root) == ["FINISHED"]
    assert sorted(steps(root, "train/loss")) == [1, 2, 3]


KILLED_TRAINING = """
import os, signal, sys
from pathlib import Path
from lensfinder.params import read_params
from lensfinder.tracking.log import training_log
root, epochs = Path(sys.argv[1]), int(sys.argv[2])
with training_log(root, "jpas", "cube", sys.argv[3], read_params(root / "params.yaml")) as log:
    for epoch in range(1, epochs + 1):
        log.log_epoch(epoch, {"loss": 1 / epoch})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_training(root: Path, inputs_hash: str) -> None:
    script = [sys.executable, "-c", textwrap.dedent(KILLED_TRAINING), str(root), "2", inputs_hash]
    done = subprocess.run(script, check=False, env=os.environ | {"PYTHONPATH": str(REPOSITORY / "src")})
    assert done.returncode == -signal.SIGKILL
    assert statuses_of(root) == ["RUNNING"]


@pytest.mark.slow
def test_after_a_kill_the_same_run_goes_on(root: Path, params: Params) -> None:
    killed_training(root, HASH["cube"])
    train(root, "cube", params)
    assert statuses_of(root) == ["FINISHED"]
    assert sorted(steps(root, "train/loss")) == [1, 2, 3]


def leave_running(root: Path, workspace: Path, inputs_hash: str, model: str = "cube") -> str:
    """Leave a run as a kill leaves it, without the seconds that another process takes."""
    store = RunStore(workspace)
    run = store.find_or_create(RunIdentity("jpas", model, inputs_hash))
    assert run.status == "RUNNING"
    return run.run_id


def status_by_id(root: Path) -> dict[str, str]:
    return {run.info.run_id: run.info.status for run in runs_of(root)}


def test_a_killed_run_whose_inputs_changed_is_marked(root: Path, params: Params) -> None:
    old = leave_running(root, root, "a" * 64)
    other_model = leave_running(root, root, "a" * 64, model="pseudo_spectra")
    train(root, "cube", params)
    status = status_by_id(root)
    assert status.pop(old) == "KILLED"
    assert status.pop(other_model) == "RUNNING"
    assert list(status.values()) == ["FINISHED"]


def test_a_training_in_another_live_workspace_is_left_alone(root: Path, params: Params) -> None:
    copy = root / ".dvc" / "tmp" / "exps" / "queue" / "tmpx"
    copy.mkdir(parents=True)
    run_id = leave_running(root, copy, "a" * 64)
    train(root, "cube", params)
    assert status_by_id(root)[run_id] == "RUNNING"
    shutil.rmtree(copy)
    train(root, "cube", params)
    assert status_by_id(root)[run_id] == "KILLED"


def test_runs_of_a_temporary_experiment_outlive_it(root: Path, params: Params) -> None:
    copy = root / ".dvc" / "tmp" / "exps" / "standalone" / "tmpx"
    copy.mkdir(parents=True)
    shutil.copy(root / "params.yaml", copy)
    train(copy, "cube", params)
    judge(copy)
    shutil.rmtree(copy)
    [run] = runs_of(root)
    assert "figures/roc.png" in artifacts(root, run)
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
        write_training(root, model)
        write_evaluation(root, model)
    write(JpasPaths(root).report_dir / "report.html", "<p>")
    names = rebuild_runs(root)
    assert names == ["lensfinder-jpas/cube-ccccccc", "lensfinder-jpas/pseudo_spectra-ddddddd"]
    before = all_of(root)
    assert [run["info"]["status"] for run in before] == ["FINISHED", "FINISHED"]
    assert rebuild_runs(root) == names
    assert all_of(root) == before
    [cube] = [run for run in runs_of(root) if run.info.run_name.startswith("cube")]
    preset = read_params(root / "params.yaml").preset
    assert cube.data.params == {"preset": preset, "seed": "7", "jpas.model.dropout": "0.2"}
    assert cube.data.tags["dvc.datasets/jpas/images"] == "0123456789abcdef0123456789abcdef.dir"
    assert "dvc.datasets/other" not in cube.data.tags
    assert cube.data.metrics["train/loss"] == pytest.approx(1 / 3)
    assert cube.data.metrics["recall"] == 0.9
    assert {"report/report.html", "figures/roc.png"} <= artifacts(root, cube)


def test_evaluation_of_a_training_restored_from_the_cache_makes_its_run(root: Path) -> None:
    write_training(root, "cube")
    judge(root)
    [run] = runs_of(root)
    assert run.info.status == "FINISHED"
    assert sorted(steps(root, "train/loss")) == [1, 2, 3]


def test_the_report_goes_to_the_runs_of_the_models(root: Path, params: Params) -> None:
    train(root, "cube", params)
    paths = JpasPaths(root)
    for path in (paths.validation, paths.data_docs / "index.html", paths.comparison):
        write(path)
    log_report(root, "jpas", ["cube"])
    [run] = runs_of(root)
    files = {"validation/jpas.json", "validation/docs/index.html", "report/comparison.json"}
    assert files <= artifacts(root, run)


def test_nothing_to_rebuild_is_the_users_to_know(root: Path) -> None:
    with pytest.raises(UserError, match="no trained model"):
        rebuild_runs(root)
    write_training(root, "cube")
    JpasPaths(root).model("cube").training.write_text("{}")
    with pytest.raises(UserError, match="inputs_hash is missing"):
        rebuild_runs(root)


def test_artifacts_are_found_after_the_checkout_moved(root: Path, params: Params) -> None:
    train(root, "cube", params)
    moved = root.rename(root.with_name("elsewhere"))
    [run] = runs_of(moved)
    place = (moved / "mlruns" / "lensfinder-jpas").as_uri()
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
        [(place,)] = connection.execute("SELECT artifact_uri FROM runs").fetchall()
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

    run = RunStore(root).find_or_create(RunIdentity("jpas", "cube", HASH["cube"]))
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
        assert opened.result().find(RunIdentity("jpas", "cube", HASH["cube"])) is None


@pytest.mark.slow
def test_the_database_is_made_once_when_several_need_it(root: Path) -> None:
    (root / "mlflow.db").unlink()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(database.open_database, [root] * 3))
    assert RunStore(root).find(RunIdentity("jpas", "cube", HASH["cube"])) is None
    assert not list(root.glob(".lensfinder/*.part"))


def test_measures_are_the_numbers_of_a_metrics_file() -> None:
    values = {"recall": 1, "flag": True, "auc": None, "unit": "tile", "x": {"y": 1}}
    assert measures_of(values) == {"recall": 1.0}
    interval = {"low": 0.1, "high": None, "level": 0.95}
    assert measures_of({"recall_interval": interval}) == {"interval/recall_low": 0.1}
    assert set(measures_of(METRICS)) >= {"interval/recall_wilson_low", "interval/recall_wilson_high"}
