"""Runs of studies: trainings of an ablation and folds of a cross-validation below one run for each model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.project import changed
from support.tracking_workspace import (
    all_of,
    artifacts,
    families,
    parent_of,
    row,
    runs_of,
    statuses,
    write,
    write_model,
)

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.studies.cross_validation.tracking import log_cross_validation, study_hash
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.tracking.log import study_log
from lensfinder.tracking.rebuild import rebuild_runs
from lensfinder.workspace.paths import StudyPaths

EXPERIMENT = "lensfinder-jpas-cv"
FOLDS = [Fold(1, 1), Fold(1, 2)]
COUNTS = {"tp": 9, "fp": 1, "fn": 1, "tn": 9}
PARENT = "f" * 64
POOLED_INTERVAL = {"low": 0.7, "high": 0.9, "level": 0.95}
RESULTS = {
    "models": {
        "cube": {
            "per_fold": [
                {"repeat": 1, "fold": 1, "n_test": 20, **COUNTS, "recall": 0.9, "auc": None},
                {"repeat": 1, "fold": 2, "n_test": 20, **COUNTS, "recall": 0.7, "auc": None},
            ],
            "recall": 0.8,
            "recall_sd": 0.1414,
            "recall_interval": {"low": 0.6, "high": 1.0, "level": 0.95},
            "recall_bootstrap_interval": POOLED_INTERVAL,
            "pooled": {"tp": 18, "recall": 0.8, "recall_interval": POOLED_INTERVAL},
            "input_bytes_per_object": 280_000,
        }
    }
}


def study(root: Path, name: str = "cv") -> StudyPaths:
    return StudyPaths(JpasPaths(root), name)


def hash_of(fold: Fold) -> str:
    return f"{fold.repeat}{fold.number}" + "0" * 62


def log_of(root: Path, params: Params, fold: Fold, inputs_hash: str, parent: str) -> Any:
    definition = params.jpas.models["cube"]
    return study_log(study(root), f"cube/{fold.key}", inputs_hash, params, definition, parent)


def train_fold(
    root: Path, params: Params, fold: Fold, parent: str = PARENT, inputs_hash: str | None = None
) -> None:
    inputs_hash = inputs_hash or hash_of(fold)
    with log_of(root, params, fold, inputs_hash, parent) as log:
        log.log_epoch(1, row(1) | {"seconds": 2.0})
        write_model(study(root).model(f"cube/{fold.key}"), inputs_hash)


def train_both(root: Path, params: Params) -> None:
    for fold in FOLDS:
        train_fold(root, params, fold)


def judge(root: Path, parent: str = PARENT) -> None:
    files = study(root)
    write(files.metrics, json.dumps(RESULTS))
    write(files.report_dir / "report.html", "<p>")
    log_cross_validation(files, {"cube": parent}, FOLDS, RESULTS)


def family(root: Path) -> tuple[Any, dict[str, Any]]:
    """The run of the cross-validation, and those below it by their names."""
    runs = runs_of(root, EXPERIMENT)
    [parent] = [run for run in runs if run.data.tags["lensfinder.model"] == "cube"]
    below = {run.info.run_name: run for run in runs if parent_of(run) == parent.info.run_id}
    return parent, below


def family_status(root: Path) -> list[str]:
    parent, below = family(root)
    return [parent.info.status, *(run.info.status for run in below.values())]


def test_an_ablation_has_a_run_in_the_experiment_of_its_study(root: Path, params: Params) -> None:
    definition, files = changed(params.jpas.models["cube"], {"dropout": 0.45}), study(root, "ablations")
    for number in (1, 2):
        name, inputs = f"cube_x/replica_{number}", f"a{number}" + "0" * 62
        with study_log(files, name, inputs, params, definition, PARENT) as log:
            log.log_epoch(1, row(1))
            write_model(files.model("cube_x").replica(number), inputs)
    assert families(root, "lensfinder-jpas-ablations") == {"cube_x": ["replica_1", "replica_2"]}
    runs = {run.info.run_name: run for run in runs_of(root, "lensfinder-jpas-ablations")}
    run = runs["replica_2-a200000"]
    assert run.info.status == "FINISHED"
    assert run.data.params["jpas.model.dropout"] == "0.45"
    assert run.data.params["jpas.training.batch_size"] == str(params.jpas.training.batch_size)
    others = ("jpas.models", "jpas.cv", "jpas.ablations", "euclid")
    assert not [key for key in run.data.params if key.startswith(others)]
    assert "training/history.csv" in artifacts(root, run, "lensfinder-jpas-ablations")
    assert runs_of(root) == []


def test_folds_are_below_the_run_of_their_model(root: Path, params: Params) -> None:
    train_fold(root, params, FOLDS[0])
    parent, below = family(root)
    assert (parent.info.run_name, parent.info.status) == ("cube-fffffff", "RUNNING")
    assert list(below) == ["repeat_1-fold_1-1100000"]

    train_fold(root, params, FOLDS[1])
    judge(root)
    parent, below = family(root)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics == {
        "recall": 0.8,
        "recall_sd": 0.1414,
        "interval/recall_low": 0.6,
        "interval/recall_high": 1.0,
        "interval/recall_bootstrap_low": 0.7,
        "interval/recall_bootstrap_high": 0.9,
        "pooled/tp": 18.0,
        "pooled/recall": 0.8,
        "pooled/interval/recall_low": 0.7,
        "pooled/interval/recall_high": 0.9,
        "input_bytes_per_object": 280_000.0,
    }
    assert parent.data.params["jpas.cv.folds"] == str(list(params.jpas.cv.folds))
    assert parent.data.params["jpas.model.representation"] == "cube"
    assert artifacts(root, parent, EXPERIMENT) == {"metrics/cv.json", "report/report.html"}
    first, second = (below[f"repeat_1-fold_{fold.number}-{hash_of(fold)[:7]}"] for fold in FOLDS)
    assert (first.data.metrics["recall"], second.data.metrics["recall"]) == (0.9, 0.7)
    assert first.data.metrics["train/seconds"] == 2.0
    assert {first.info.status, second.info.status} == {"FINISHED"}
    assert "confusion_matrix.json" in artifacts(root, first, EXPERIMENT)


def test_repeating_everything_changes_nothing(root: Path, params: Params) -> None:
    train_both(root, params)
    judge(root)
    before = all_of(root, EXPERIMENT)
    assert len(before) == 3
    judge(root)
    assert all_of(root, EXPERIMENT) == before


def test_an_interrupted_fold_goes_on_in_its_run(root: Path, params: Params) -> None:
    def interrupted() -> None:
        with log_of(root, params, FOLDS[0], hash_of(FOLDS[0]), PARENT) as log:
            log.log_epoch(1, row(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert family_status(root) == ["KILLED", "KILLED"]
    train_fold(root, params, FOLDS[0])
    assert family_status(root) == ["RUNNING", "FINISHED"]


def test_a_fold_of_changed_inputs_takes_the_place_of_the_old_one(root: Path, params: Params) -> None:
    """One fold and one run for it below the model's run: otherwise their mean is not what stands above."""
    train_both(root, params)
    train_fold(root, params, FOLDS[0], inputs_hash="9" * 64)
    judge(root)
    _, below = family(root)
    assert sorted(below) == ["repeat_1-fold_1-9999999", "repeat_1-fold_2-1200000"]
    [old] = [run for run in runs_of(root, EXPERIMENT) if "lensfinder.replaced" in run.data.tags]
    assert old.info.run_name == "repeat_1-fold_1-1100000"


def test_folds_that_did_not_change_move_to_a_changed_cross_validation(root: Path, params: Params) -> None:
    """As when a repeat is added: DVC does not train the first one's folds again."""
    train_both(root, params)
    judge(root)
    judge(root, parent="e" * 64)
    runs = runs_of(root, EXPERIMENT)
    by_name = {run.info.run_name: run for run in runs}
    assert len(runs) == 4
    new = by_name["cube-eeeeeee"]
    assert new.info.status == "FINISHED"
    assert [parent_of(run) for run in runs].count(new.info.run_id) == 2
    assert new.data.tags["lensfinder.rebuilt"] == "true"


def test_a_killed_cross_validation_of_other_inputs_is_marked(root: Path, params: Params) -> None:
    train_fold(root, params, FOLDS[0], parent="d" * 64)
    train_fold(root, params, FOLDS[0])
    assert statuses(root, EXPERIMENT) == {
        "cube-ddddddd": "KILLED",
        "cube-fffffff": "RUNNING",
        "repeat_1-fold_1-1100000": "FINISHED",
    }


LOCK = """\
schema: '2.0'
stages:
  train-cv-jpas@1-1-cube:
    cmd: lensfinder cv train jpas cube
    params: {params.yaml: {seed: 7, jpas.models.cube: {dropout: 0.25}, jpas.cv.folds: [1, 2]}}
"""


def restore(root: Path) -> None:
    """Lay out what ``dvc checkout`` brings, and the records that git keeps."""
    files = study(root)
    for fold in FOLDS:
        write_model(files.model(f"cube/{fold.key}"), hash_of(fold))
    write(files.pipeline.with_name("dvc.lock"), LOCK)
    write(files.survey.catalogue, "objects")
    write(files.metrics, json.dumps(RESULTS))


def test_runs_of_studies_are_rebuilt_as_they_ran_and_only_once(root: Path, params: Params) -> None:
    restore(root)
    for number in (1, 2):
        write_model(study(root, "ablations").model("white").replica(number), f"b{number}" + "0" * 62)
    names = rebuild_runs(root)
    models = params.jpas.models | {"cube": changed(params.jpas.models["cube"], {"dropout": 0.25})}
    as_run = changed(params, {"seed": 7, "jpas.models": models, "jpas.cv.folds": (1, 2)})
    parent_hash = study_hash(study(root), as_run, "cube")
    assert names == [
        "lensfinder-jpas-ablations/replica_1-b100000",
        "lensfinder-jpas-ablations/replica_2-b200000",
        f"{EXPERIMENT}/cube-{parent_hash[:7]}",
        f"{EXPERIMENT}/repeat_1-fold_1-1100000",
        f"{EXPERIMENT}/repeat_1-fold_2-1200000",
    ]
    before = all_of(root, EXPERIMENT)
    parent, below = family(root)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["recall_sd"] == 0.1414
    assert parent.data.params["seed"] == "7"
    assert parent.data.params["jpas.model.dropout"] == "0.25"
    assert [run.data.metrics["recall"] for run in below.values()] in ([0.9, 0.7], [0.7, 0.9])
    assert rebuild_runs(root) == names
    assert all_of(root, EXPERIMENT) == before


def test_a_rebuilt_cross_validation_that_was_not_judged_waits_for_its_end(root: Path) -> None:
    restore(root)
    study(root).metrics.unlink()
    shutil.rmtree(study(root).model(f"cube/{FOLDS[1].key}").model_dir)
    rebuild_runs(root)
    parent, below = family(root)
    assert parent.info.status == "RUNNING"
    assert [run.info.status for run in below.values()] == ["FINISHED"]


def test_a_fold_that_was_not_trained_is_named(root: Path, params: Params) -> None:
    train_fold(root, params, FOLDS[0])
    with pytest.raises(UserError, match=r"repeat_1-fold_2/training\.json: no such file"):
        judge(root)


def test_a_training_of_a_model_that_is_no_more_is_named(root: Path) -> None:
    write_model(study(root, "ablations").model("forgotten").replica(1), "b" * 64)
    with pytest.raises(
        UserError, match=r"forgotten/replica_1: params\.yaml knows no model 'forgotten' any more"
    ):
        rebuild_runs(root)
