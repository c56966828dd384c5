"""Commands of the study."""

from __future__ import annotations

from typing import Annotated

import typer

from lensfinder.studies.ablations import ABLATIONS
from lensfinder.surveys.commands import open_survey, survey_argument

app = typer.Typer(
    no_args_is_help=True,
    help="""Take something from the models, to see what it was good for; `make ablations` calls these for you.

    `jpas.ablations` in params.yaml says what is taken, and from which model.""",
)

SurveyName = Annotated[str, survey_argument(names=ABLATIONS.surveys)]


@app.command("represent")
def ablations_represent(survey: SurveyName) -> None:
    """Make of every cube one pseudo-spectrum, one white image and 56 colours."""
    from lensfinder.studies.ablations.represent import represent_ablations

    represent_ablations(*open_survey(survey, [ABLATIONS.name]))


@app.command("train")
def ablations_train(
    survey: SurveyName,
    name: Annotated[
        str | None,
        typer.Argument(help="Train this one alone: a name under `jpas.ablations` in params.yaml."),
    ] = None,
    replica: Annotated[int, typer.Option(min=1, help="Which of its trainings; counted from 1.")] = 1,
) -> None:
    """Train and score all, side by side; a killed training resumes and ends as an undisturbed one."""
    from lensfinder.studies.ablations.train import train_ablation, train_ablations

    paths, params = open_survey(survey, [ABLATIONS.name])
    if name is None:
        train_ablations(paths, params)
    else:
        train_ablation(paths, params, name, replica)


@app.command("occlude")
def ablations_occlude(survey: SurveyName) -> None:
    """Hide bands and places from the trained models, and draw how their losses rise."""
    from lensfinder.studies.occlusion.occlude import occlude

    occlude(*open_survey(survey, [ABLATIONS.name]))


@app.command("judge")
def ablations_judge(survey: SurveyName) -> None:
    """Compare all with the models that they were made of; write numbers, figure and report."""
    from lensfinder.studies.ablations.judge import judge_all

    judge_all(*open_survey(survey, [ABLATIONS.name]))
