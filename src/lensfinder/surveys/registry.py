"""The surveys that can be judged."""

from __future__ import annotations

from lensfinder.surveys.euclid.description import EUCLID
from lensfinder.surveys.jpas.description import JPAS
from lensfinder.surveys.survey import SurveyJudging

_SURVEYS = {"jpas": JPAS, "euclid": EUCLID}


def judging_of(survey: str) -> SurveyJudging:
    """Return the description of a survey, by its name."""
    return _SURVEYS[survey]
