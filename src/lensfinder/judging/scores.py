"""The table of scores: what a model says of every validation and test object."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.datasets.table import Column
from lensfinder.errors import CheckFailed, UserError
from lensfinder.typing import AnyArray

SCORE_COLUMNS = {
    "object_id": Column("str", "", "name of the object"),
    "row": Column("int64", "", "its row in catalogue and images"),
    "label": Column("int8", "", "1 for a lens, else 0"),
    "kind": Column("str", "", "kind of object"),
    "tile": Column("int32", "", "sky tile"),
    "galaxy_id": Column("str", "", "galaxy of the system; empty for none"),
    "part": Column("str", "", "validation or test"),
    "score": Column("float32", "", "probability of being a lens, as the network gives it"),
}


def objects_to_score(splits: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Validation and test objects in the catalogue's order, with all of :data:`SCORE_COLUMNS` but ``score``.

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
    chosen = chosen.assign(galaxy_id=catalogue["galaxy_id"].to_numpy()[row])
    return chosen[[name for name in SCORE_COLUMNS if name != "score"]].reset_index(drop=True)


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
    return objects.assign(score=score)[list(SCORE_COLUMNS)]
