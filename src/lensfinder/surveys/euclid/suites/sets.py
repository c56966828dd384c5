"""What is expected of the selected sets: rules, nesting, balance, and nothing shared with the test."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column, OrCondition

from lensfinder.gate.checks import equal, mean_between, one_of, row_count
from lensfinder.gate.expectations import Suite
from lensfinder.gate.split_checks import (
    LEARNING,
    agreement_with_catalogue,
    class_balance,
    proportion_thresholds,
    validation_size,
)
from lensfinder.surveys.euclid.params import CONTROL, Euclid
from lensfinder.surveys.euclid.selection import ASSESSABLE
from lensfinder.surveys.euclid.suites.rules import lens_rule, non_lens_rule, rule_thresholds
from lensfinder.surveys.euclid.suites.tables import SET_ATTRIBUTES, larger_sets

ROW_NAMES = ("object_id", "ID", "part", "kind")

HALF = dict.fromkeys(LEARNING, 0.5)
"""Fraction of lenses in each part of a training set."""


def set_suites(euclid: Euclid, size: int) -> list[Suite]:
    """Return what is expected of every training set, of the control of ``size`` objects, and of the test."""
    bounds = euclid.selection.training_n_pix_above
    names = list(bounds)
    larger = larger_sets(names)
    return [
        *(training_suite(euclid, name, bounds[name], larger.get(name), None) for name in names),
        training_suite(euclid, CONTROL, bounds[names[-1]], larger[CONTROL], size),
        assessable_suite(euclid),
    ]


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
    as_many = "there are as many lenses as non-lenses: the mean label is 0.5"
    in_none = f"no object of {name} is in {ASSESSABLE}, by name or row"
    expectations = [
        *agreement_with_catalogue(SET_ATTRIBUTES),
        *_known("train", LEARNING),
        *lens_rule(mag_eff_min, n_pix_above),
        *non_lens_rule(selection),
        mean_between("as_many_of_both", as_many, "label", 0.5, 0.5),
        validation_size(fraction, gate.size_tolerance),
        *class_balance(HALF, gate.balance_tolerance, "lenses"),
        one_of("not_in_test", in_none, f"in_{ASSESSABLE}", [False]),
    ]
    if larger is not None:
        expectations += _nested(name, larger)
    if size is not None:
        thresholds["size"] = size
        expectations.append(row_count("size", f"{name} has {size} objects, as the smallest set", "size"))
    return Suite(name, ROW_NAMES, tuple(expectations), thresholds)


def _known(sample: str, parts: list[str]) -> list[gxe.Expectation]:
    return [
        one_of(f"{column}_known", f"the {column} is {words}", column, values)
        for column, values, words in (
            ("label", [0, 1], "0 or 1"),
            ("part", parts, " or ".join(parts)),
            ("sample", [sample], f"{sample}: no other object is here"),
        )
    ]


def _nested(name: str, larger: str) -> list[gxe.Expectation]:
    return [
        one_of(f"in_{larger}", f"every object of {name} is in {larger} too", f"in_{larger}", [True]),
        *(
            equal(
                f"{column}_as_in_{larger}",
                f"the {column} of an object is the same in {larger}",
                column,
                f"{column}_in_{larger}",
                Column(f"in_{larger}") == True,  # noqa: E712 (a condition, not a comparison)
            )
            for column in ("part", "label")
        ),
    ]


def assessable_suite(euclid: Euclid) -> Suite:
    """Return what is expected of the test set."""
    selection = euclid.selection
    bounds = selection.test_mag_eff_min, selection.test_n_pix_above
    in_none = f"no object of {ASSESSABLE} is in a training set, by name or row"
    expectations = [
        *agreement_with_catalogue(SET_ATTRIBUTES),
        *_known("test", ["test"]),
        *lens_rule(*bounds),
        *non_lens_rule(selection),
        one_of("not_in_training", in_none, "training_sets", [""]),
    ]
    return Suite(ASSESSABLE, ROW_NAMES, tuple(expectations), rule_thresholds(selection, *bounds))


def coverage_suite(euclid: Euclid) -> Suite:
    """Return what is expected of the test sample: all of it is in the test set, but for what is left out."""
    ends = euclid.selection.left_out_mag_eff
    mag_eff, times = Column("mag_eff"), f"times_in_{ASSESSABLE}"
    left_out = (mag_eff > ends.low) & (mag_eff < ends.high)
    others = OrCondition(conditions=[mag_eff <= ends.low, mag_eff >= ends.high, mag_eff.is_null()])
    none_in = f"no test stamp with {ends.low} < μ_eff < {ends.high} is in {ASSESSABLE}"
    expectations = (
        one_of("left_out", none_in, times, [0], left_out),
        one_of("all_others", f"every other test stamp is in {ASSESSABLE} once", times, [1], others),
    )
    return Suite("coverage", ("object_id", "kind", "mag_eff"), expectations, {})
