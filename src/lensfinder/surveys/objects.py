"""How the objects of a survey look, group, and are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lensfinder.evaluation.intervals import Groups
from lensfinder.evaluation.on_sky import OnSky
from lensfinder.evaluation.tables import Axis
from lensfinder.figures.atlas import CaptionField
from lensfinder.params import Params
from lensfinder.typing import AnyArray, FloatArray

Painter = Callable[[Sequence[AnyArray]], FloatArray]
"""Images of one object, as its reference representation has them → RGB (y, x, 3) in 0–1."""


@dataclass(frozen=True)
class SurveyObjects:
    """How all that is shown and counted of a survey sees its objects.

    Attributes
    ----------
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
    on_sky
        From rows of a score table, the catalogue and the survey's files, how many objects of the sky each
        row stands for; None where nobody knows.
    """

    reference: str
    kind_of: Callable[[pd.DataFrame], AnyArray]
    kind_names: Mapping[str, str]
    spread_columns: Mapping[str, str]
    caption_fields: Sequence[CaptionField]
    completeness_axes: Sequence[Axis]
    groups_of: Callable[[pd.DataFrame, pd.DataFrame], Groups]
    painter: Callable[[Path, Sequence[AnyArray]], Painter]
    pixel_scale_arcsec: Callable[[Params], float]
    on_sky: Callable[..., OnSky | None] = lambda *_: None
