"""The table of scores: what a model says of every validation and test object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lensfinder.datasets.table import Column
from lensfinder.errors import CheckFailed, UserError
from lensfinder.typing import AnyArray

_OBJECT = {
    "object_id": Column("str", "", "name of the object"),
    "row": Column("int64", "", "its row in catalogue and images"),
    "label": Column("int8", "", "1 for a lens, else 0"),
    "kind": Column("str", "", "kind of object"),
}
_SCORE = {
    "part": Column("str", "", "validation or test"),
    "score": Column("float32", "", "probability of being a lens, as the model gives it"),
}


@dataclass(frozen=True)
class Columns:
    """Columns of a survey's tables: its catalogue, and the scores of its models."""

    catalogue: Mapping[str, Column]
    scores: Mapping[str, Column]


def score_columns(shared: Mapping[str, Column]) -> dict[str, Column]:
    """Columns of a survey's score tables; ``shared`` are those that say which objects share what."""
    return {**_OBJECT, **shared, **_SCORE}


def objects_to_score(
    splits: pd.DataFrame, catalogue: pd.DataFrame, columns: Mapping[str, Column]
) -> pd.DataFrame:
    """Validation and test objects in the catalogue's order, with all of the ``columns`` but ``score``.

    A column that the splits do not have is the catalogue's.

    Raises
    ------
    UserError
        If the splits do not belong to this catalogue.
    """
    chosen = splits[splits["part"].isin(("validation", "test"))].sort_values("row", kind="stable")
    row = chosen["row"].to_numpy()
    if len(row) and not 0 <= row.min() <= row.max() < len(catalogue):
        raise UserError(
            f"splits: row {row.max()} lies outside the catalogue's {len(catalogue)} rows; "
            "make the splits again"
        )
    wrong = int((catalogue["object_id"].to_numpy()[row] != chosen["object_id"].to_numpy()).sum())
    if wrong:
        raise UserError(
            f"splits: {wrong} object_id(s) differ from the catalogue's in the same row; make the splits again"
        )
    names = [name for name in columns if name != "score"]
    known = {name: catalogue[name].to_numpy()[row] for name in names if name not in chosen}
    return chosen.assign(**known)[names].reset_index(drop=True)


def with_scores(objects: pd.DataFrame, score: AnyArray) -> pd.DataFrame:
    """Add the network's scores (n,).

    Raises
    ------
    CheckFailed
        If one of them is no probability: every measure would be meaningless.
    """
    score = np.asarray(score, dtype=np.float32)
    if score.shape != (len(objects),):
        raise ValueError(f"{score.shape} scores for {len(objects)} objects")
    wrong = ~((score >= 0) & (score <= 1))
    if wrong.any():
        first = objects["object_id"].iloc[int(np.argmax(wrong))]
        raise CheckFailed(
            f"{int(wrong.sum())} of {len(objects)} scores are not in 0–1 (first: {first}): "
            "the network is broken; train it again"
        )
    return objects.assign(score=score)
