"""How the models of a survey are set against one another, and what the report says of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from lensfinder.evaluation.comparison import Scatters
from lensfinder.evaluation.replicated import Replicated
from lensfinder.params import Model, Params
from lensfinder.report.report import ReportText
from lensfinder.workspace.paths import SurveyPaths

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Results:
    """What the evaluations of a survey's models left, each by the name of the model, in the order shown.

    ``scatters`` is how trainings scatter, ``epochs`` how many each training of a model took, ``facts`` what
    an earlier stage of the survey has counted or measured.
    """

    params: Params
    catalogue: pd.DataFrame
    models: Mapping[str, Replicated]
    scatters: Scatters
    metrics: Mapping[str, Mapping[str, Any]]
    epochs: Mapping[str, Sequence[int]]
    facts: Mapping[str, Any]


class ModelComparison(Protocol):
    """How the models of a survey are set against one another."""

    def order(self, models: Mapping[str, Model]) -> list[str]:
        """Names of the models, in the order in which they are shown.

        Raises
        ------
        UserError
            If one that is needed is missing.
        """

    def facts(self, paths: SurveyPaths) -> Path:
        """Return the JSON file of an earlier stage that the comparison speaks of."""

    def compare(self, results: Results) -> dict[str, Any]:
        """Return the content of ``comparison.json``; ``n_lenses`` and ``n_test`` are in it."""

    def figures(
        self, results: Results, comparison: Mapping[str, Any], paths: SurveyPaths
    ) -> dict[str, tuple[Figure, str]]:
        """Figures that only this survey has, each with its caption; ``paths`` is where images are."""

    def report_text(self, results: Results, comparison: Mapping[str, Any]) -> ReportText:
        """Return what the report says."""
