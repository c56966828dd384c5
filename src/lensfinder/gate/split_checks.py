"""What is expected of any split, whatever the survey; also of one fold of a cross-validation."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import ExpectColumnPairGroupInOne, about

PARTS = ("train", "validation", "test")


def agreement_with_catalogue() -> list[gxe.Expectation]:
    """Every row of the splits is the catalogue's row that it points to."""
    equal = [
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A=name,
            column_B=f"catalogue_{name}",
            ignore_row_if="neither",
            **about(f"{name}_agrees", f"the {words} is the catalogue's in the row that the split points to"),
        )
        for name, words in (
            ("object_id", "object_id"),
            ("label", "label"),
            ("kind", "kind of object"),
            ("tile", "sky tile"),
        )
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
