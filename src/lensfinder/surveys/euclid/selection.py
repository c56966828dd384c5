"""Which stamps are lenses, and for which training set: the rules of ``euclid.selection``, applied.

The training sets are nested: their lenses pass ever weaker cuts, and their non-lenses are ever longer
prefixes of one random order. One more set, the control, is the largest cut at random to the size of the
smallest: it tells the effect of the selection from that of the size.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lensfinder.errors import UserError
from lensfinder.surveys.euclid.columns import SET_COLUMNS
from lensfinder.surveys.euclid.params import CONTROL, Selection
from lensfinder.typing import AnyArray, BoolArray, IntArray

ASSESSABLE = "assessable_1"
"""The test set that all models share."""

_STREAM = 0x73656C65
"""First number of the spawn keys (stream, class): of a length that no other stream has."""

_LENSES, _NON_LENSES = 0, 1


def assessable_labels(catalogue: pd.DataFrame, selection: Selection) -> AnyArray:
    """Label every stamp by the rule of "assessable 1" (◇ talk).

    Parameters
    ----------
    catalogue
        With the columns ``mag_eff``, ``n_source_im`` and ``n_pix_source``.

    Returns
    -------
    int8 array of shape (n,): 1 for a lens (μ_eff ≥ ``test_mag_eff_min``, n_im > 0 and n_pix >
    ``test_n_pix_above``), -1 for a stamp with μ_eff strictly inside ``left_out_mag_eff``, 0 for all others.
    No comparison holds of NaN, so that a stamp without a source is a non-lens.
    """
    mag_eff = catalogue["mag_eff"].to_numpy()
    ends = selection.left_out_mag_eff
    left_out = (mag_eff > ends.low) & (mag_eff < ends.high)
    lens = _lenses(catalogue, selection.test_mag_eff_min, selection.test_n_pix_above)
    return np.select([lens, left_out], [1, -1], 0).astype(np.int8)


def _lenses(catalogue: pd.DataFrame, mag_eff_min: float, n_pix_above: int) -> BoolArray:
    lenses: BoolArray = (
        (catalogue["mag_eff"] >= mag_eff_min)
        & (catalogue["n_source_im"] > 0)
        & (catalogue["n_pix_source"] > n_pix_above)
    ).to_numpy()
    return lenses


def training_sets(catalogue: pd.DataFrame, selection: Selection, seed: int) -> dict[str, pd.DataFrame]:
    """Select the training sets and the control from the training sample.

    Lenses are ordered by the first set that holds them, then at random; non-lenses at random. A set is a
    prefix of both orders, of equal length, and every so many-th object of each order is for validation. So
    the sets are nested, an object is in the same part of every set, and every set has its fraction of
    validation in both classes, to the object. The orders depend on the names of the stamps, not on their
    rows.

    The control has as many lenses and non-lenses in each part as the first set. Its lenses are drawn at
    random from all; its non-lenses are those of the first set, which are a random draw already: the two sets
    differ by the choice of lenses alone.

    Returns
    -------
    Table of each set by its name, with ``SET_COLUMNS``, in the catalogue's order.

    Raises
    ------
    UserError
        If a set would have no lens in training or in validation, or if there are fewer non-lenses than
        lenses.
    """
    train = _sample_by_name(catalogue, "train")
    inside = {
        name: _lenses(train, selection.training_mag_eff_min, bound)
        for name, bound in selection.training_n_pix_above.items()
    }
    sizes = {name: int(lenses.sum()) for name, lenses in inside.items()}
    smallest, largest = next(iter(inside)), next(reversed(inside))
    drawn = _random_order(np.flatnonzero(inside[largest]), seed, _LENSES)
    first_set = np.argmax(list(inside.values()), axis=0)
    lens_order = drawn[np.argsort(first_set[drawn], kind="stable")]
    candidates = ~inside[largest] & (assessable_labels(train, selection) == 0)
    non_lens_order = _random_order(np.flatnonzero(candidates), seed, _NON_LENSES)
    for name, size in sizes.items():
        _check_sizes(name, size, len(non_lens_order), len(train), selection)

    validation = np.zeros(len(train), dtype=bool)
    for order in (lens_order, non_lens_order):
        validation[order] = _every_so_many(len(order), selection.validation_fraction)
    sets = {
        name: _set_table(train, lens_order[:size], non_lens_order[:size], validation)
        for name, size in sizes.items()
    }
    in_smallest = validation[lens_order[: sizes[smallest]]]
    control_lenses = np.concatenate(
        [drawn[validation[drawn] == part][: (in_smallest == part).sum()] for part in (True, False)]
    )
    sets[CONTROL] = _set_table(train, control_lenses, non_lens_order[: sizes[smallest]], validation)
    return sets


def assessable_set(catalogue: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """Select the test set that all models share: the test sample less the stamps that are left out.

    Returns
    -------
    Table with ``SET_COLUMNS``, in the catalogue's order.

    Raises
    ------
    UserError
        If it would hold no lens or no non-lens.
    """
    test = _sample_by_name(catalogue, "test")
    labels = assessable_labels(test, selection)
    n_lenses, n_non_lenses = (int((labels == label).sum()) for label in (1, 0))
    if not (n_lenses and n_non_lenses):
        raise UserError(
            f"{ASSESSABLE}: {n_lenses} lenses and {n_non_lenses} non-lenses among {len(test)} test stamps, "
            f"and it takes both; raise euclid.counts.test ({len(test)} now) or lower "
            f"euclid.selection.test_n_pix_above ({selection.test_n_pix_above} now)"
        )
    return _table(test.assign(label=labels, part="test")[labels >= 0])


def _sample_by_name(catalogue: pd.DataFrame, sample: str) -> pd.DataFrame:
    """One sample in the order of its names, each with its ``row`` in the catalogue; plain index."""
    numbered = catalogue.assign(row=np.arange(len(catalogue), dtype=np.int64))
    chosen: pd.DataFrame = numbered[numbered["sample"] == sample].sort_values("object_id", ignore_index=True)
    return chosen


def _check_sizes(name: str, n_lenses: int, n_non_lenses: int, n_stamps: int, selection: Selection) -> None:
    bound, fraction = selection.training_n_pix_above[name], selection.validation_fraction
    n_validation = int(_every_so_many(n_lenses, fraction).sum())
    if not 0 < n_validation < n_lenses:
        raise UserError(
            f"{name}: {n_lenses} of {n_stamps} training stamps are lenses (μ_eff ≥ "
            f"{selection.training_mag_eff_min}, n_im > 0, n_pix > {bound}), too few to have some in training "
            f"and some in validation (euclid.selection.validation_fraction = {fraction}); raise "
            f"euclid.counts.train or lower euclid.selection.training_n_pix_above.{name}"
        )
    if n_lenses > n_non_lenses:
        raise UserError(
            f"{name}: {n_lenses} lenses, but {n_non_lenses} non-lenses among {n_stamps} training stamps, and "
            "a set takes as many of both: lower euclid.systems.lensed_fraction or raise "
            f"euclid.selection.training_n_pix_above.{name} ({bound} now)"
        )


def _random_order(indices: IntArray, seed: int, which: int) -> IntArray:
    sequence = np.random.SeedSequence(seed, spawn_key=(_STREAM, which))
    return np.random.default_rng(sequence).permutation(indices)


def _every_so_many(count: int, fraction: float) -> BoolArray:
    """Mark places of an order so that each prefix has its fraction of marks, to the nearest number."""
    marks = np.floor(np.arange(count + 1) * fraction + 0.5)
    marked: BoolArray = np.diff(marks) > 0
    return marked


def _set_table(
    train: pd.DataFrame, lenses: IntArray, non_lenses: IntArray, validation: BoolArray
) -> pd.DataFrame:
    chosen = np.concatenate([lenses, non_lenses])
    label = np.repeat([1, 0], [len(lenses), len(non_lenses)])
    part = np.where(validation[chosen], "validation", "train")
    return _table(train.iloc[chosen].assign(label=label, part=part))


def _table(chosen: pd.DataFrame) -> pd.DataFrame:
    table = chosen.sort_values("row", ignore_index=True)[list(SET_COLUMNS)]
    return table.astype({"row": np.int64, "label": np.int8})
