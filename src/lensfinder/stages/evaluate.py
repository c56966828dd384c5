"""Stage ``evaluate``: a trained model → scores, metrics, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.datasets.jpas_columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.jsonfiles import write_json
from lensfinder.judging import figures, figures_curves, figures_images, jpas_judging, tables
from lensfinder.judging.atlas import caption, mistakes, spread_examples
from lensfinder.judging.evaluation import CURVE_FPR, evaluate, part_of, roc_band
from lensfinder.judging.figures_style import GREEN, RED, save_figure
from lensfinder.judging.files import open_images_of, read_history, read_wavelengths, write_csv
from lensfinder.judging.scores import SCORE_COLUMNS, objects_to_score, with_scores
from lensfinder.params import Jpas, Params
from lensfinder.paths import ModelPaths, SurveyPaths
from lensfinder.typing import AnyArray, FloatArray

PREDICTION_BATCH = 128
"""Objects given to the network at a time: fast on a few cores, and never more than some hundred MB."""

RELIABILITY_BINS = 10
ATLAS_COLUMNS, ATLAS_ROWS = 6, 4
EXAMPLES_PER_KIND = 12


def evaluate_model(paths: SurveyPaths, params: Params, survey_params: Jpas, name: str) -> dict[str, Any]:
    """Score the validation and the test part with model ``name``, measure, draw, and return the metrics.

    Raises
    ------
    UserError
        If the model is not in the parameters, or a file is missing or does not fit the others.
    CheckFailed
        If the network's output is no probability.
    """
    if name not in survey_params.models:
        raise UserError(
            f"params.yaml: {paths.survey}.models has no {name!r}; it has {', '.join(survey_params.models)}"
        )
    catalogue = read_table(paths.catalogue, CATALOGUE_COLUMNS)
    objects = objects_to_score(read_table(paths.splits, SPLIT_COLUMNS), catalogue)
    cubes = open_images_of(paths.cubes, len(catalogue))
    images = open_images_of(paths.images_of(survey_params.models[name].representation), len(catalogue))
    wavelength_aa = read_wavelengths(paths.tables, cubes.shape[-1])
    model = paths.model(name)
    if not model.model.is_file():
        raise UserError(f"{model.model}: no such file; train the model first (`make repro`)")
    history = read_history(model.history)

    from lensfinder.networks.predict import predict_scores  # imports TensorFlow

    definition = survey_params.models[name]
    score = predict_scores(
        model.model,
        definition,
        images,
        objects["row"].to_numpy(),
        PREDICTION_BATCH,
        survey_params.training.threads,
    )
    scores = with_scores(objects, score)
    own_bytes, cube_bytes = images[0].nbytes, cubes[0].nbytes
    metrics = evaluate(
        scores, catalogue, survey_params.judging, params.seed, own_bytes, cube_bytes / own_bytes
    )
    write_table(model.scores, scores, SCORE_COLUMNS)
    write_json(model.metrics, metrics)
    _write_curves(model, scores, catalogue, metrics, params.seed, survey_params, history, name)
    _write_atlas(model.figures, scores, catalogue, cubes, wavelength_aa, survey_params)
    return metrics


def _write_curves(
    model: ModelPaths,
    scores: pd.DataFrame,
    catalogue: pd.DataFrame,
    metrics: dict[str, Any],
    seed: int,
    survey_params: Jpas,
    history: pd.DataFrame,
    name: str,
) -> None:
    judging = survey_params.judging
    rows, test = part_of(scores, "test")
    lenses = rows[rows["label"] == 1]
    drawn = {
        "roc": tables.roc_table(test),
        "f_beta": tables.threshold_table(test, judging.beta),
        "reliability": tables.reliability_table(
            test.label, test.score, RELIABILITY_BINS, judging.interval_level
        ),
        "completeness": tables.completeness_tables(
            catalogue.iloc[lenses["row"].to_numpy()],
            lenses["score"].to_numpy(dtype=np.float64) >= judging.threshold,
            jpas_judging.COMPLETENESS_AXES,
            judging.interval_level,
        ),
        "confusion": tables.confusion_table(test.label, test.score, judging.threshold),
    }
    for table_name, table in drawn.items():
        write_csv(model.plots / f"{table_name}.csv", table)
    for stale in model.figures.glob("*.png"):
        stale.unlink()
    band = roc_band(rows, test, catalogue, judging, seed)
    curve = figures_curves.RocCurve(name, drawn["roc"], metrics, CURVE_FPR, *band)
    for figure_name, figure in {
        "confusion_matrix": figures.confusion_matrix(metrics, f"{name}, {len(rows):,} test objects"),
        "roc": figures_curves.roc([curve], f"{name}: ROC"),
        "f_beta": figures_curves.f_beta_curve(drawn["f_beta"], metrics, name),
        "reliability": figures.reliability(drawn["reliability"], metrics, name),
        "completeness": figures.completeness(
            {name: drawn["completeness"]},
            jpas_judging.COMPLETENESS_AXES,
            f"{name}: completeness of {len(lenses):,} test lenses at p ≥ {judging.threshold:g}",
        ),
        "loss": figures.loss_curves(history, f"{name}: learning"),
    }.items():
        save_figure(figure, model.figures / f"{figure_name}.png")


def _write_atlas(
    folder: Path,
    scores: pd.DataFrame,
    catalogue: pd.DataFrame,
    cubes: AnyArray,
    wavelength_aa: FloatArray,
    survey_params: Jpas,
) -> None:
    threshold = survey_params.judging.threshold
    pixel_scale = survey_params.observation.pixel_scale_arcsec
    rows, test = part_of(scores, "test")
    right = (test.score >= threshold) == (test.label == 1)

    def panel(position: int) -> figures_images.Panel:
        row = rows.iloc[position]
        image = figures_images.colour_image(cubes[row["row"]], wavelength_aa)
        kind = jpas_judging.KIND_NAMES.get(row["kind"], row["kind"])
        lines = caption(row, catalogue.iloc[row["row"]], jpas_judging.CAPTION_FIELDS, kind)
        return figures_images.Panel(image, lines, GREEN if right[position] else RED)

    def page(positions: AnyArray, title: str, file: str) -> None:
        page_rows = max(1, -(-len(positions) // ATLAS_COLUMNS))
        figure = figures_images.atlas_page(
            [panel(int(p)) for p in positions], title, ATLAS_COLUMNS, page_rows, pixel_scale
        )
        save_figure(figure, folder / file)

    for kind, column in jpas_judging.SPREAD_COLUMNS.items():
        of_kind = np.flatnonzero(rows["kind"].to_numpy() == kind)
        value = catalogue[column].to_numpy()[rows["row"].to_numpy()[of_kind]]
        chosen = of_kind[spread_examples(rows.iloc[of_kind], value, EXAMPLES_PER_KIND)]
        kind_name = jpas_judging.KIND_NAMES[kind]
        words = (
            f"{kind_name}: {len(chosen)} of {len(of_kind):,}, by {column} (frame green: right, orange: wrong)"
        )
        page(chosen, words, f"atlas_{kind}.png")
    missed, false = mistakes(rows, threshold)
    wrong = np.concatenate([missed, false])
    size = ATLAS_COLUMNS * ATLAS_ROWS
    pages = max(1, -(-len(wrong) // size))
    for number in range(pages):
        words = (
            f"every mistake at p ≥ {threshold:g}: {len(missed)} missed lenses, "
            f"then {len(false)} false positives, worst first"
        )
        page(
            wrong[number * size : (number + 1) * size],
            f"{words} ({number + 1}/{pages})",
            f"atlas_mistakes_{number + 1:02d}.png",
        )
