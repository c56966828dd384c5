"""Study ``cv``: the network of one fold is trained, then asked about the objects that it never saw."""

from __future__ import annotations

import shutil

from lensfinder.datasets.parts import read_parts
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages.score_parts import score_parts
from lensfinder.stages.train import check_validated, train_on_parts
from lensfinder.studies.cross_validation.folds import Fold, fold_seed, folds_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.studies.cross_validation.tracking import study_hash
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.log import study_log
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


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
    section = params.survey(paths.survey)
    cv, survey = section.study(CrossValidation), survey_of(paths.survey)
    if name not in cv.models or fold not in folds_of(cv):
        raise UserError(
            f"params.yaml: {paths.survey}.cv has no {fold.key} of model {name!r}; it has repeats "
            f"{list(cv.repeats)}, folds {list(cv.folds)}, models {list(cv.models)}"
        )
    files = StudyPaths(paths, study)
    check_validated(
        files.validation_dir / f"{fold.key}.json",
        f"dvc repro {files.target}",
    )
    definition = section.models[name]
    representation = survey.representations[definition.representation]
    parts = read_parts(survey.parts.files(files.splits_dir / fold.key, name))
    out = files.model(f"{name}/{fold.key}")
    parent = study_hash(files, params, name)
    work = train_on_parts(
        paths,
        params,
        parts,
        definition,
        representation,
        fold_seed(params.seed, fold),
        files.stage(f"train-{study}-{paths.survey}@{fold.repeat}-{fold.number}-{name}"),
        out,
        lambda inputs_hash: study_log(files, f"{name}/{fold.key}", inputs_hash, params, definition, parent),
    )
    score_parts(paths, params, parts, representation, out)
    shutil.rmtree(work)
