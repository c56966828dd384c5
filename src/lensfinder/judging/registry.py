"""The surveys that can be judged."""

from __future__ import annotations

from lensfinder.judging.euclid_judging import EUCLID
from lensfinder.judging.jpas_judging import JPAS
from lensfinder.judging.survey import SurveyJudging

_SURVEYS = {"jpas": JPAS, "euclid": EUCLID}


def judging_of(survey: str) -> SurveyJudging:
    """Return the description of a survey, by its name."""
    return _SURVEYS[survey]
