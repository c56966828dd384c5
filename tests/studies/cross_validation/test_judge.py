"""The stage that judges a cross-validation, on made-up trainings: files, agreement, bytes, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.cross_validation import TILES, WHOLE_BYTES, cv_params, make_catalogue, make_folds
from support.euclid_dataset import good_euclid_catalogue, small_euclid_params
from support.gate_dataset import PER_TILE
from support.project import digests

from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.studies.cross_validation import CV, LEAK
from lensfinder.studies.cross_validation.judge import judge_cv
from lensfinder.surveys.euclid.columns import CATALOGUE_COLUMNS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.paths import StudyPaths, SurveyPaths

PARAMS = cv_params()
HONEST, FLATTERED = {"cube": 3.0, "pseudo_spectra": 1.2}, {"cube": 4.5, "pseudo_spectra": 3.0}
N = TILES * sum(PER_TILE.values())


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> SurveyPaths:
    paths = make_catalogue(tmp_path_factory.mktemp("cv"))
    for study, skill in ((CV.name, HONEST), (LEAK.name, FLATTERED)):
        make_folds(paths, PARAMS, study, skill)
        judge_cv(paths, PARAMS, study)
    return paths


def test_metrics_hold_folds_means_and_a_planted_difference(judged: SurveyPaths) -> None:
    result = read_json(StudyPaths(judged, CV.name).metrics)
    assert (result["folds"], result["repeats"], result["n_objects"]) == (3, 1, N)
    assert (result["interval_unit"], result["interval_groups"]) == ("tile", TILES)
    assert list(result["models"]) == ["cube", "pseudo_spectra"]
    for name, of in result["models"].items():
        assert [(fold["repeat"], fold["fold"]) for fold in of["per_fold"]] == [(1, 1), (1, 2), (1, 3)]
        assert [fold["kept_epoch"] for fold in of["per_fold"]] == [6, 7, 8]
        assert sum(fold["n_test"] for fold in of["per_fold"]) == N
        assert of["recall"] == pytest.approx(np.mean([fold["recall"] for fold in of["per_fold"]]), abs=1e-7)
        assert sum(of["pooled"][key] for key in ("tp", "fp", "fn", "tn")) == N
        assert of["input_bytes_per_object"] == WHOLE_BYTES[name]
    (comparison,) = result["comparisons"]
    assert (comparison["first"], comparison["second"]) == ("cube", "pseudo_spectra")
    assert comparison["brier_difference_interval"]["high"] < 0
    assert comparison["mcnemar_p"] < 0.01
    assert "leak" not in result


def test_scores_of_all_objects_are_saved_with_their_fold(judged: SurveyPaths) -> None:
    scores = read_table(StudyPaths(judged, CV.name).scores)
    assert list(scores.columns[:4]) == ["model", "repeat", "fold", "object_id"]
    assert "part" not in scores
    for name, of in scores.groupby("model"):
        assert of["object_id"].is_unique
        assert len(of) == N
        # Each tile is held out by one fold.
        assert (of.groupby("tile")["fold"].nunique() == 1).all()
        result = read_json(StudyPaths(judged, CV.name).metrics)["models"][name]["pooled"]
        assert int(((of["score"] >= 0.5) & (of["label"] == 1)).sum()) == result["tp"]


def test_the_report_shows_what_the_metrics_hold(judged: SurveyPaths) -> None:
    folder = StudyPaths(judged, CV.name).report_dir
    result, report = read_json(StudyPaths(judged, CV.name).metrics), (folder / "report.md").read_text()
    assert f"> {result['verdict']}\n" in report
    pooled = result["models"]["cube"]["pooled"]
    assert f"| {pooled['tp']:,} / {pooled['fp']:,} / {pooled['fn']:,} / {pooled['tn']:,} | " in report
    assert "4,212 / 39 / 39 / 8,431" in report
    assert report.count("| 1-3 | ") == 2
    page = (folder / "report.html").read_text()
    assert page.count('src="data:image/png;base64,') == report.count("](figures/") == 2
    assert page.count("<table>") == 6
    assert str(judged.root) not in report + page


def test_random_folds_stay_apart_and_show_what_they_cost(judged: SurveyPaths) -> None:
    result = read_json(StudyPaths(judged, LEAK.name).metrics)
    honest = read_json(StudyPaths(judged, CV.name).metrics)
    assert result["comparisons"] == []
    for name, of in result["leak"].items():
        assert of["auc_leak"] == pytest.approx(result["models"][name]["auc"], abs=1e-7)
        assert of["auc_tiles"] == pytest.approx(honest["models"][name]["auc"], abs=1e-7)
        # Thresholds chosen on validation come back from the metrics file.
        key = "f_beta_at_validation_threshold"
        assert of[f"{key}_tiles"] == pytest.approx(honest["models"][name][key], abs=1e-7)
        assert of["accuracy_difference_bootstrap_interval"]["low"] > 0
        assert of["accuracy_difference_interval"]["low"] < of["accuracy_difference"]
    assert "flatter" in result["verdict"]
    assert (StudyPaths(judged, LEAK.name).report_dir / "figures" / "leak.png").is_file()
    assert "What the mistake costs" in (StudyPaths(judged, LEAK.name).report_dir / "report.md").read_text()


def test_the_same_scores_make_the_same_bytes(judged: SurveyPaths) -> None:
    made = digests(judged.root, "metrics", "reports")
    assert {
        "metrics/jpas/cv.json",
        "reports/cv/jpas/scores.parquet",
        "reports/cv/jpas/figures/folds.png",
    } < set(made)
    stale = StudyPaths(judged, CV.name).report_dir / "figures" / "of_an_earlier_run.png"
    stale.write_bytes(b"")
    judge_cv(judged, PARAMS, CV.name)
    assert digests(judged.root, "metrics", "reports") == made


def test_two_repeats_and_a_single_model(tmp_path: Path) -> None:
    paths, params = make_catalogue(tmp_path), cv_params(models=("pseudo_spectra",), repeats=2)
    make_folds(paths, params, CV.name, HONEST)
    result = judge_cv(paths, params, CV.name)
    of = result["models"]["pseudo_spectra"]
    assert [fold["repeat"] for fold in of["per_fold"]] == [1, 1, 1, 2, 2, 2]
    assert sum(of["pooled"][key] for key in ("tp", "fp", "fn", "tn")) == N
    assert result["comparisons"] == []
    assert "no second model" in result["verdict"]
    assert len(read_table(StudyPaths(paths, CV.name).scores)) == 2 * N


def test_what_is_missing_or_does_not_fit_is_named(tmp_path: Path) -> None:
    paths = make_catalogue(tmp_path)
    make_folds(paths, PARAMS, CV.name, HONEST)
    make_folds(paths, PARAMS, LEAK.name, HONEST)
    files = StudyPaths(paths, CV.name)
    with pytest.raises(UserError, match=r"metrics/jpas/cv\.json: no such file"):
        judge_cv(paths, PARAMS, LEAK.name)
    judge_cv(paths, PARAMS, CV.name)
    one = files.model("cube/repeat_1-fold_2")

    @contextmanager
    def refused(path: Path, message: str, study: str = CV.name) -> Iterator[None]:
        """The file, whatever is done to it, is named, and then comes back."""
        kept = path.read_bytes()
        yield
        with pytest.raises(UserError, match=message):
            judge_cv(paths, PARAMS, study)
        path.write_bytes(kept)

    training, table, result = read_json(one.training), pd.read_parquet(one.scores), read_json(files.metrics)
    told = r"repeat_1-fold_2/scores\.parquet: no such file; fold 2 of repeat 1 of cube was not"
    with refused(one.scores, told):
        one.scores.unlink()
    with refused(one.training, r"fold_2/training\.json: no number kept_epoch"):
        write_json(one.training, {**training, "kept_epoch": None})
    with refused(one.training, r"scores\.parquet: \d+ validation objects, but .*training\.json says 1;"):
        write_json(one.training, {**training, "n_validation": 1})
    told = r"fold_2/scores\.parquet: \d+ object\(s\) are not the catalogue's .*first: jpas"
    for shift in (1, N):
        with refused(one.scores, told):
            table.assign(row=table["row"] + shift).to_parquet(one.scores)
    with refused(one.scores, r"scores\.parquet: 0 validation objects"):
        table[table["part"] == "test"].to_parquet(one.scores)
    told = r"cv\.json: its 2 folds of cube are not the 3 of params\.yaml"
    with refused(files.metrics, told, LEAK.name):
        result["models"]["cube"]["per_fold"].pop()
        write_json(files.metrics, result)
    told = r"cv/jpas/scores\.parquet: 89 objects in fold 1 of repeat 1 of cube.*says 90"
    with refused(files.scores, told, LEAK.name):
        pd.read_parquet(files.scores).iloc[1:].to_parquet(files.scores)


def test_euclid_sets_are_compared_with_the_first(tmp_path: Path) -> None:
    names, n = ("set_1", "set_3", "control"), 300
    params = cv_params("euclid", names)
    frame = good_euclid_catalogue(small_euclid_params(train=n, test=0))
    frame["label"] = (np.arange(n) % 3 == 0).astype(np.int8)
    paths = EuclidPaths(tmp_path)
    write_table(paths.catalogue, frame, CATALOGUE_COLUMNS)
    for path in (paths.vis, paths.nisp):
        np.save(path, np.zeros((n, 10), dtype=np.float16))
    make_folds(paths, params, CV.name, dict.fromkeys(names, 2.0))
    result = judge_cv(paths, params, CV.name)
    assert [(of["first"], of["second"]) for of in result["comparisons"]] == [
        ("set_3", "set_1"),
        ("control", "set_1"),
    ]
    assert (result["interval_unit"], result["interval_groups"]) == ("object", n)
    assert result["models"]["set_1"]["input_bytes_per_object"] == 40
    report = (StudyPaths(paths, CV.name).report_dir / "report.md").read_text()
    assert "talk: " not in report
    assert "bootstrap over 300 objects" in report
    assert json.dumps(result, allow_nan=False)
