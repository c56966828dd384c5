"""Study ``hard_negatives``: what the trained models say of objects that look like lenses and are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lensfinder.datasets.files import open_images_of
from lensfinder.datasets.scores import with_scores
from lensfinder.datasets.table import Column, read_table, write_table
from lensfinder.errors import UserError
from lensfinder.evaluation.replicated import committee
from lensfinder.figures import images as image_figures
from lensfinder.figures.atlas import spread_examples
from lensfinder.figures.style import GREEN, RED, save_figure
from lensfinder.params import Params
from lensfinder.report.page import Section, commands_section, write_page
from lensfinder.stages.train import PREDICTION_BATCH
from lensfinder.studies.hard_negatives.columns import IMPOSTOR_COLUMNS
from lensfinder.studies.hard_negatives.figures import rates_by_kind
from lensfinder.studies.hard_negatives.files import HardNegativeFiles
from lensfinder.studies.hard_negatives.measures import beside_ordinary, false_positive_rates
from lensfinder.studies.hard_negatives.params import IMPOSTOR_KINDS
from lensfinder.studies.hard_negatives.summary import (
    IMPOSTOR_NAMES,
    MEANINGFUL_OBJECTS,
    differences_table,
    fainter_than_cut,
    rates_table,
    verdict,
)
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.representations import REPRESENTATIONS
from lensfinder.surveys.registry import survey_of
from lensfinder.typing import IntArray
from lensfinder.workspace.jsonfiles import read_json, write_json

TITLE = "Lensed quasars in J-PAS: what deceives the models?"
NAMED = ("object_id", "row", "tile", "kind", "label")
"""Columns of the score table before the scores."""


def judge_impostors(paths: JpasPaths, params: Params) -> dict[str, Any]:
    """Score all hard negatives with every model, count false positives, report, and return the numbers.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others.
    CheckFailed
        If a network's output is no probability.
    """
    files, section = HardNegativeFiles(paths), params.section(Jpas)
    names = survey_of(paths.survey).comparison.order(section.models)
    metrics = {name: read_json(paths.model(name).measures)["committee"] for name in names}
    impostors = read_table(files.catalogue, IMPOSTOR_COLUMNS)
    objects = impostors.assign(row=np.arange(len(impostors), dtype=np.int64))[list(NAMED)]
    scores = _score(files, params, names, objects)
    content = false_positive_rates(
        impostors["kind"].to_numpy(),
        impostors["tile"].to_numpy(),
        {name: scores[_column(name)].to_numpy(dtype=np.float64) for name in names},
        IMPOSTOR_KINDS,
        section.judging,
        params.seed,
    )
    content |= beside_ordinary(metrics)
    write_table(files.scores, scores, _score_columns(names))
    write_json(files.metrics, content)
    figures = files.report_dir / "figures"
    save_figure(rates_by_kind(content), figures / "rates.png")
    _write_atlas(files, params, impostors, scores)
    _write_report(files, params, impostors, content)
    return content


def _column(model: str) -> str:
    return f"score_{model}"


def _score_columns(names: list[str]) -> dict[str, Column]:
    own = {**IMPOSTOR_COLUMNS, "row": Column("int64", "", "its row in catalogue and images")}
    return {
        **{name: own[name] for name in NAMED},
        **{
            _column(name): Column(
                "float32", "", f"probability of being a lens by {name}, all its trainings together"
            )
            for name in names
        },
    }


def _score(files: HardNegativeFiles, params: Params, names: list[str], objects: pd.DataFrame) -> pd.DataFrame:
    """Add the scores of every model's committee."""
    section, scores = params.section(Jpas), objects.copy()
    networks = {
        name: [files.survey.model(name).replica(n + 1).model for n in range(section.training.replicas)]
        for name in names
    }
    for path in (path for of in networks.values() for path in of):
        if not path.is_file():
            raise UserError(f"{path}: no such file; train the model first (`make repro`)")

    from lensfinder.networks.predict import predict_scores  # imports TensorFlow

    for name, paths in networks.items():
        representation = REPRESENTATIONS[section.models[name].representation]
        images = open_images_of(files.images_of(representation.name), len(objects))
        rows, threads = objects["row"].to_numpy(), section.training.threads
        each = [
            predict_scores(path, representation, images, rows, PREDICTION_BATCH, threads) for path in paths
        ]
        scores[_column(name)] = with_scores(objects, committee(each))["score"]
    return scores


def _write_atlas(
    files: HardNegativeFiles, params: Params, impostors: pd.DataFrame, scores: pd.DataFrame
) -> None:
    """Draw a page for each kind: what deceives most, then examples from bright to faint."""
    survey = survey_of(files.survey.survey).objects
    whole = open_images_of(files.images_of(survey.reference), len(impostors))
    paint = survey.painter(files.survey.tables, whole)
    models = {name: scores[_column(name)].to_numpy() for name in params.section(Jpas).models}
    worst = np.max(list(models.values()), axis=0)
    half = image_figures.ATLAS_PAGE // 2

    def panel(row: int) -> image_figures.Panel:
        truth = impostors.iloc[row]
        lines = (
            str(truth["object_id"]).removeprefix("jpas-"),
            *(f"{name}: p = {score[row]:.4f}" for name, score in models.items()),
            f'{truth["separation_arcsec"]:.1f}"  r {truth["mimic_r_mag"]:.1f}',
        )
        deceived = worst[row] >= params.section(Jpas).judging.threshold
        return image_figures.Panel(
            paint([images[row] for images in whole]), lines, RED if deceived else GREEN
        )

    for kind in IMPOSTOR_KINDS:
        rows = np.flatnonzero(impostors["kind"] == kind)
        top: IntArray = rows[np.argsort(-worst[rows], kind="stable")][:half]
        rest = np.setdiff1d(rows, top)
        brightness = impostors["mimic_r_mag"].to_numpy()[rest]
        chosen = np.concatenate([top, rest[spread_examples(impostors.iloc[rest], brightness, half)]])
        title = (
            f"{IMPOSTOR_NAMES[kind]}: the {len(top)} of {len(rows):,} with the highest scores, then others "
            "from bright to faint (frame orange: called a lens)"
        )
        panels = [panel(int(row)) for row in chosen]
        figure = image_figures.atlas_page(panels, title, survey.pixel_scale_arcsec(params))
        save_figure(figure, files.report_dir / "figures" / f"atlas_{kind}.png")


def _write_report(
    files: HardNegativeFiles, params: Params, impostors: pd.DataFrame, content: Mapping[str, Any]
) -> None:
    setting = f"Preset {params.preset}, seed {params.seed}: {content['n']:,} simulated hard negatives."
    if impostors["kind"].value_counts().min() < MEANINGFUL_OBJECTS:
        setting += " **So few objects show that everything runs; their numbers mean nothing.**"
    limit = params.section(Jpas).systems.quasar_r_mag_observed.high
    level = f"{100 * params.section(Jpas).judging.interval_level:.0f} %"
    sections = [
        Section(
            "What was asked",
            "None of these objects is a lens, and no model has learned from any like them. Each takes the "
            "place of a simulated lensed quasar: separations, magnitudes and galaxies are those of lenses. "
            "Tiles, galaxies and quasars are the set's own. An object is called a lens at "
            f"p ≥ {content['threshold']:g}.\n\n"
            + fainter_than_cut(list(impostors["kind"]), list(impostors["mimic_r_mag"]), limit),
        ),
        Section(
            "False-positive rate by kind",
            f"In brackets: {level} bootstrap interval over {content['interval_groups']} tiles; †: Wilson's, "
            "where no draw differs from another, and for kinds of ordinary negatives.\n\n"
            f"{rates_table(content)}\n![Rates](figures/rates.png)",
        ),
        Section(
            "Is one model deceived less?",
            f"{differences_table(content)}\nDifferences on the same objects and the same bootstrap draws. "
            "McNemar's test takes objects as independent and is therefore a little too sure, and of several "
            "kinds one may exclude zero by chance.",
        ),
        Section(
            "The objects",
            "\n\n".join(f"![{words}](figures/atlas_{kind}.png)" for kind, words in IMPOSTOR_NAMES.items()),
        ),
        Section(
            "What is not in it",
            "Stars are dwarfs on the stellar locus with the strongest absorption only; rings are rings of "
            "knots with one spectrum; mergers have no tidal tails. How often each kind occurs on the sky is "
            "not asked here: rates by kind, times numbers by kind, would say what a survey finds.",
        ),
        commands_section(
            [
                ("everything on this page", "make hard-negatives"),
                ("the numbers", "dvc metrics show metrics/jpas/hard_negatives.json"),
                ("the score of every object", "evaluation/hard_negatives/jpas/scores.parquet"),
            ]
        ),
    ]
    write_page(files.report_dir, TITLE, setting, verdict(content), sections)
