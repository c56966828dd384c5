"""The stages ``evaluate`` and ``compare`` on a small made-up survey, with made-up scores for a network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.gate_dataset import BANDS, PIXELS, small_params
from support.project import digests
from support.survey_evaluation import fake_scores, make_survey, use_network

from lensfinder.datasets.table import read_table
from lensfinder.errors import UserError
from lensfinder.stages.baselines import learn_baselines
from lensfinder.stages.compare import compare_models
from lensfinder.stages.evaluate import evaluate_model
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import SurveyPaths

PARAMS = small_params()
MODELS = ("cube", "pseudo_spectra")
OUTPUTS = ("evaluation", "metrics", "reports")


def use_fake_network(monkeypatch: pytest.MonkeyPatch, paths: SurveyPaths) -> list[tuple[int, ...]]:
    shapes: list[tuple[int, ...]] = []

    def predict_scores(model_path, representation, images, rows, batch_size=256, threads=0):  # type: ignore[no-untyped-def]
        assert representation.name == PARAMS.jpas.models[model_path.parent.name].representation
        shapes.extend(of.shape for of in images)
        return fake_scores(paths, model_path.parent.name, rows)

    use_network(monkeypatch, predict_scores)
    return shapes


def run(paths: SurveyPaths, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    shapes = use_fake_network(monkeypatch, paths)
    for name in MODELS:
        evaluate_model(paths, PARAMS, name)
    learn_baselines(paths, PARAMS)
    compare_models(paths, PARAMS)
    return shapes


@pytest.fixture(scope="module")
def judged(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[SurveyPaths, dict[str, str], list[tuple[int, ...]]]:
    paths = make_survey(tmp_path_factory.mktemp("survey"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        shapes = run(paths, monkeypatch)
    return paths, digests(paths.root, *OUTPUTS), shapes


@pytest.mark.slow
def test_everything_the_contract_names_is_written(judged) -> None:  # type: ignore[no-untyped-def]
    paths, made, shapes = judged
    for name in MODELS:
        folder = f"evaluation/jpas/{name}"
        both = ("roc", "f_beta", "reliability", "completeness")
        figures = (*both, "confusion_matrix", "loss", "atlas_mistakes_01")
        expected = {f"metrics/jpas/{name}.json", f"{folder}/scores.parquet"}
        expected |= {f"{folder}/figures/{figure}.png" for figure in figures}
        expected |= {f"{folder}/plots/{table}.csv" for table in (*both, "confusion")}
        assert not expected - set(made)
        scores = read_table(paths.model(name).scores, survey_of("jpas").columns.scores)
        assert set(scores["part"]) == {"validation", "test"}
        metrics = json.loads(paths.model(name).metrics.read_text())
        predicted = pd.read_csv(paths.model(name).plots / "confusion.csv")
        assert (
            int(((predicted["actual"] == "lens") & (predicted["predicted"] == "lens")).sum()) == metrics["tp"]
        )
    assert {shape[1:] for shape in shapes} == {(PIXELS, PIXELS, BANDS), (2, BANDS, PIXELS)}
    saving = [json.loads(paths.model(name).metrics.read_text())["data_size_saving"] for name in MODELS]
    assert saving == [1.0, PIXELS / 2]
    assert not [name for name in made if name.endswith(".partial")]


@pytest.mark.slow
def test_comparison_and_report_agree_with_the_metrics(judged) -> None:  # type: ignore[no-untyped-def]
    paths, _, _ = judged
    metrics = {name: json.loads(paths.model(name).metrics.read_text()) for name in MODELS}
    comparison = json.loads(paths.comparison.read_text())
    difference = metrics["cube"]["recall"] - metrics["pseudo_spectra"]["recall"]
    assert comparison["recall_difference"] == pytest.approx(difference, abs=2e-8)
    assert comparison["data_size_saving_memory"] == 25.0
    report = (paths.report_dir / "report.md").read_text()
    assert f"| {metrics['cube']['tp']:,} / {metrics['cube']['fp']:,} /" in report
    assert "4,212 / 39 / 39 / 8,431" in report
    page = (paths.report_dir / "report.html").read_text()
    assert page.count("<table>") == 8
    assert page.count('src="data:image/png;base64,') == report.count("](figures/") == 6
    assert 'src="figures' not in page
    assert str(paths.root) not in report + page


@pytest.mark.slow
def test_networks_are_set_against_baselines_on_the_same_objects_and_draws(judged) -> None:  # type: ignore[no-untyped-def]
    paths, made, _ = judged
    baselines = json.loads(paths.baselines.read_text())
    assert list(baselines) == ["jpas"]
    against = json.loads(paths.comparison.read_text())["baselines"]
    for name in MODELS:
        metrics = json.loads(paths.model(name).metrics.read_text())
        for baseline, of in baselines["jpas"].items():
            assert f"evaluation/jpas/baselines/jpas/{baseline}.parquet" in made
            assert (of["n_test"], of["interval_groups"]) == (metrics["n_test"], metrics["interval_groups"])
            pair = against[name][baseline]
            assert pair["auc_difference"] == pytest.approx(metrics["auc"] - of["auc"], abs=2e-8)
            assert pair["auc_difference_interval"]["low"] is not None
    report = (paths.report_dir / "report.md").read_text()
    assert report.index("In ROC AUC") < report.index("the cube finds") < report.index("## Measures")
    assert report.index("## Measures") < report.index("## What a network must beat")
    assert "baselines-jpas" in report


@pytest.mark.slow
def test_the_same_inputs_make_the_same_bytes(judged, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    paths, made, _ = judged
    shutil.rmtree(paths.root / "reports")
    shutil.rmtree(paths.model("cube").evaluation_dir)
    paths.model("cube").metrics.unlink()
    paths.comparison.unlink()
    paths.baselines.unlink()
    stale = paths.model("cube").figures / "atlas_mistakes_99.png"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of an earlier run")
    use_fake_network(monkeypatch, paths)
    evaluate_model(paths, PARAMS, "cube")
    learn_baselines(paths, PARAMS)
    compare_models(paths, PARAMS)
    assert digests(paths.root, *OUTPUTS) == made


def test_what_is_missing_or_does_not_fit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = make_survey(tmp_path)
    use_fake_network(monkeypatch, paths)
    with pytest.raises(UserError, match="no model 'cubes'"):
        evaluate_model(paths, PARAMS, "cubes")
    with pytest.raises(UserError, match=r"scores\.parquet: no such file"):
        compare_models(paths, PARAMS)
    paths.validation.unlink()
    with pytest.raises(UserError, match=r"jpas\.json: no such file; nothing is trained before"):
        learn_baselines(paths, PARAMS)
    paths.model("cube").history.write_text("epoch,loss\n")
    with pytest.raises(UserError, match=r"history\.csv.*val_loss"):
        evaluate_model(paths, PARAMS, "cube")
    np.save(paths.cubes, np.zeros((3, 50, 50, 56), dtype=np.float16))
    with pytest.raises(UserError, match=r"cubes\.npy: 3 images for 270 rows"):
        evaluate_model(paths, PARAMS, "cube")
    paths.cubes.write_bytes(b"\x93NUMPY")
    with pytest.raises(UserError, match=r"cubes\.npy: cannot be read"):
        evaluate_model(paths, PARAMS, "cube")
    paths.model("pseudo_spectra").model.unlink()
    np.save(paths.cubes, np.zeros((270, 50, 50, 56), dtype=np.float16))
    with pytest.raises(UserError, match=r"model\.keras: no such file"):
        evaluate_model(paths, PARAMS, "pseudo_spectra")
