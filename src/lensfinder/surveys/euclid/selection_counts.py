"""How many stamps were selected, beside the talk's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lensfinder.evaluation.intervals import wilson_interval
from lensfinder.surveys.euclid.selection import ASSESSABLE

TALK_STAMPS = 100_000
TALK_LENSES = {
    "set_1": 9_441,
    "set_2": 9_802,
    "set_3": 10_868,
    "set_4": 12_840,
    "set_5": 14_450,
    "set_6": 15_771,
}
"""◇ Lenses of each training set among :data:`TALK_STAMPS` (Manjón-García et al., talk)."""

TALK_ASSESSABLE = 88_910
"""◇ Size of "assessable 1" among as many test stamps (same talk)."""

LEFT_OUT = "left_out"


def selection_counts(
    catalogue: pd.DataFrame, sets: Mapping[str, pd.DataFrame], assessable: pd.DataFrame, level: float
) -> dict[str, dict[str, Any]]:
    """Count what was selected.

    Parameters
    ----------
    sets, assessable
        Results of :func:`~lensfinder.surveys.euclid.selection.training_sets` and of
        :func:`~lensfinder.surveys.euclid.selection.assessable_set`.
    level
        Of the intervals; Wilson's, since stamps are independent of one another.

    Returns
    -------
    For each training set the number of lenses (``count``), of ``non_lenses``, of ``train`` and ``validation``
    objects; for "assessable_1" the number of stamps (``count``), of ``lenses`` and ``non_lenses``; for
    "left_out" the number of test stamps that are neither (``count``). Each with ``scaled_to_100000``
    (``count`` per 100,000 stamps of its sample), ``scaled_interval``, the ``talk``'s number and
    ``ratio_to_talk`` (both None where the talk has none).
    """
    n_train, n_test = (int((catalogue["sample"] == sample).sum()) for sample in ("train", "test"))
    counts: dict[str, dict[str, Any]] = {}
    for name, table in sets.items():
        n_lenses = int((table["label"] == 1).sum())
        counts[name] = {
            "count": n_lenses,
            "non_lenses": len(table) - n_lenses,
            "train": int((table["part"] == "train").sum()),
            "validation": int((table["part"] == "validation").sum()),
            **_beside_talk(n_lenses, n_train, TALK_LENSES.get(name), level),
        }
    n_lenses = int((assessable["label"] == 1).sum())
    n_left_out = n_test - len(assessable)
    counts[ASSESSABLE] = {
        "count": len(assessable),
        "lenses": n_lenses,
        "non_lenses": len(assessable) - n_lenses,
        **_beside_talk(len(assessable), n_test, TALK_ASSESSABLE, level),
    }
    counts[LEFT_OUT] = {
        "count": n_left_out,
        **_beside_talk(n_left_out, n_test, TALK_STAMPS - TALK_ASSESSABLE, level),
    }
    return counts


def _beside_talk(count: int, n_stamps: int, talk: int | None, level: float) -> dict[str, Any]:
    scaled = TALK_STAMPS * count / n_stamps
    low, high = (TALK_STAMPS * float(end) for end in wilson_interval(count, n_stamps, level))
    return {
        "scaled_to_100000": scaled,
        "scaled_interval": {"low": low, "high": high, "level": level},
        "talk": talk,
        "ratio_to_talk": None if talk is None else scaled / talk,
    }
