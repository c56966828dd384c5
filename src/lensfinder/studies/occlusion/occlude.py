"""Which bands and which places the compared models look at; ablations report it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lensfinder.datasets.files import open_images_of, write_csv
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.evaluated import part_of
from lensfinder.evaluation.replicated import committee
from lensfinder.figures.style import save_figure
from lensfinder.params import Params
from lensfinder.progress import Progressing
from lensfinder.stages.train import PREDICTION_BATCH
from lensfinder.studies.occlusion.figures import occlusion
from lensfinder.studies.occlusion.images import occluded_scores, patches, single_bands
from lensfinder.studies.occlusion.measures import (
    BANDS_FILE,
    FIGURE_FILE,
    OBJECTS_PER_KIND,
    PATCH_PIXELS,
    PLACES_FILE,
    REPORTED_BY,
    balanced_sample,
    band_table,
    loss_increase,
    place_table,
)
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import Jpas
from lensfinder.surveys.jpas.pseudo_spectra import OF_CUBES
from lensfinder.surveys.jpas.representations import REPRESENTATIONS
from lensfinder.surveys.registry import survey_of
from lensfinder.typing import AnyArray, Float32Array
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def occlude(paths: SurveyPaths, params: Params) -> None:
    """Hide bands and places from all models of the survey, and write how their losses rise, with a figure.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others.
    """
    survey, section = survey_of(paths.survey), params.section(Jpas)
    objects = survey.objects
    catalogue = read_table(paths.catalogue, survey.columns.catalogue)
    (cubes,) = open_images_of(survey.representations[objects.reference].files(paths.root), len(catalogue))
    names = survey.comparison.order(section.models)
    test, _ = part_of(read_table(paths.model(names[0]).scores, survey.columns.scores), "test")
    test = test.iloc[balanced_sample(test["kind"].to_numpy(), OBJECTS_PER_KIND, params.seed)]
    groups = objects.groups_of(test, catalogue)
    pixels, n_bands = cubes.shape[2:]
    regions = [*single_bands(n_bands), *patches(pixels, PATCH_PIXELS)]

    judges = {
        name: judge_of(
            [paths.model(name).replica(n + 1).model for n in range(section.training.replicas)],
            section.models[name].representation,
            section.training.threads,
        )
        for name in names
    }
    shown = np.array(cubes[test["row"].to_numpy()])
    with Progressing("occlusion: bands and places", len(regions), "regions") as progress:
        whole, *hidden = occluded_scores(judges, shown, regions, progress.advance)
    rises = {
        name: loss_increase(
            test["label"].to_numpy(),
            whole[name],
            np.stack([scores[name] for scores in hidden]),
            groups,
            section.judging,
            params.seed,
        )
        for name in names
    }
    filters = read_filters(paths.tables).cube()
    bands = band_table(
        {name: rise[:n_bands] for name, rise in rises.items()}, filters.names, filters.wavelength_mean_A
    )
    places = place_table(
        {name: rise[n_bands:] for name, rise in rises.items()}, pixels, section.observation.pixel_scale_arcsec
    )
    folder = StudyPaths(paths, REPORTED_BY).report_dir
    write_csv(folder / BANDS_FILE, bands)
    write_csv(folder / PLACES_FILE, places)
    title = f"bands hidden from {len(test):,} test objects, one at a time"
    save_figure(occlusion(bands, places, title), folder / FIGURE_FILE)


def judge_of(
    networks: Sequence[Path], representation: str, threads: int
) -> Callable[[AnyArray], Float32Array]:
    """Return what gives cubes (n, y, x, bands) their scores (n,): a committee that reads its part of them.

    Raises
    ------
    UserError
        If a file is missing or no network.
    """
    from lensfinder.networks.predict import Predictor  # imports TensorFlow

    predictors = [Predictor(path, REPRESENTATIONS[representation], threads) for path in networks]
    represent = OF_CUBES[representation]

    def judge(cubes: AnyArray) -> Float32Array:
        read, rows = [represent(cubes)], np.arange(len(cubes))
        return committee([of.scores(read, rows, PREDICTION_BATCH) for of in predictors])

    return judge
