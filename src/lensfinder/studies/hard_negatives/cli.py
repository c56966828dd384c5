"""Commands of the study."""

from __future__ import annotations

from typing import Annotated

import typer

from lensfinder.studies.hard_negatives import HARD_NEGATIVES
from lensfinder.surveys.commands import open_survey, survey_argument

app = typer.Typer(
    no_args_is_help=True,
    help="""Show the models what looks like a lens and is none; `make hard-negatives` calls these for you.

    `jpas.hard_negatives` in params.yaml says how many of which kind.""",
)

SurveyName = Annotated[str, survey_argument(names=HARD_NEGATIVES.surveys)]


@app.command("simulate")
def hard_negatives_simulate(survey: SurveyName) -> None:
    """Simulate stars, quasar pairs, rings and mergers that look like lensed quasars."""
    from lensfinder.studies.hard_negatives.simulate import simulate_impostors

    simulate_impostors(*open_survey(survey, [HARD_NEGATIVES.name]))


@app.command("validate")
def hard_negatives_validate(survey: SurveyName) -> None:
    """Check with Great Expectations that none is a lens and nothing is shared with training or test."""
    from lensfinder.studies.hard_negatives.validate import validate_impostors

    validate_impostors(*open_survey(survey, [HARD_NEGATIVES.name]))


@app.command("judge")
def hard_negatives_judge(survey: SurveyName) -> None:
    """Score them with the trained models; write false-positive rates by kind, figures and report."""
    from lensfinder.studies.hard_negatives.judge import judge_impostors

    judge_impostors(*open_survey(survey, [HARD_NEGATIVES.name]))
