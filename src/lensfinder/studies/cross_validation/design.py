"""What differs between the surveys' cross-validations, a folder each, loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from lensfinder.gate.expectations import Suite
    from lensfinder.params import Params
    from lensfinder.params.base import Section, SurveySection
    from lensfinder.studies.cross_validation.folds import Fold
    from lensfinder.studies.cross_validation.question import CvQuestion
    from lensfinder.studies.cross_validation.tables import FoldTables
    from lensfinder.workspace.paths import StudyPaths

    Prepared = tuple[FoldTables, Callable[[dict[str, pd.DataFrame]], list[Suite]]]
    """Tables of all folds, and what makes suites of them once Great Expectations is loaded."""


class Design(Protocol):
    """What a survey's folder offers."""

    def cut(self, section: SurveySection) -> Section:
        """Return the parameters by which what a fold learns from is cut into training and validation."""

    def write(self, base: Path, view: pd.DataFrame, fold: Fold, params: Params, at_random: bool) -> None:
        """Write the parts of a fold below ``base``, from the catalogue as the fold sees it."""

    def prepare(self, files: StudyPaths, params: Params) -> Prepared:
        """Make what the gate looks at."""


def design_of(survey: str) -> Design:
    """Return what is a survey's own, by its name."""
    return cast(Design, import_module(f"{__package__}.{survey}"))


def question_of(survey: str) -> CvQuestion:
    """Return what is asked of a survey's models, and what they are called."""
    question: CvQuestion = import_module(f"{__package__}.{survey}.question").QUESTION
    return question
