"""Cross-validation from the catalogue to the verdict, in one process: two folds of a small dataset."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from support.gate_dataset import good_dataset, small_params
from support.networks import network
from support.project import REPOSITORY, changed, make_project

from lensfinder.errors import UserError
from lensfinder.studies.cross_validation import CV, LEAK
from lensfinder.studies.cross_validation.folds import Fold
from lensfinder.studies.cross_validation.judge import judge_cv
from lensfinder.studies.cross_validation.split import split_folds
from lensfinder.studies.cross_validation.train import train_fold
from lensfinder.studies.cross_validation.validate import validate_folds
from lensfinder.workspace.jsonfiles import read_json
from lensfinder.workspace.paths import StudyPaths

MODELS = ("cube", "pseudo_spectra")


FEW = {"jpas.cv.folds": (1, 2), "jpas.cv.models": MODELS, "jpas.training.epochs_max": 1}
SMALL = {"jpas.models": {name: network(name) for name in MODELS}, "jpas.gate.size_tolerance": 0.1}
PARAMS = changed(small_params(), FEW | SMALL)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyPaths:
    """The study of a made-up survey, its folds cut and checked."""
    root = make_project(tmp_path_factory.mktemp("cv"))
    shutil.copytree(REPOSITORY / "studies", root / "studies")
    paths = good_dataset().write(root)
    (root / "validation").mkdir()
    paths.validation.write_text("{}")
    for name in (CV.name, LEAK.name):
        split_folds(paths, PARAMS, name)
    validate_folds(paths, PARAMS, CV.name)
    return StudyPaths(paths, CV.name)


@pytest.fixture(scope="module")
def judged(study: StudyPaths) -> dict[str, object]:
    for number in (1, 2):
        for model in MODELS:
            train_fold(study.survey, PARAMS, CV.name, model, Fold(1, number))
    return judge_cv(study.survey, PARAMS, CV.name)


def sides(study: StudyPaths, fold: Fold, column: str) -> tuple[set[object], set[object]]:
    """Values of a column in the held-out fold, and in what is learned from, by the saved ids."""
    values = pd.read_parquet(study.survey.catalogue).set_index("object_id", drop=False)[column]
    part = parts_of(study.splits_dir / f"{fold.key}.parquet")
    held, learned = (set(values.loc[part.index[chosen]]) for chosen in (part == "test", part != "test"))
    return held - {""}, learned - {""}


def parts_of(path: Path) -> pd.Series:
    """The part of each object of a table, by its name."""
    return pd.read_parquet(path).set_index("object_id")["part"]


@pytest.mark.parametrize("column", ["object_id", "tile", "galaxy_id", "quasar_id"])
@pytest.mark.parametrize("number", [1, 2])
def test_nothing_of_a_held_out_fold_is_in_its_training(study: StudyPaths, number: int, column: str) -> None:
    held, learned = sides(study, Fold(1, number), column)
    assert held
    assert learned
    assert not held & learned


def test_the_saved_ids_of_random_folds_do_leak(study: StudyPaths) -> None:
    leaky = StudyPaths(study.survey, LEAK.name)
    for column in ("tile", "galaxy_id", "quasar_id"):
        held, learned = sides(leaky, Fold(1, 1), column)
        assert held & learned


def test_every_object_has_one_out_of_fold_score_of_each_model_and_the_answer_holds_both(
    study: StudyPaths, judged: dict[str, object]
) -> None:
    scores = pd.read_parquet(study.scores)
    catalogue = pd.read_parquet(study.survey.catalogue)
    for model in MODELS:
        of_model = scores[scores["model"] == model]
        assert sorted(of_model["object_id"]) == sorted(catalogue["object_id"])
    folds = scores.pivot(index="object_id", columns="model", values="fold")
    assert (folds["cube"] == folds["pseudo_spectra"]).all()
    answer = read_json(study.metrics)
    assert list(answer["models"]) == list(MODELS)
    assert [entry["fold"] for entry in answer["models"]["cube"]["per_fold"]] == [1, 2]
    assert answer["comparisons"][0]["first"] == "cube"
    assert answer["verdict"]
    assert (study.report_dir / "report.html").is_file()


def test_a_fold_scores_only_what_it_held_out_or_validated_on(
    study: StudyPaths, judged: dict[str, object]
) -> None:
    for number in (1, 2):
        fold = Fold(1, number)
        splits = parts_of(study.splits_dir / f"{fold.key}.parquet")
        scores = parts_of(study.model(f"cube/{fold.key}").scores)
        assert scores.equals(splits[splits != "train"].reindex(scores.index))


@pytest.mark.parametrize(
    ("name", "fold", "message"),
    [
        (LEAK.name, 1, r"cv_leak.*fold_1\.json: no such file; nothing is trained before"),
        (CV.name, 3, r"no repeat_1-fold_3 of model 'cube'; .* folds \[1, 2\]"),
    ],
)
def test_no_unknown_fold_is_trained_and_none_before_its_gate(
    study: StudyPaths, name: str, fold: int, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        train_fold(study.survey, PARAMS, name, "cube", Fold(1, fold))
