"""What judging must be told of a survey: how its objects look and group, and how its models are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from lensfinder.datasets.table import Column
from lensfinder.evaluation.evaluated import Judged
from lensfinder.evaluation.intervals import Groups
from lensfinder.evaluation.tables import Axis
from lensfinder.figures.atlas import CaptionField
from lensfinder.params import Model, Params
from lensfinder.report.report import ReportWords
from lensfinder.typing import AnyArray, FloatArray
from lensfinder.workspace.paths import SurveyPaths

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Painter = Callable[[Sequence[AnyArray]], FloatArray]
"""Images of one object, as its reference representation has them → RGB (y, x, 3) in 0–1."""


@dataclass(frozen=True)
class Results:
    """What the evaluations of a survey's models left, each by the name of the model, in the order shown.

    ``facts`` is what an earlier stage of the survey has counted or measured, ``epochs`` how long each model
    was trained.
    """

    params: Params
    catalogue: pd.DataFrame
    judged: Mapping[str, Judged]
    metrics: Mapping[str, Mapping[str, Any]]
    epochs: Mapping[str, int]
    facts: Mapping[str, Any]


class Contest(Protocol):
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

    def words(self, results: Results, comparison: Mapping[str, Any]) -> ReportWords:
        """Return what the report says."""


@dataclass(frozen=True)
class SurveyJudging:
    """One survey.

    Attributes
    ----------
    catalogue_columns, score_columns
        Of the survey's catalogue and score tables.
    reference
        Representation that holds all the survey has of an object: objects are shown by it, and the size of
        other representations is measured against it.
    kind_of
        Kind (n,) of the objects in rows of a score table; a kind is all lenses or all non-lenses.
    kind_names
        Kinds in words.
    spread_columns
        Quantity over which the atlas spreads the examples of each kind.
    caption_fields
        What stands below an object in the atlas.
    completeness_axes
        What recall is drawn against.
    groups_of
        From rows of a score table and the catalogue, what the bootstrap draws.
    painter
        From the folder of tables and the opened images of the reference, how an object is coloured.
    pixel_scale_arcsec
        Of a coloured image.
    """

    catalogue_columns: Mapping[str, Column]
    score_columns: Mapping[str, Column]
    reference: str
    kind_of: Callable[[pd.DataFrame], AnyArray]
    kind_names: Mapping[str, str]
    spread_columns: Mapping[str, str]
    caption_fields: Sequence[CaptionField]
    completeness_axes: Sequence[Axis]
    groups_of: Callable[[pd.DataFrame, pd.DataFrame], Groups]
    painter: Callable[[Path, Sequence[AnyArray]], Painter]
    pixel_scale_arcsec: Callable[[Params], float]
    contest: Contest
