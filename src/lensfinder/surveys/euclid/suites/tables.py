"""Tables of a Euclid dataset for the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pandas as pd

from lensfinder.gate.image_facts import Rows, image_facts
from lensfinder.gate.tables import arrays_table, beside_catalogue, images_table, named, times_used
from lensfinder.sky.passbands import flux_of_magnitude_ujy
from lensfinder.surveys.euclid.challenge.layout import RULE_COLUMNS
from lensfinder.surveys.euclid.params import CONTROL
from lensfinder.surveys.euclid.selection import ASSESSABLE
from lensfinder.surveys.euclid.suites.shortcuts import euclid_shortcuts
from lensfinder.typing import BoolArray, FloatArray

SET_ATTRIBUTES = ("object_id", "label", "kind")
"""Columns of a set that repeat the catalogue's."""

DECIDING_COLUMNS = ("sample", *RULE_COLUMNS)
"""Columns of the catalogue that decide into which set an object may go."""


_MIDDLE = slice(70, 130)

LIGHT = {
    "vis": (_MIDDLE, _MIDDLE, slice(None)),
    "nisp": (slice(None), slice(None), slice(1)),
}
"""Pixels whose light is added up: the middle 6″ of a VIS stamp, around the deflector; of NISP one band."""


def larger_sets(names: Sequence[str]) -> dict[str, str]:
    """For each training set but the largest, and for the control, the set that must hold all of it.

    Parameters
    ----------
    names
        Training sets from the smallest to the largest, without the control.
    """
    return {**dict(pairwise(names)), CONTROL: names[-1]}


def euclid_tables(
    catalogue: pd.DataFrame,
    training_sets: Mapping[str, pd.DataFrame],
    assessable: pd.DataFrame,
    arrays: Mapping[str, Rows],
) -> dict[str, pd.DataFrame]:
    """Make all tables of a Euclid dataset; reads every image once.

    Parameters
    ----------
    training_sets
        From the smallest to the largest, then the control.
    arrays
        Image arrays by their names.
    """
    facts = {name: image_facts(array, len(catalogue), LIGHT[name]) for name, array in arrays.items()}
    sets = {**training_sets, ASSESSABLE: assessable}
    table = named(catalogue)
    table["sets"] = _names_where(
        {name: table["object_id"].isin(members["object_id"]).to_numpy() for name, members in sets.items()}
    )
    objects = table[["object_id", "sets", "kind", "origin", "n_gal_5"]]
    images = images_table(objects, facts, brightness(table, facts["vis"]))
    test = table.loc[table["sample"] == "test", ["object_id", "kind", "mag_eff"]].reset_index(drop=True)
    return {
        "catalogue": table,
        **set_tables(training_sets, assessable, catalogue),
        "coverage": test.assign(times_in_assessable_1=times_used(test, assessable)),
        "arrays": arrays_table(arrays),
        "images": images,
        "shortcuts": euclid_shortcuts(table, images),
    }


def brightness(catalogue: pd.DataFrame, vis: pd.DataFrame) -> dict[str, FloatArray]:
    """Compare the light in the middle of each VIS stamp with the catalogue, give or take 5σ of the noise.

    Columns ``vis_light_min`` (the most light that it may have) and ``vis_light_max`` (the least), over that
    of deflector and sources.
    """
    own = flux_of_magnitude_ujy(catalogue["mag_lens"].to_numpy()) + catalogue["source_flux"].fillna(0.0)
    flux, noise = vis["flux"], 5 * vis["flux_error"]
    return {
        "vis_light_min": ((flux + noise) / own).to_numpy(),
        "vis_light_max": ((flux - noise) / own).to_numpy(),
    }


def set_tables(
    training_sets: Mapping[str, pd.DataFrame], assessable: pd.DataFrame, catalogue: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Put beside each set the catalogue, the set that must hold it, and those that must not share with it.

    New columns, beyond those of :func:`~lensfinder.gate.tables.beside_catalogue`: ``in_<larger>`` (whether
    the larger set has an object of this name), ``part_in_<larger>`` and ``label_in_<larger>`` ("" and -1
    where it has none); ``in_assessable_1`` of training sets (whether the test set has the same object, by
    name or row), and ``training_sets`` of the test set (which training sets have it, as one text).
    """
    trainings = {
        name: beside_catalogue(members, catalogue, SET_ATTRIBUTES, DECIDING_COLUMNS)
        for name, members in training_sets.items()
    }
    test = beside_catalogue(assessable, catalogue, SET_ATTRIBUTES, DECIDING_COLUMNS)
    test["training_sets"] = _names_where({name: shared(test, table) for name, table in trainings.items()})
    for table in trainings.values():
        table[f"in_{ASSESSABLE}"] = shared(table, test)
    for name, larger in larger_sets([name for name in trainings if name != CONTROL]).items():
        table = trainings[name]
        outer = trainings[larger].drop_duplicates("object_id").set_index("object_id")
        table[f"in_{larger}"] = table["object_id"].isin(outer.index)
        table[f"part_in_{larger}"] = table["object_id"].map(outer["part"]).fillna("")
        table[f"label_in_{larger}"] = table["object_id"].map(outer["label"]).fillna(-1)
    return {**trainings, ASSESSABLE: test}


def shared(table: pd.DataFrame, other: pd.DataFrame) -> BoolArray:
    """Whether each row of a set is an object of the other set too: by name or by row."""
    same = [table[name].isin(other[name].dropna()) for name in ("object_id", "row")]
    found: BoolArray = (same[0] | same[1]).to_numpy()
    return found


def _names_where(members: Mapping[str, BoolArray]) -> pd.Series[str]:
    """Of each row, the names under which it is marked, as one text."""
    text = pd.Series("", index=range(len(next(iter(members.values())))), dtype="str")
    for name, inside in members.items():
        text[inside] = text[inside] + f" {name}"
    return text.str.strip()
