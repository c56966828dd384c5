"""The ablations' numbers and words on a small made-up survey, with made-up scores for the networks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.gate_dataset import PIXELS, small_params
from support.project import changed
from support.survey_evaluation import REPLICAS, fake_scores, make_survey

from lensfinder.datasets.files import write_csv
from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.stages import train as stage
from lensfinder.studies.ablations import ABLATIONS, summary
from lensfinder.studies.ablations.judge import judge_all
from lensfinder.studies.ablations.measures import (
    AUGMENTATION,
    INFORMATION,
    NORMALISATION,
    outcome_of,
    question_of,
)
from lensfinder.studies.ablations.params import Ablations, models
from lensfinder.studies.ablations.represent import ABLATED_OF_CUBES
from lensfinder.studies.ablations.representations import ABLATED, REPRESENTATIONS
from lensfinder.studies.ablations.train import train_ablation, train_ablations
from lensfinder.studies.occlusion.measures import (
    BANDS_FILE,
    FIGURE_FILE,
    PLACES_FILE,
    band_table,
    place_table,
)
from lensfinder.surveys.jpas.parts import PARTS
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import StudyPaths, SurveyPaths

PARAMS = small_params()
MODELS = ("cube", "pseudo_spectra")


def write_scores(paths: SurveyPaths, name: str, spoilt: float, seed: int) -> None:
    """Scores of the cube's trainings with a part of the objects, ``spoilt``, judged by chance."""
    survey = survey_of("jpas")
    catalogue = read_table(paths.catalogue, survey.columns.catalogue)
    objects = objects_to_score(read_parts(PARTS.files(paths.splits, name)), catalogue, survey.columns.scores)
    chance = np.random.default_rng(seed).uniform(size=len(objects)) < spoilt
    out = paths.model(name) if name in MODELS else StudyPaths(paths, ABLATIONS.name).model(name)
    for number in range(1, REPLICAS + 1):
        score = fake_scores(paths, "cube", objects["row"].to_numpy(), number)
        any_score = np.random.default_rng([seed, number]).uniform(size=len(objects))
        score = np.where(chance, any_score, score)
        write_table(out.replica(number).scores, with_scores(objects, score), survey.columns.scores)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> SurveyPaths:
    """A survey in which one pseudo-spectrum is as good as two, and white and colours are much worse."""
    paths = make_survey(tmp_path_factory.mktemp("survey"))
    cubes = np.load(paths.cubes)
    REPRESENTATIONS["white"].files(paths.root)[0].parent.mkdir(parents=True)
    for name in ABLATED:
        np.save(REPRESENTATIONS[name].files(paths.root)[0], ABLATED_OF_CUBES[name](cubes))
    for name in (*MODELS, *PARAMS.jpas.ablations.root):
        write_scores(paths, name, {"white": 0.5, "colours": 0.9}.get(name, 0.0), seed=len(name))
    write_occlusion(paths)
    judge_all(paths, PARAMS)
    return paths


def write_occlusion(paths: SurveyPaths) -> None:
    rng = np.random.default_rng(1)

    def rises(n: int) -> pd.DataFrame:
        value = rng.exponential(0.01, n)
        columns = {"loss_increase": value, "interval_low": value - 0.01, "interval_high": value + 0.01}
        return pd.DataFrame({"loss": 0.1, **columns})

    folder = StudyPaths(paths, ABLATIONS.name).report_dir
    bands = {name: rises(56) for name in MODELS}
    names = [f"J{band:04d}" for band in range(56)]
    write_csv(folder / BANDS_FILE, band_table(bands, names, np.linspace(3500, 10000, 56)))
    write_csv(folder / PLACES_FILE, place_table({name: rises(100) for name in MODELS}, 50, 0.2267))
    (folder / FIGURE_FILE).write_bytes(b"a figure")


def test_measures_and_differences_are_those_of_the_scores(judged: SurveyPaths) -> None:
    study = StudyPaths(judged, ABLATIONS.name)
    content = json.loads(study.metrics.read_text())
    assert set(content["measures"]) == {*MODELS, *PARAMS.jpas.ablations.root}
    accuracy = {}
    for name in ("cube", "white"):
        files = judged.model(name) if name == "cube" else study.model(name)
        each = [pd.read_parquet(files.replica(number + 1).scores) for number in range(REPLICAS)]
        right = [(of["score"] >= 0.5) == (of["label"] == 1) for of in each]
        accuracy[name] = np.mean(
            [ok[of["part"] == "test"].mean() for ok, of in zip(right, each, strict=True)]
        )
        assert content["measures"][name]["replicas"] == REPLICAS
        assert content["measures"][name]["accuracy"] == pytest.approx(accuracy[name], abs=1e-8)
    white = content["comparisons"]["white_against_cube"]
    assert white["accuracy_difference"] == pytest.approx(accuracy["white"] - accuracy["cube"], abs=2e-8)
    assert white["mcnemar_p"] < 0.05
    assert white["accuracy_difference_interval"]["high"] < 0
    assert "accuracy" in white["resolved"]
    assert content["comparisons"]["one_pseudo_spectrum_against_pseudo_spectra"]["resolved"] == []
    saving = {name: content["measures"][name]["data_size_saving"] for name in content["measures"]}
    assert saving == {
        **dict.fromkeys(("cube", "cube_global_max", "cube_asinh", "cube_free"), 1.0),
        **dict.fromkeys(("pseudo_spectra", "pseudo_spectra_global_max", "pseudo_spectra_asinh"), PIXELS / 2),
        "one_pseudo_spectrum": PIXELS,
        "white": 56.0,
        "colours": PIXELS**2,
    }


def test_every_ablation_is_compared_with_those_it_names(judged: SurveyPaths) -> None:
    comparisons = json.loads(StudyPaths(judged, ABLATIONS.name).metrics.read_text())["comparisons"]
    assert {(of["first"], of["second"]) for of in comparisons.values()} == {
        (name, other) for name, ablation in PARAMS.jpas.ablations.root.items() for other in ablation.against
    }
    questions = {name: of["question"] for name, of in comparisons.items()}
    assert questions["cube_asinh_against_cube"] == NORMALISATION
    assert questions["cube_free_against_cube"] == AUGMENTATION
    # Its normalisation changes too, but what is taken away counts.
    assert questions["colours_against_pseudo_spectra"] == INFORMATION


def test_the_report_says_what_the_numbers_say(judged: SurveyPaths) -> None:
    folder = StudyPaths(judged, ABLATIONS.name).report_dir
    text = (folder / "report.md").read_text()
    verdict = next(line for line in text.splitlines() if line.startswith(">"))
    assert "Morphology alone (one white image, no colours): no, worse than cube" in verdict
    assert "no, worse than cube_global_max" in verdict
    assert "One pseudo-spectrum alone: perhaps; this test set does not tell it from pseudo_spectra" in verdict
    assert "worse without morphology and what differs from band to band" in verdict
    assert "need both directions is not shown" in verdict
    assert "resolved at 95 %, by Holm's correction over all comparisons" in verdict
    assert f"means over {REPLICAS} trainings of each model" in text
    assert "Colours are sums over whole stamps" in text
    page = (folder / "report.html").read_text()
    assert page.count('src="data:image/png;base64,') == 2
    assert str(judged.root) not in text + page
    assert "its numbers mean nothing" in text


def test_the_same_scores_make_the_same_bytes(judged: SurveyPaths) -> None:
    study = StudyPaths(judged, ABLATIONS.name)
    files = [
        study.metrics,
        study.report_dir / "report.html",
        study.report_dir / "figures" / "differences.png",
    ]
    before = [file.read_bytes() for file in files]
    judge_all(judged, PARAMS)
    assert [file.read_bytes() for file in files] == before


def test_missing_scores_and_models_are_named(tmp_path: Path) -> None:
    paths = make_survey(tmp_path)
    with pytest.raises(UserError, match=r"cube_global_max/replica_1/scores\.parquet: no such file"):
        judge_all(paths, PARAMS)
    with pytest.raises(UserError, match=r"ablations has no 'cube'; it has cube_global_max, .*white"):
        train_ablation(paths, PARAMS, "cube", 1)
    paths.validation.unlink()
    for train in (
        lambda: train_ablation(paths, PARAMS, "white", 1),
        lambda: train_ablations(paths, PARAMS),
    ):
        with pytest.raises(UserError, match=r"jpas\.json: no such file"):
            train()


# What `dvc exp run -S jpas.models.cube.normalisation=...` makes of the parameters.
GLOBAL_MAX = changed(PARAMS.jpas.models["cube"], {"normalisation": "global_max"})
EQUAL = changed(PARAMS, {"jpas.models": {**PARAMS.jpas.models, "cube": GLOBAL_MAX}})


def test_an_ablation_that_equals_its_model_is_left_out_and_named(
    judged: SurveyPaths, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = StudyPaths(judged, ABLATIONS.name)
    asked: dict[str, list[str]] = {}
    monkeypatch.setattr(stage, "run_side_by_side", lambda root, commands, at_a_time: asked.update(commands))
    train_ablations(judged, EQUAL)
    assert "nothing is trained, cube_global_max (equals cube)" in capsys.readouterr().out
    others = [name for name in PARAMS.jpas.ablations.root if name != "cube_global_max"]
    assert list(asked) == [f"{name} {number + 1}" for name in others for number in range(REPLICAS)]
    assert asked["white 2"] == ["ablations", "train", "jpas", "white", "--replica", "2"]
    content = judge_all(judged, EQUAL)
    assert "cube_global_max" not in content["measures"]
    # What was to be compared with it is compared with what it equals.
    assert [name for name in content["comparisons"] if name.startswith("colours_")] == [
        "colours_against_cube",
        "colours_against_pseudo_spectra",
    ]
    assert "Left out, because it changes nothing: cube_global_max (equals cube)." in (
        study.report_dir / "report.md"
    ).read_text(encoding="utf-8")


def test_ablations_that_all_equal_their_models_are_refused(judged: SurveyPaths) -> None:
    only = {"cube_global_max": PARAMS.jpas.ablations.root["cube_global_max"]}
    with pytest.raises(UserError, match=r"ablations: none changes anything"):
        judge_all(judged, changed(EQUAL, {"jpas.ablations": Ablations(only)}))


@pytest.mark.parametrize(
    ("accuracy", "auc", "resolved", "outcome"),
    [
        (0.1, -0.1, ["accuracy"], "better"),
        (0.1, -0.1, ["auc"], "worse"),
        (0.1, 0.1, ["recall"], "not resolved"),
        (0.1, -0.1, ["accuracy", "auc"], "mixed"),
        (0.1, None, ["accuracy"], "better"),
    ],
)
def test_outcomes(accuracy: float, auc: float | None, resolved: list[str], outcome: str) -> None:
    differences = {"accuracy_difference": accuracy, "auc_difference": auc}
    assert outcome_of({**differences, "resolved": resolved}) == outcome


def test_questions_follow_from_what_is_changed() -> None:
    networks = models(PARAMS.jpas)
    base = {name: PARAMS.jpas.models[of.base] for name, of in PARAMS.jpas.ablations.root.items()}
    asked = {name: question_of(model, base[name]) for name, model in networks.items()}
    assert [name for name, question in asked.items() if question == INFORMATION] == [
        "one_pseudo_spectrum",
        "colours",
        "white",
    ]


@pytest.mark.parametrize(("difference", "text"), [(0.0123, "+1.23"), (-0.5, "−50.00"), (-1e-9, "0.00")])
def test_points_are_signed_but_for_zero(difference: float, text: str) -> None:
    assert summary.signed_points(difference) == text
