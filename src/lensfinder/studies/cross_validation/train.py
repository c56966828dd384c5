"""Study ``cv``: the network of one fold is trained, then asked about the objects that it never saw."""

from __future__ import annotations

import shutil

from lensfinder.datasets.parts import read_parts_of
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages.score_parts import score_parts
from lensfinder.stages.train import check_validated, train_on_parts
from lensfinder.studies.cross_validation.folds import Fold, fold_seed, folds_of
from lensfinder.tracking.log import fold_log
from lensfinder.workspace.paths import StudyPaths, SurveyPaths
from lensfinder.workspace.pipeline import study_hash


def train_fold(paths: SurveyPaths, params: Params, study: str, name: str, fold: Fold) -> None:
    """Train model ``name`` without the objects of a fold, and score the fold's validation and test part.

    Training and scoring are one stage, because TensorFlow takes longer to start than a fold to score.

    Raises
    ------
    UserError
        If parameters have no such model or fold, or a file is missing or does not fit the others.
    CheckFailed
        If the training diverges.
    """
    survey = params.survey(paths.survey)
    if name not in survey.cv.models or fold not in folds_of(survey.cv):
        raise UserError(
            f"params.yaml: {paths.survey}.cv has no {fold.key} of model {name!r}; it has repeats "
            f"{list(survey.cv.repeats)}, folds {list(survey.cv.folds)}, models {list(survey.cv.models)}"
        )
    files = StudyPaths(paths, study)
    check_validated(files.validation_dir / f"{fold.key}.json", f"dvc repro {_in_root(files)}")
    definition = survey.models[name]
    parts = read_parts_of(files.splits_of(name, fold.key))
    out = files.model(f"{name}/{fold.key}")
    parent = study_hash(paths.root, study, paths.survey, name, params)
    work = train_on_parts(
        paths,
        params,
        parts,
        definition,
        fold_seed(params.seed, fold),
        f"{_in_root(files)}:train-{study}-{paths.survey}@{fold.repeat}-{fold.number}-{name}",
        out,
        lambda inputs_hash: fold_log(
            paths.root, study, paths.survey, name, fold, inputs_hash, parent, params, definition
        ),
    )
    score_parts(paths, params, parts, definition, out)
    shutil.rmtree(work)


def _in_root(files: StudyPaths) -> str:
    return files.pipeline.relative_to(files.survey.root).as_posix()
