"""Stage ``evaluate``: a trained model → scores, metrics, tables and figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.datasets.files import open_images_of, read_history, write_csv
from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.table import read_table
from lensfinder.evaluation import tables
from lensfinder.evaluation.evaluated import Evaluated, evaluate_scores
from lensfinder.evaluation.metrics import metrics_of
from lensfinder.evaluation.on_sky import sky_metrics
from lensfinder.figures import curves, single_model
from lensfinder.figures import images as image_figures
from lensfinder.figures.atlas import caption, mistakes, shown_mistakes, spread_examples
from lensfinder.figures.style import GREEN, RED, save_figure
from lensfinder.params import Judging, Params
from lensfinder.stages.score_parts import score_parts
from lensfinder.stages.train import model_of
from lensfinder.surveys.objects import SurveyObjects
from lensfinder.surveys.registry import survey_of
from lensfinder.typing import AnyArray, FloatArray
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import ModelPaths, SurveyPaths

RELIABILITY_BINS = 10
EXAMPLES_PER_KIND = 12


def evaluate_model(paths: SurveyPaths, params: Params, name: str) -> dict[str, Any]:
    """Score the validation and the test part with model ``name``, measure, draw, and return the metrics.

    Raises
    ------
    UserError
        If the model is not in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If the network's output is no probability.
    """
    contract, section = survey_of(paths.survey), params.survey(paths.survey)
    survey = contract.objects
    representation = contract.representations[model_of(paths, params, name).representation]
    catalogue = read_table(paths.catalogue, contract.columns.catalogue)
    whole = open_images_of(contract.representations[survey.reference].files(paths.root), len(catalogue))
    images = open_images_of(representation.files(paths.root), len(catalogue))
    paint = survey.painter(paths.tables, whole)
    model = paths.model(name)
    parts = read_parts(contract.parts.files(paths.splits, name))
    scores = score_parts(paths, params, parts, representation, model)
    history = read_history(model.history)
    evaluated = evaluate_scores(
        name, scores, lambda rows: survey.groups_of(rows, catalogue), section.judging, params.seed
    )
    own_bytes, whole_bytes = (sum(of[0].nbytes for of in arrays) for arrays in (images, whole))
    kind = survey.kind_of(evaluated.rows)
    metrics = metrics_of(evaluated, kind, section.judging, own_bytes, whole_bytes / own_bytes)
    if sky := survey.on_sky(evaluated.rows, catalogue, paths):
        metrics["on_sky"] = sky_metrics(evaluated, kind, sky, section.judging, params.seed)
    write_json(model.metrics, metrics)
    for stale in model.figures.glob("*.png"):
        stale.unlink()
    _write_curves(model, survey, evaluated, catalogue, metrics, section.judging)
    save_figure(single_model.loss_curves(history, f"{name}: learning"), model.figures / "loss.png")
    _write_atlas(
        model.figures,
        survey,
        evaluated,
        catalogue,
        lambda row: paint([images[row] for images in whole]),
        section.judging.threshold,
        survey.pixel_scale_arcsec(params),
    )
    return metrics


def _write_curves(
    model: ModelPaths,
    survey: SurveyObjects,
    evaluated: Evaluated,
    catalogue: pd.DataFrame,
    metrics: dict[str, Any],
    judging: Judging,
) -> None:
    name, test, level = evaluated.name, evaluated.test, judging.interval_level
    drawn = {
        "roc": tables.roc_table(test),
        "f_beta": tables.threshold_table(test, judging.beta),
        "reliability": tables.reliability_table(test.label, test.score, RELIABILITY_BINS, level),
        "completeness": tables.completeness_tables(evaluated, catalogue, survey.completeness_axes, judging),
        "confusion": tables.confusion_table(test.label, test.score, judging.threshold),
    }
    for table_name, table in drawn.items():
        write_csv(model.plots / f"{table_name}.csv", table)
    for figure_name, figure in {
        "confusion_matrix": single_model.confusion_matrix(
            metrics, f"{name}, {len(test.label):,} test objects"
        ),
        "roc": curves.roc([evaluated], {name: metrics}, level, f"{name}: ROC"),
        "f_beta": curves.f_beta_curve(drawn["f_beta"], metrics, name),
        "reliability": single_model.reliability(drawn["reliability"], metrics, name),
        "completeness": single_model.completeness(
            {name: drawn["completeness"]},
            survey.completeness_axes,
            f"{name}: completeness of {(test.label == 1).sum():,} test lenses at p ≥ {judging.threshold:g}",
        ),
    }.items():
        save_figure(figure, model.figures / f"{figure_name}.png")


def _write_atlas(
    folder: Path,
    survey: SurveyObjects,
    evaluated: Evaluated,
    catalogue: pd.DataFrame,
    picture: Callable[[int], FloatArray],
    threshold: float,
    pixel_scale_arcsec: float,
) -> None:
    rows, test = evaluated.rows, evaluated.test
    kind = survey.kind_of(rows)
    right = (test.score >= threshold) == (test.label == 1)

    def panel(position: int) -> image_figures.Panel:
        row = rows.iloc[position]
        name = survey.kind_names.get(kind[position], kind[position])
        lines = caption(row, catalogue.iloc[row["row"]], survey.caption_fields, name)
        return image_figures.Panel(picture(row["row"]), lines, GREEN if right[position] else RED)

    def page(positions: AnyArray, title: str, file: str) -> None:
        panels = [panel(int(position)) for position in positions]
        save_figure(image_figures.atlas_page(panels, title, pixel_scale_arcsec), folder / file)

    for name, column in survey.spread_columns.items():
        of_kind = np.flatnonzero(kind == name)
        value = catalogue[column].to_numpy()[rows["row"].to_numpy()[of_kind]]
        chosen = of_kind[spread_examples(rows.iloc[of_kind], value, EXAMPLES_PER_KIND)]
        counts = f"{survey.kind_names[name]}: {len(chosen)} of {len(of_kind):,}, by {column}"
        page(chosen, f"{counts} (frame green: right, orange: wrong)", f"atlas_{name}.png")
    wrong, words = shown_mistakes(*mistakes(rows, threshold), threshold)
    size = image_figures.ATLAS_PAGE
    pages = max(1, -(-len(wrong) // size))
    for number in range(pages):
        title = f"{words} ({number + 1}/{pages})"
        page(wrong[number * size : (number + 1) * size], title, f"atlas_mistakes_{number + 1:02d}.png")
