"""The surveys that are installed, by name."""

from __future__ import annotations

from lensfinder import plugins
from lensfinder.surveys.survey import Survey


def survey_names() -> tuple[str, ...]:
    """Return the names of all surveys."""
    return plugins.names(plugins.SURVEYS)


def survey_of(name: str) -> Survey:
    """Return a survey.

    Raises
    ------
    UserError
        If none of that name is installed.
    """
    survey: Survey = plugins.load(plugins.SURVEYS, name)
    return survey
