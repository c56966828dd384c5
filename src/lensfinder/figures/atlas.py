"""Which objects an atlas shows, in which order, and what is written below each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lensfinder.typing import AnyArray, IntArray

CaptionField = tuple[str, str]
"""Column of the catalogue, and how its value is written; NaN is left out."""


MISTAKES_MAX = 96
"""With more mistakes than this, four pages, only the worst are shown."""

WORST_MAX = 24
"""Mistakes of each sort that are shown then."""


def mistakes(rows: pd.DataFrame, threshold: float) -> tuple[IntArray, IntArray]:
    """Positions in ``rows`` of every missed lens and of every false positive, the worst first."""
    score = rows["score"].to_numpy(dtype=np.float64)
    lens = rows["label"].to_numpy() == 1
    missed = np.flatnonzero(lens & ~(score >= threshold))
    false = np.flatnonzero(~lens & (score >= threshold))
    return missed[np.argsort(score[missed], kind="stable")], false[np.argsort(-score[false], kind="stable")]


def shown_mistakes(missed: IntArray, false: IntArray, threshold: float) -> tuple[IntArray, str]:
    """Positions to show, and what they are: every mistake or, of too many, the worst of both sorts.

    ``missed`` and ``false`` are those of :func:`mistakes`.
    """
    if missed.size + false.size <= MISTAKES_MAX:
        words = (
            f"every mistake at p ≥ {threshold:g}: {missed.size} missed lenses, "
            f"then {false.size} false positives, worst first"
        )
        return np.concatenate([missed, false]), words
    worst = [of[:WORST_MAX] for of in (missed, false)]
    words = (
        f"mistakes at p ≥ {threshold:g}: the {worst[0].size} worst of {missed.size:,} missed lenses, "
        f"then the {worst[1].size} worst of {false.size:,} false positives"
    )
    return np.concatenate(worst), words


def spread_examples(rows: pd.DataFrame, value: AnyArray, count: int) -> IntArray:
    """Positions of ``count`` objects (or all) spread evenly over the ranks of ``value``, NaN last."""
    order = np.argsort(np.asarray(value, dtype=np.float64), kind="stable")
    if len(rows) <= count:
        return order
    return np.asarray(order[np.rint(np.linspace(0, len(rows) - 1, count)).astype(np.int64)])


def caption(
    row: pd.Series, truth: pd.Series, fields: Sequence[CaptionField], kind_name: str
) -> tuple[str, ...]:
    """Lines below an object: id, kind and score, and the truths of ``fields`` that it has."""
    known = [form.format(truth[column]) for column, form in fields if not np.isnan(truth[column])]
    return (str(row["object_id"]), f"{kind_name}, p = {row['score']:.4f}", "  ".join(known))
