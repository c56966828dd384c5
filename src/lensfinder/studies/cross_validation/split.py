"""Study ``cv``, first stage: the parts of every fold."""

from __future__ import annotations

import shutil

import pandas as pd

from lensfinder.datasets.table import read_table
from lensfinder.params import Params
from lensfinder.studies.cross_validation import LEAK
from lensfinder.studies.cross_validation.design import design_of
from lensfinder.studies.cross_validation.folds import assign_folds, folds_of, held_out
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def split_folds(paths: SurveyPaths, params: Params, study: str) -> None:
    """Write the parts of every fold of every repeat, ``splits/<study>/<survey>/<fold>``.

    Raises
    ------
    UserError
        If the catalogue is missing or cannot be read, or if a fold would be too small.
    """
    folder = StudyPaths(paths, study).splits_dir
    # A fold of other parameters must not stay behind.
    shutil.rmtree(folder, ignore_errors=True)
    design, columns = design_of(paths.survey), survey_of(paths.survey).columns.catalogue
    catalogue = read_table(paths.catalogue, columns)
    cv, at_random = params.survey(paths.survey).study(CrossValidation), study == LEAK.name
    sizes = {}
    for repeat in cv.repeats:
        numbers = assign_folds(catalogue, len(cv.folds), repeat, params.seed, at_random)
        for fold in (fold for fold in folds_of(cv) if fold.repeat == repeat):
            view = held_out(catalogue, numbers, fold)
            design.write(folder / fold.key, view, fold, params, at_random)
            sizes[fold.key] = view[view["sample"] == "test"].groupby("kind").size()
    print("Objects held out:", pd.DataFrame(sizes).T.to_string(), sep="\n", flush=True)
