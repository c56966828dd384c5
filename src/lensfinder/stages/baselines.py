"""Stage ``baselines``: what a network must beat, learned from numbers of the images on the same parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lensfinder.datasets.files import open_images_of
from lensfinder.datasets.parts import read_parts, training_set
from lensfinder.datasets.scores import objects_to_score, with_scores
from lensfinder.datasets.table import read_table, write_table
from lensfinder.errors import UserError
from lensfinder.evaluation.baselines import fit_baseline
from lensfinder.evaluation.comparison import scatters_of
from lensfinder.evaluation.metrics import metrics_of
from lensfinder.evaluation.on_sky import sky_metrics
from lensfinder.evaluation.replicated import evaluate_baseline
from lensfinder.params import Params
from lensfinder.progress import Progressing
from lensfinder.stages.train import check_validated
from lensfinder.surveys.baselines import Baselines
from lensfinder.surveys.registry import survey_of
from lensfinder.typing import AnyArray, FloatArray
from lensfinder.workspace.jsonfiles import write_json
from lensfinder.workspace.paths import SurveyPaths

OBJECTS_AT_A_TIME = 64
"""Of which images are in memory: they take some ten MB."""


def learn_baselines(paths: SurveyPaths, params: Params) -> dict[str, Any]:
    """Fit every baseline on every training set of a survey, score, measure, and return the metrics.

    Raises
    ------
    UserError
        If the survey has no baselines, or a file is missing or does not fit the others.
    """
    contract, section = survey_of(paths.survey), params.survey(paths.survey)
    if contract.baselines is None:
        raise UserError(f"survey {paths.survey} has no baselines")
    check_validated(paths.validation, f"lensfinder validate {paths.survey}")
    survey, columns = contract.objects, contract.columns
    catalogue = read_table(paths.catalogue, columns.catalogue)
    reference = contract.representations[survey.reference]
    images = open_images_of(reference.files(paths.root), len(catalogue))
    numbers = _measure(contract.baselines, images)
    image_bytes = sum(of[0].nbytes for of in images)
    metrics: dict[str, dict[str, Any]] = {}
    base = paths.splits
    tables = {training_set(contract.parts, base, of): contract.parts.files(base, of) for of in section.models}
    for of_set, files in tables.items():
        parts = read_parts(files)
        objects = objects_to_score(parts, catalogue, columns.scores)
        learned = [parts[parts["part"] == part] for part in ("train", "validation")]
        metrics[of_set] = {}
        for name, of_images in numbers.items():
            train, validation = ((of_images[of["row"]], of["label"].to_numpy()) for of in learned)
            probability = fit_baseline(train, validation, params.seed)
            scores = with_scores(objects, probability(of_images[objects["row"]]))
            write_table(paths.baseline_scores(of_set, name), scores, columns.scores)
            baseline = evaluate_baseline(
                name, scores, lambda rows: survey.groups_of(rows, catalogue), section.judging, params.seed
            )
            evaluated = baseline.committee
            own_bytes, kind = of_images[0].nbytes, survey.kind_of(evaluated.rows)
            metrics[of_set][name] = {
                **metrics_of(baseline, kind, scatters_of([baseline]), section.judging),
                "input_bytes_per_object": own_bytes,
                "data_size_saving": image_bytes / own_bytes,
            }
            if sky := survey.on_sky(evaluated.rows, catalogue, paths):
                metrics[of_set][name]["on_sky"] = sky_metrics(
                    evaluated, kind, sky, section.judging, params.seed
                )
    write_json(paths.baselines, metrics)
    return metrics


def _measure(baselines: Baselines, images: Sequence[AnyArray]) -> dict[str, FloatArray]:
    """Numbers (n, k) of all objects, by baseline."""
    n_objects = len(images[0])
    numbers: dict[str, list[FloatArray]] = {name: [] for name in baselines}
    with Progressing("numbers of images", n_objects, "objects") as progress:
        for start in range(0, n_objects, OBJECTS_AT_A_TIME):
            some = [of[start : start + OBJECTS_AT_A_TIME] for of in images]
            for name, of_images in baselines.items():
                numbers[name].append(of_images(some))
            progress.advance(len(some[0]))
    return {name: np.concatenate(parts) for name, parts in numbers.items()}
