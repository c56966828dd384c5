"""What is expected of the selected sets: rules, nesting, balance, and nothing shared with the test."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column, OrCondition

from lensfinder.gate.expectations import Suite, about, threshold
from lensfinder.gate.split_checks import (
    LEARNING,
    agreement_with_catalogue,
    class_balance,
    proportion_thresholds,
    validation_size,
)
from lensfinder.params import Euclid
from lensfinder.surveys.euclid.selection import ASSESSABLE
from lensfinder.surveys.euclid.suites.rules import lens_rule, non_lens_rule, rule_thresholds
from lensfinder.surveys.euclid.suites.tables import SET_ATTRIBUTES

ROW_NAMES = ("object_id", "ID", "part", "kind")

HALF = dict.fromkeys(LEARNING, 0.5)
"""Fraction of lenses in each part of a training set."""


def training_suite(
    euclid: Euclid, name: str, n_pix_above: int, larger: str | None, size: int | None
) -> Suite:
    """Return what is expected of a training set, or of the control.

    Parameters
    ----------
    n_pix_above
        Bound of its lenses.
    larger
        The set that must hold all of it, if there is one.
    size
        Number of its objects, where that is given.
    """
    selection, gate = euclid.selection, euclid.gate
    fraction, mag_eff_min = selection.validation_fraction, selection.training_mag_eff_min
    thresholds = {
        **rule_thresholds(selection, mag_eff_min, n_pix_above),
        **proportion_thresholds(fraction, gate.size_tolerance, HALF, gate.balance_tolerance),
    }
    expectations = [
        *agreement_with_catalogue(SET_ATTRIBUTES),
        *_known("train", LEARNING),
        *lens_rule(mag_eff_min, n_pix_above),
        *non_lens_rule(selection),
        gxe.ExpectColumnMeanToBeBetween(
            column="label",
            min_value=0.5,
            max_value=0.5,
            **about("as_many_of_both", "there are as many lenses as non-lenses: the mean label is 0.5"),
        ),
        validation_size(fraction, gate.size_tolerance),
        *class_balance(HALF, gate.balance_tolerance, "lenses"),
        gxe.ExpectColumnValuesToBeInSet(
            column=f"in_{ASSESSABLE}",
            value_set=[False],
            **about("not_in_test", f"no object of {name} is in {ASSESSABLE}, by name or row"),
        ),
    ]
    if larger is not None:
        expectations += _nested(name, larger)
    if size is not None:
        thresholds["size"] = size
        expectations.append(
            gxe.ExpectTableRowCountToEqual(
                value=threshold("size"), **about("size", f"{name} has {size} objects, as the smallest set")
            )
        )
    return Suite(name, ROW_NAMES, tuple(expectations), thresholds)


def _known(sample: str, parts: list[str]) -> list[gxe.Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column=column, value_set=values, **about(f"{column}_known", f"the {column} is {words}")
        )
        for column, values, words in (
            ("label", [0, 1], "0 or 1"),
            ("part", parts, " or ".join(parts)),
            ("sample", [sample], f"{sample}: no other object is here"),
        )
    ]


def _nested(name: str, larger: str) -> list[gxe.Expectation]:
    same = [
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A=column,
            column_B=f"{column}_in_{larger}",
            row_condition=Column(f"in_{larger}") == True,  # noqa: E712 (a condition, not a comparison)
            ignore_row_if="neither",
            **about(f"{column}_as_in_{larger}", f"the {column} of an object is the same in {larger}"),
        )
        for column in ("part", "label")
    ]
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column=f"in_{larger}",
            value_set=[True],
            **about(f"in_{larger}", f"every object of {name} is in {larger} too"),
        ),
        *same,
    ]


def assessable_suite(euclid: Euclid) -> Suite:
    """Return what is expected of the test set."""
    selection = euclid.selection
    bounds = selection.test_mag_eff_min, selection.test_n_pix_above
    expectations = [
        *agreement_with_catalogue(SET_ATTRIBUTES),
        *_known("test", ["test"]),
        *lens_rule(*bounds),
        *non_lens_rule(selection),
        gxe.ExpectColumnValuesToBeInSet(
            column="training_sets",
            value_set=[""],
            **about("not_in_training", f"no object of {ASSESSABLE} is in a training set, by name or row"),
        ),
    ]
    return Suite(ASSESSABLE, ROW_NAMES, tuple(expectations), rule_thresholds(selection, *bounds))


def coverage_suite(euclid: Euclid) -> Suite:
    """Return what is expected of the test sample: all of it is in the test set, but for what is left out."""
    ends = euclid.selection.left_out_mag_eff
    mag_eff = Column("mag_eff")
    expectations = tuple(
        gxe.ExpectColumnValuesToBeInSet(
            column=f"times_in_{ASSESSABLE}",
            value_set=[times],
            row_condition=condition,
            **about(name, checks),
        )
        for name, times, condition, checks in (
            (
                "left_out",
                0,
                (mag_eff > ends.low) & (mag_eff < ends.high),
                f"no test stamp with {ends.low} < μ_eff < {ends.high} is in {ASSESSABLE}",
            ),
            (
                "all_others",
                1,
                OrCondition(conditions=[mag_eff <= ends.low, mag_eff >= ends.high, mag_eff.is_null()]),
                f"every other test stamp is in {ASSESSABLE} once",
            ),
        )
    )
    return Suite("coverage", ("object_id", "kind", "mag_eff"), expectations, {})
