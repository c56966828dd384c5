"""Study ``cv``: the network of one fold is trained, then asked about the objects that it never saw."""

from __future__ import annotations

from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.stages.train import OneTraining, check_validated, train_side_by_side
from lensfinder.studies.cross_validation import CV
from lensfinder.studies.cross_validation.folds import Fold, fold_seed, folds_of
from lensfinder.studies.cross_validation.params import CrossValidation
from lensfinder.studies.cross_validation.tracking import study_hash
from lensfinder.surveys.registry import survey_of
from lensfinder.tracking.log import study_log
from lensfinder.workspace.paths import StudyPaths, SurveyPaths


def training_of(paths: SurveyPaths, params: Params, study: str, name: str, fold: Fold) -> OneTraining:
    """Return the training of model ``name`` without the objects of a fold.

    Raises
    ------
    UserError
        If parameters have no such model or fold, or nobody has checked the fold.
    """
    section = params.survey(paths.survey)
    cv, survey = section.study(CrossValidation), survey_of(paths.survey)
    if name not in cv.models or fold not in folds_of(cv):
        raise UserError(
            f"params.yaml: {paths.survey}.cv has no {fold.key} of model {name!r}; it has repeats "
            f"{list(cv.repeats)}, folds {list(cv.folds)}, models {list(cv.models)}"
        )
    files = StudyPaths(paths, study)
    check_validated(files.validation_dir / f"{fold.key}.json", f"dvc repro {files.target}")
    definition = section.models[name]
    return OneTraining(
        paths,
        f"{name}/{fold.key}",
        survey.parts.files(files.splits_dir / fold.key, name),
        definition,
        survey.representations[definition.representation],
        section.training,
        fold_seed(params.seed, fold),
        files.stage(f"train-{study}-{paths.survey}"),
        files.model(f"{name}/{fold.key}"),
    )


def train_fold(paths: SurveyPaths, params: Params, study: str, name: str, fold: Fold) -> None:
    """Train model ``name`` without the objects of a fold, and score the fold's validation and test part.

    Raises
    ------
    UserError
        If parameters have no such model or fold, or a file is missing or does not fit the others.
    CheckFailed
        If the training diverges.
    """
    one, files = training_of(paths, params, study, name, fold), StudyPaths(paths, study)
    parent = study_hash(files, params, name)
    one.run(lambda of: study_log(files, one.name, of.inputs, params, one.definition, parent))


def train_folds(paths: SurveyPaths, params: Params, study: str) -> None:
    """Train every model on every fold, side by side, but for what is done already.

    Raises
    ------
    UserError
        If a file is missing or does not fit the others.
    CheckFailed
        If a training diverges.
    """
    section = params.survey(paths.survey)
    cv = section.study(CrossValidation)
    leak = ["--leak"] if study != CV.name else []
    train_side_by_side(
        paths.root,
        {
            f"{name} {fold.key}": [
                *("cv", "train", paths.survey, name, "--fold", str(fold.number)),
                *("--repeat", str(fold.repeat), *leak),
            ]
            for fold in folds_of(cv)
            for name in cv.models
            if not training_of(paths, params, study, name, fold).is_done()
        },
        section.training,
    )
