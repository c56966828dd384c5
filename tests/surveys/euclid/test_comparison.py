"""The Euclid track's evaluation and comparison on a small made-up survey, with made-up scores."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from support.euclid_evaluation import MODELS, SETS, fake_euclid_scores, make_euclid
from support.gate_dataset import small_params
from support.survey_evaluation import use_network

from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.evaluation.evaluated import Evaluated, evaluate_scores
from lensfinder.evaluation.intervals import object_groups
from lensfinder.evaluation.metrics import metrics_of
from lensfinder.evaluation.on_sky import sky_metrics
from lensfinder.figures.atlas import MISTAKES_MAX, WORST_MAX, shown_mistakes
from lensfinder.figures.colours import SHOWN_VIS_PIXELS, stamp_image
from lensfinder.stages.baselines import learn_baselines
from lensfinder.stages.compare import compare_models
from lensfinder.stages.evaluate import evaluate_model
from lensfinder.surveys.comparison import Results
from lensfinder.surveys.euclid.columns import COLUMNS
from lensfinder.surveys.euclid.comparison import EuclidComparison
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.ranking import best_of, rank_models
from lensfinder.surveys.euclid.summary import control_words
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.jsonfiles import read_json, write_json
from lensfinder.workspace.paths import SurveyPaths

PARAMS = small_params()
JUDGING = PARAMS.euclid.judging
EUCLID = survey_of("euclid").objects


def write_evaluation(paths: SurveyPaths, name: str) -> None:
    """Write scores and metrics, as the stage does, without its figures."""
    catalogue = read_table(paths.catalogue)
    objects = objects_to_score(read_parts(PARTS.files(paths.splits, name)), catalogue, COLUMNS.scores)
    scores = with_scores(objects, fake_euclid_scores(paths, name, objects["row"].to_numpy()))
    groups = EUCLID.groups_of(scores[scores["part"] == "test"], catalogue)
    evaluated = evaluate_scores(name, scores, lambda rows: groups, JUDGING, PARAMS.seed)
    kind, sky = EUCLID.kind_of(evaluated.rows), EUCLID.on_sky(evaluated.rows, catalogue, paths)
    metrics = metrics_of(evaluated, kind, JUDGING, 106_136, 1.0)
    metrics["on_sky"] = sky_metrics(evaluated, kind, sky, JUDGING, PARAMS.seed)
    write_table(paths.model(name).scores, scores, COLUMNS.scores)
    write_json(paths.model(name).metrics, metrics)


@pytest.fixture(scope="module")
def compared_survey(tmp_path_factory: pytest.TempPathFactory) -> SurveyPaths:
    """One model through the stage, the others without figures, then the comparison."""
    paths = make_euclid(tmp_path_factory.mktemp("euclid"), n_test=100)

    def predict_scores(model_path, representation, images, rows, batch, threads):  # type: ignore[no-untyped-def]
        assert [of.shape[1:] for of in images] == [(200, 200, 1), (66, 66, 3)]
        return fake_euclid_scores(paths, model_path.parent.name, rows)

    with pytest.MonkeyPatch.context() as monkeypatch:
        use_network(monkeypatch, predict_scores)
        evaluate_model(paths, PARAMS, "set_1")
    staged = paths.model("set_1").metrics.read_bytes()
    for name in MODELS:
        write_evaluation(paths, name)
    learn_baselines(paths, PARAMS)
    assert paths.model("set_1").metrics.read_bytes() == staged
    compare_models(paths, PARAMS)
    return paths


@pytest.mark.slow
def test_one_model_is_evaluated_like_those_of_jpas(compared_survey: SurveyPaths) -> None:
    model = compared_survey.model("set_1")
    metrics = read_json(model.metrics)
    assert metrics["data_size_saving"] == 1.0
    assert metrics["input_bytes_per_object"] == 2 * (200 * 200 + 3 * 66 * 66)
    assert (metrics["interval_unit"], metrics["interval_groups"]) == ("object", metrics["n_test"])
    catalogue = read_table(compared_survey.catalogue)
    test = catalogue[(catalogue["sample"] == "test") & (catalogue["label"] >= 0)]
    assert metrics["n_test"] == len(test) < (catalogue["sample"] == "test").sum()
    kinds = metrics["called_lens_by_kind"]
    assert kinds["lens"]["n"] == metrics["tp"] + metrics["fn"] == int(test["label"].sum())
    assert sum(of["called_lens"] for name, of in kinds.items() if name != "lens") == metrics["fp"]
    scores = pd.read_parquet(model.scores)
    assert list(scores) == ["object_id", "row", "label", "kind", "part", "score"]
    figures = {path.stem for path in model.figures.iterdir()}
    assert {f"atlas_{kind}" for kind in EUCLID.kind_names} | {"atlas_mistakes_01", "completeness"} <= figures
    completeness = pd.read_csv(model.plots / "completeness.csv")
    assert {"n_pix_source", "mag_eff", "theta_e_arcsec", "arc_snr"} <= set(completeness["quantity"])


@pytest.mark.slow
def test_comparison_ranks_pairs_and_controls_as_the_metrics_say(compared_survey: SurveyPaths) -> None:
    comparison = read_json(compared_survey.comparison)
    metrics = {name: read_json(compared_survey.model(name).metrics) for name in MODELS}
    for measure, ranking in comparison["ranking"].items():
        assert {of["model"] for of in ranking} == set(SETS)
        values = [metrics[of["model"]][measure] for of in ranking]
        assert [of["value"] for of in ranking] == values
        assert values == sorted(values, reverse=measure != "fpr")
        assert all(of["interval"] == metrics[of["model"]][f"{measure}_interval"] for of in ranking)
        best = comparison["best"][measure]
        assert best["model"] == ranking[0]["model"]
        assert {*best["resolved_from"], *best["not_resolved_from"]} == set(SETS) - {best["model"]}
    pairs = [(of["first"], of["second"]) for of in comparison["neighbours"]]
    assert pairs == list(pairwise(SETS))
    control = comparison["control"]
    assert (control["selection"]["first"], control["selection"]["second"]) == ("control", "set_1")
    assert (control["sample_size"]["first"], control["sample_size"]["second"]) == ("control", "set_6")
    for of in (*comparison["neighbours"], control["selection"], control["sample_size"]):
        expected = metrics[of["first"]]["auc"] - metrics[of["second"]]["auc"]
        assert of["auc_difference"] == pytest.approx(expected, abs=2e-8)
    baselines = read_json(compared_survey.baselines)
    assert set(baselines) == set(comparison["baselines"]) == set(MODELS)
    for name, pairs in comparison["baselines"].items():
        for baseline, of in pairs.items():
            expected = metrics[name]["auc"] - baselines[name][baseline]["auc"]
            assert of["auc_difference"] == pytest.approx(expected, abs=2e-8)
    assert comparison["sets"]["set_3"]["n_pix_above"] == 200
    assert comparison["sets"]["control"]["n_pix_above"] == 20
    assert comparison["sets"]["set_3"]["talk"] == 9441


@pytest.mark.slow
def test_report_names_every_model_and_holds_no_time(compared_survey: SurveyPaths) -> None:
    report = (compared_survey.report_dir / "report.md").read_text()
    page = (compared_survey.report_dir / "report.html").read_text()
    comparison = read_json(compared_survey.comparison)
    assert f"By F_β {comparison['best']['f_beta']['model']} is best" in report
    assert comparison["control"]["words"] in report
    assert "numbers mean nothing" in report
    for name in MODELS:
        metrics = read_json(compared_survey.model(name).metrics)
        assert f"{metrics['tp']:,} / {metrics['fp']:,} / {metrics['fn']:,} / {metrics['tn']:,}" in report
        assert f"evaluate-euclid@{name}" in report
    assert page.count("<table>") == 9
    assert "On the sky" in report
    assert page.count('src="data:image/png;base64,') == report.count("](figures/") == 6
    assert str(compared_survey.root) not in report + page
    assert not re.search(r"\d s\b", report)


def evaluated_as(name: str, signal: float, n: int = 600) -> Evaluated:
    """A model whose scores are shared noise plus ``signal`` where there is a lens."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, n).astype(np.int8)
    score = 1 / (1 + np.exp(-rng.normal(size=n) - signal * (label - 0.5)))
    part = np.where(np.arange(n) < n - 100, "test", "validation")
    frame = {"object_id": np.arange(n).astype(str), "row": np.arange(n), "label": label}
    scores = pd.DataFrame({**frame, "part": part, "score": score})
    return evaluate_scores(name, scores, lambda rows: object_groups(len(rows)), JUDGING, 3)


def test_ranking_knows_which_way_is_better_and_what_is_resolved() -> None:
    poor, good, twin = evaluated_as("poor", 1.0), evaluated_as("good", 4.0), evaluated_as("twin", 4.0)
    for measure in ("auc", "recall", "fpr"):
        ranking = rank_models([poor, good, twin], measure, JUDGING)
        assert [of["model"] for of in ranking] == ["good", "twin", "poor"]
        best = best_of(ranking)
        assert (best["resolved_from"], best["not_resolved_from"]) == (["poor"], ["twin"])
        assert ranking[1]["difference_to_best"] == 0.0
    assert rank_models([poor, good], "fpr", JUDGING)[1]["difference_to_best"] > 0
    value, draws = np.array(np.nan), np.full_like(good.draws["auc"], np.nan)
    undefined = replace(
        good, name="undefined", value=good.value | {"auc": value}, draws=good.draws | {"auc": draws}
    )
    last = rank_models([undefined, poor], "auc", JUDGING)[-1]
    assert (last["model"], last["value"], last["resolved_from_best"]) == ("undefined", None, False)


def test_control_words_follow_from_the_numbers() -> None:
    from lensfinder.evaluation.comparison import compare

    poor, good = evaluated_as("set_1", 1.0), evaluated_as("control", 4.0)
    words = control_words(compare(good, poor, JUDGING), compare(good, replace(good, name="set_6"), JUDGING))
    selection, size = words.split("Number of examples")
    assert "recall differs by +" in selection
    assert "false-positive rate differs by −" in selection
    assert selection.count("better with control") == selection.count("differs")
    assert "better with set_1" not in words
    assert "no difference in F_β, recall, ROC AUC and false-positive rate is resolved" in size


def test_a_set_that_was_not_counted_is_named() -> None:
    evaluated = {name: evaluated_as(name, 2.0) for name in MODELS}
    measures = dict.fromkeys(("f_beta", "recall", "auc"), 0.5)
    results = Results(PARAMS, pd.DataFrame(), evaluated, dict.fromkeys(MODELS, measures), {}, {"set_1": {}})
    with pytest.raises(UserError, match=r"selection\.json: no entry 'set_2'"):
        EuclidComparison().compare(results)


def test_stamps_are_coloured_by_band_in_place_and_in_any_unit() -> None:
    rng = np.random.default_rng(0)
    vis, nisp = rng.normal(0, 1, (200, 200, 1)), rng.normal(0, 3, (66, 66, 3))
    # Row 70 of VIS is 29.5 pixels below the centre, as is row 22.7 of NISP, and row 30 of what is shown.
    vis[68:73, 68:73] += 100
    nisp[22:24, 22:24] += 50
    vis[128:133, 128:133] += 20
    nisp[42:44, 42:44] += (500, 1000, 3000)
    image = stamp_image(vis, nisp)
    assert image.shape == (SHOWN_VIS_PIXELS, SHOWN_VIS_PIXELS, 3)
    assert 0 <= image.min() <= image.max() <= 1
    assert image[30, 30].argmax() == 2
    assert image[90, 90].argmax() == 0
    assert image[30, 90].max() < 0.3
    assert stamp_image(1e-10 * vis, 1e-10 * nisp) == pytest.approx(image, abs=1e-9)
    assert (stamp_image(np.zeros((200, 200, 1)), np.zeros((66, 66, 3))) == 0).all()


def test_too_many_mistakes_give_way_to_the_worst_of_both_sorts() -> None:
    missed, false = np.arange(1000, 1000 + MISTAKES_MAX), np.arange(5)
    shown, words = shown_mistakes(missed[:-5], false, 0.5)
    assert shown.tolist() == [*missed[:-5], *false]
    assert "every mistake" in words
    shown, words = shown_mistakes(missed, false, 0.5)
    assert shown.tolist() == [*missed[:WORST_MAX], *false]
    assert f"{WORST_MAX} worst of {MISTAKES_MAX} missed lenses, then the 5 worst of 5 false" in words
