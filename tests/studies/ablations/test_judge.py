"""The ablations' numbers and words on a small made-up survey, with made-up scores for the networks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.gate_dataset import PIXELS, small_params
from support.project import changed
from support.survey_evaluation import fake_scores, make_survey

from lensfinder.datasets.files import write_csv
from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
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
from lensfinder.studies.ablations.train import train_ablation
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
    """Scores of the cube with a part of the objects, ``spoilt``, judged by chance."""
    survey = survey_of("jpas")
    catalogue = read_table(paths.catalogue, survey.columns.catalogue)
    objects = objects_to_score(read_parts(PARTS.files(paths.splits, name)), catalogue, survey.columns.scores)
    score = fake_scores(paths, "cube", objects["row"].to_numpy())
    rng = np.random.default_rng(seed)
    chance = rng.uniform(size=len(score)) < spoilt
    score = np.where(chance, rng.uniform(size=len(score)), score)
    out = paths.model(name) if name in MODELS else StudyPaths(paths, ABLATIONS.name).model(name)
    write_table(out.scores, with_scores(objects, score), survey.columns.scores)


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
        path = (judged.model(name) if name == "cube" else study.model(name)).scores
        test = pd.read_parquet(path).query("part == 'test'")
        accuracy[name] = float(((test["score"] >= 0.5) == (test["label"] == 1)).mean())
        assert content["measures"][name]["accuracy"] == pytest.approx(accuracy[name], abs=1e-8)
    white = content["comparisons"]["white_against_cube"]
    assert white["accuracy_difference"] == pytest.approx(accuracy["white"] - accuracy["cube"], abs=2e-8)
    assert white["mcnemar_p"] < 0.05
    assert white["accuracy_difference_interval"]["high"] < 0
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
    with pytest.raises(UserError, match=r"cube/scores\.parquet: no such file"):
        judge_all(paths, PARAMS)
    with pytest.raises(UserError, match=r"ablations has no 'cube'; it has cube_global_max, .*white"):
        train_ablation(paths, PARAMS, "cube")
    paths.validation.unlink()
    with pytest.raises(UserError, match=r"jpas\.json: no such file"):
        train_ablation(paths, PARAMS, "white")


# What `dvc exp run -S jpas.models.cube.normalisation=...` makes of the parameters.
GLOBAL_MAX = changed(PARAMS.jpas.models["cube"], {"normalisation": "global_max"})
EQUAL = changed(PARAMS, {"jpas.models": {**PARAMS.jpas.models, "cube": GLOBAL_MAX}})


def test_an_ablation_that_equals_its_model_is_left_out_and_named(
    judged: SurveyPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    study = StudyPaths(judged, ABLATIONS.name)
    train_ablation(judged, EQUAL, "cube_global_max")
    assert "nothing is trained, cube_global_max (equals cube)" in capsys.readouterr().out
    out = study.model("cube_global_max")
    assert [list(folder.iterdir()) for folder in (out.model_dir, out.evaluation_dir)] == [[], []]
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
    ("accuracy", "auc", "outcome"),
    [
        ((0.1, 0.2), (-0.1, 0.1), "better"),
        ((-0.1, 0.1), (-0.2, -0.1), "worse"),
        ((-0.1, 0.1), (0.0, 0.1), "not resolved"),
        ((0.1, 0.2), (-0.2, -0.1), "mixed"),
        ((0.1, 0.2), (None, None), "better"),
    ],
)
def test_outcomes(accuracy: tuple[float, float], auc: tuple[float, float], outcome: str) -> None:
    comparison: dict[str, object] = {}
    for name, (low, high) in (("accuracy", accuracy), ("auc", auc)):
        comparison[f"{name}_difference"] = None if low is None else (low + high) / 2
        comparison[f"{name}_difference_interval"] = {"low": low, "high": high, "level": 0.95}
    assert outcome_of(comparison) == outcome


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
