"""Parts of the J-PAS track: unions of sky tiles, the same for both representations."""

from __future__ import annotations

from lensfinder.datasets.splits import TileParts
from lensfinder.surveys.jpas.columns import CATALOGUE_COLUMNS, SPLIT_COLUMNS

PARTS = TileParts(CATALOGUE_COLUMNS, SPLIT_COLUMNS)
