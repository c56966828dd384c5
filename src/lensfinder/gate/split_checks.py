"""What is expected of any split, whatever the survey; also of a split of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import equal, group_in_one, known, mean_between, one_of, unique

PARTS = ("train", "validation", "test")

LEARNING = ["train", "validation"]

IN_WORDS = {"object_id": "object_id", "label": "label", "kind": "kind of object", "tile": "sky tile"}
"""Columns of a split that repeat the catalogue's, and how a sentence calls them."""


def agreement_with_catalogue(repeated: Sequence[str]) -> list[gxe.Expectation]:
    """Every row of the split is the catalogue's row that it points to, in all columns that it repeats."""
    return [
        unique("object_id_once", "no object is in the splits twice"),
        one_of("row_known", "the split points to a row of the catalogue", "row_known", [True]),
        *(
            equal(
                f"{name}_agrees",
                f"the {IN_WORDS[name]} is the catalogue's in the row that the split points to",
                name,
                f"catalogue_{name}",
            )
            for name in repeated
        ),
    ]


def around(name: str, value: float, tolerance: float) -> dict[str, float]:
    """Return the thresholds ``<name>_min`` and ``<name>_max``."""
    return {f"{name}_min": value - tolerance, f"{name}_max": value + tolerance}


def proportion_thresholds(
    validation_fraction: float,
    size_tolerance: float,
    positive_fractions: Mapping[str, float],
    balance_tolerance: float,
) -> dict[str, float]:
    """Return the thresholds of :func:`validation_size` and :func:`class_balance`."""
    thresholds = around("validation_fraction", validation_fraction, size_tolerance)
    for part, fraction in positive_fractions.items():
        thresholds |= around(f"{part}_balance", fraction, balance_tolerance)
    return thresholds


def validation_size(fraction: float, tolerance: float) -> gxe.Expectation:
    """Validation is the wanted fraction of what is learned from."""
    return mean_between(
        "validation_fraction",
        f"validation is {fraction} ± {tolerance} of train and validation",
        "validation",
        "validation_fraction_min",
        "validation_fraction_max",
        Column("part").is_in(LEARNING),
    )


def class_balance(
    positive_fractions: Mapping[str, float], tolerance: float, positives: str
) -> list[gxe.Expectation]:
    """Each part has its fraction of positives, which are called ``positives``."""
    return [
        mean_between(
            f"balance_{part}",
            f"the fraction of {positives} in {part} is {fraction:.4f} ± {tolerance}",
            "label",
            f"{part}_balance_min",
            f"{part}_balance_max",
            Column("part") == part,
        )
        for part, fraction in positive_fractions.items()
    ]


def no_leak() -> list[gxe.Expectation]:
    """No tile, galaxy or quasar is on both sides of a border between parts."""
    return [
        known("part", PARTS),
        *(
            group_in_one(
                f"{name}_in_one_part",
                f"all objects of one {words} are in one part: nothing leaks",
                column,
                "part",
                Column(column) != nothing,
            )
            for column, name, words, nothing in (
                ("catalogue_tile", "tile", "sky tile", -1),
                ("galaxy_id", "galaxy", "galaxy", ""),
                ("quasar_id", "quasar", "quasar", ""),
            )
        ),
    ]


def coverage() -> list[gxe.Expectation]:
    """Every object of the catalogue is used, once."""
    checks = "every object of the catalogue is in the splits exactly once"
    return [one_of("in_splits_once", checks, "times_in_splits", [1])]
