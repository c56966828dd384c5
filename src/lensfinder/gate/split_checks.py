"""What is expected of any split, whatever the survey; also of one fold of a cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import ExpectColumnPairGroupInOne, about, threshold

PARTS = ("train", "validation", "test")

LEARNING = ["train", "validation"]

IN_WORDS = {"object_id": "object_id", "label": "label", "kind": "kind of object", "tile": "sky tile"}
"""Columns of a split that repeat the catalogue's, and how a sentence calls them."""


def agreement_with_catalogue(repeated: Sequence[str]) -> list[gxe.Expectation]:
    """Every row of the split is the catalogue's row that it points to, in all columns that it repeats."""
    equal = [
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A=name,
            column_B=f"catalogue_{name}",
            ignore_row_if="neither",
            **about(
                f"{name}_agrees",
                f"the {IN_WORDS[name]} is the catalogue's in the row that the split points to",
            ),
        )
        for name in repeated
    ]
    return [
        gxe.ExpectColumnValuesToBeUnique(
            column="object_id", **about("object_id_once", "no object is in the splits twice")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="row_known",
            value_set=[True],
            **about("row_known", "the split points to a row of the catalogue"),
        ),
        *equal,
    ]


def proportion_thresholds(
    validation_fraction: float,
    size_tolerance: float,
    positive_fractions: Mapping[str, float],
    balance_tolerance: float,
) -> dict[str, float]:
    """Return the thresholds of :func:`validation_size` and :func:`class_balance`."""
    thresholds = {
        "validation_fraction_min": validation_fraction - size_tolerance,
        "validation_fraction_max": validation_fraction + size_tolerance,
    }
    for part, fraction in positive_fractions.items():
        thresholds[f"{part}_balance_min"] = fraction - balance_tolerance
        thresholds[f"{part}_balance_max"] = fraction + balance_tolerance
    return thresholds


def validation_size(fraction: float, tolerance: float) -> gxe.Expectation:
    """Validation is the wanted fraction of what is learned from."""
    return gxe.ExpectColumnMeanToBeBetween(
        column="validation",
        min_value=threshold("validation_fraction_min"),
        max_value=threshold("validation_fraction_max"),
        row_condition=Column("part").is_in(LEARNING),
        **about("validation_fraction", f"validation is {fraction} ± {tolerance} of train and validation"),
    )


def class_balance(
    positive_fractions: Mapping[str, float], tolerance: float, positives: str
) -> list[gxe.Expectation]:
    """Each part has its fraction of positives, which are called ``positives``."""
    return [
        gxe.ExpectColumnMeanToBeBetween(
            column="label",
            min_value=threshold(f"{part}_balance_min"),
            max_value=threshold(f"{part}_balance_max"),
            row_condition=Column("part") == part,
            **about(
                f"balance_{part}", f"the fraction of {positives} in {part} is {fraction:.4f} ± {tolerance}"
            ),
        )
        for part, fraction in positive_fractions.items()
    ]


def no_leak() -> list[gxe.Expectation]:
    """No tile, galaxy or spectrum is on both sides of a border between parts."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="part",
            value_set=list(PARTS),
            **about("part_known", f"the part is one of {', '.join(PARTS)}"),
        ),
        *(
            ExpectColumnPairGroupInOne(
                column_A=column,
                column_B="part",
                row_condition=Column(column) != nothing,
                **about(f"{name}_in_one_part", f"all objects of one {words} are in one part: nothing leaks"),
            )
            for column, name, words, nothing in (
                ("catalogue_tile", "tile", "sky tile", -1),
                ("galaxy_id", "galaxy", "galaxy", ""),
                ("spectrum_id", "spectrum", "quasar spectrum", ""),
            )
        ),
    ]


def coverage() -> list[gxe.Expectation]:
    """Every object of the catalogue is used, once."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="times_in_splits",
            value_set=[1],
            **about("in_splits_once", "every object of the catalogue is in the splits exactly once"),
        )
    ]
