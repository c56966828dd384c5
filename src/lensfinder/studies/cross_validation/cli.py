"""Commands of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lensfinder.errors import UserError
from lensfinder.studies.cross_validation import CV, LEAK
from lensfinder.surveys.commands import open_survey, survey_argument

if TYPE_CHECKING:
    from lensfinder.params import Params
    from lensfinder.workspace.paths import SurveyPaths

app = typer.Typer(
    no_args_is_help=True,
    help="""Cross-validate; `make cv` calls these for you, in this order.

    Every fold, a union of sky tiles, is held out once by networks that learn from all others.
    `--leak` deals objects at random instead, the usual mistake, and keeps its results apart.""",
)

SurveyName = Annotated[str, survey_argument(names=CV.surveys)]


def _open_study(survey: str, leak: bool) -> tuple[SurveyPaths, Params, str]:
    if leak and survey not in LEAK.surveys:
        raise UserError(f"--leak: objects of {survey} share nothing that could leak")
    return *open_survey(survey, [CV.name]), (LEAK if leak else CV).name


Leak = Annotated[bool, typer.Option("--leak", help="On random folds, which leak (`jpas` alone).")]


@app.command("split")
def cv_split(survey: SurveyName, leak: Leak = False) -> None:
    """Cut all objects into folds, and what each fold learns from into training and validation."""
    from lensfinder.studies.cross_validation.split import split_folds

    split_folds(*_open_study(survey, leak))


@app.command("validate")
def cv_validate(survey: SurveyName, leak: Leak = False) -> None:
    """Check every fold with Great Expectations; with `--leak`, expect the checks for leaks to fail."""
    from lensfinder.studies.cross_validation.validate import validate_folds

    validate_folds(*_open_study(survey, leak))


@app.command("train")
def cv_train(
    survey: SurveyName,
    model: Annotated[
        str | None, typer.Argument(help="Train this model alone, without --fold.", show_default=False)
    ] = None,
    fold: Annotated[int | None, typer.Option(min=1, help="Fold to hold out.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Repeat that it belongs to.")] = 1,
    leak: Leak = False,
) -> None:
    """Train every model without each fold, side by side, and score it; or one model without one fold.

    A killed training goes on after its last epoch and ends as an undisturbed one.
    """
    from lensfinder.studies.cross_validation.folds import Fold
    from lensfinder.studies.cross_validation.train import train_fold, train_folds

    if (model is None) != (fold is None):
        raise UserError("give both a model and --fold, or neither")
    study = _open_study(survey, leak)
    if model is None or fold is None:
        train_folds(*study)
    else:
        train_fold(*study, model, Fold(repeat, fold))


@app.command("judge")
def cv_judge(survey: SurveyName, leak: Leak = False) -> None:
    """Measure over folds, test the difference of the models, and write verdict and report."""
    from lensfinder.studies.cross_validation.folds import folds_of
    from lensfinder.studies.cross_validation.judge import judge_cv
    from lensfinder.studies.cross_validation.params import CrossValidation
    from lensfinder.studies.cross_validation.tracking import log_cross_validation, study_hash
    from lensfinder.workspace.paths import StudyPaths

    paths, params, study = _open_study(survey, leak)
    results = judge_cv(paths, params, study)
    files, cv = StudyPaths(paths, study), params.survey(survey).study(CrossValidation)
    hashes = {name: study_hash(files, params, name) for name in cv.models}
    log_cross_validation(files, hashes, folds_of(cv), results)
