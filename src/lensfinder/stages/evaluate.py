"""Stage ``evaluate``: what the trainings of each model say of the test objects → metrics, tables, figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.datasets.files import open_images_of, read_history, write_csv
from lensfinder.datasets.table import Column, read_table, write_table
from lensfinder.evaluation import tables
from lensfinder.evaluation.comparison import scatters_of
from lensfinder.evaluation.evaluated import Evaluated
from lensfinder.evaluation.metrics import metrics_of, summary_of
from lensfinder.evaluation.on_sky import sky_metrics
from lensfinder.evaluation.replicated import Replicated, committee_scores, evaluate_replicas
from lensfinder.figures import curves, single_model
from lensfinder.figures import images as image_figures
from lensfinder.figures.atlas import caption, mistakes, shown_mistakes, spread_examples
from lensfinder.figures.style import GREEN, RED, save_figure
from lensfinder.params import Judging, Params
from lensfinder.stages.train import model_of
from lensfinder.surveys.objects import SurveyObjects
from lensfinder.surveys.registry import survey_of
from lensfinder.typing import AnyArray, FloatArray
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import ModelPaths, SurveyPaths

RELIABILITY_BINS = 10
EXAMPLES_PER_KIND = 12


def evaluate_models(paths: SurveyPaths, params: Params) -> dict[str, dict[str, Any]]:
    """Measure every model of a survey, write and draw what was found, and return the metrics by model.

    How much trainings scatter is learned from all models together: each was trained a few times only.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others.
    """
    contract, section = survey_of(paths.survey), params.survey(paths.survey)
    survey = contract.objects
    catalogue = read_table(paths.catalogue, contract.columns.catalogue)
    whole = open_images_of(contract.representations[survey.reference].files(paths.root), len(catalogue))
    paint = survey.painter(paths.tables, whole)
    models = {
        name: read_replicas(paths, params, name, paths.model(name), catalogue) for name in section.models
    }
    scatters = scatters_of(models.values())
    metrics: dict[str, dict[str, Any]] = {}
    for name, model in models.items():
        print(f"evaluate: {name}", flush=True)
        files, committee = paths.model(name), model.committee
        columns = contract.columns.scores
        scores = scores_of(files, len(model.single), columns)
        write_table(files.scores, committee_scores(name, scores), columns)
        representation = contract.representations[model_of(paths, params, name).representation]
        images = open_images_of(representation.files(paths.root), len(catalogue))
        own_bytes, whole_bytes = (sum(of[0].nbytes for of in arrays) for arrays in (images, whole))
        kind = survey.kind_of(committee.rows)
        metrics[name] = {
            **metrics_of(model, kind, scatters, section.judging),
            "input_bytes_per_object": own_bytes,
            "data_size_saving": whole_bytes / own_bytes,
        }
        if sky := survey.on_sky(committee.rows, catalogue, paths):
            metrics[name]["on_sky"] = sky_metrics(committee, kind, sky, section.judging, params.seed)
        write_json(files.measures, metrics[name])
        write_json(files.metrics, summary_of(metrics[name]))
        for stale in files.figures.glob("*.png"):
            stale.unlink()
        _write_curves(files, survey, committee, catalogue, metrics[name]["committee"], section.judging)
        histories = [read_history(files.replica(number + 1).history) for number in range(len(model.single))]
        save_figure(single_model.loss_curves(histories, f"{name}: learning"), files.figures / "loss.png")
        _write_atlas(
            files.figures,
            survey,
            committee,
            catalogue,
            lambda row: paint([images[row] for images in whole]),
            section.judging.threshold,
            survey.pixel_scale_arcsec(params),
        )
    return metrics


def read_replicas(
    paths: SurveyPaths, params: Params, name: str, files: ModelPaths, catalogue: pd.DataFrame
) -> Replicated:
    """Measure the trainings of a model, whose files are ``files``, by the scores that they left.

    Raises
    ------
    UserError
        If a training did not leave its scores, or they do not fit each other.
    """
    contract, section = survey_of(paths.survey), params.survey(paths.survey)
    scores = scores_of(files, section.training.replicas, contract.columns.scores)
    return evaluate_replicas(
        name, scores, lambda rows: contract.objects.groups_of(rows, catalogue), section.judging, params.seed
    )


def scores_of(files: ModelPaths, replicas: int, columns: Mapping[str, Column]) -> list[pd.DataFrame]:
    """Read the score table of every training of a model.

    Raises
    ------
    UserError
        If one is missing.
    """
    return [read_table(files.replica(number + 1).scores, columns) for number in range(replicas)]


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
