"""What is expected of the Euclid catalogue: names, labels by the rule and, where it was simulated, physics.

Of an imported catalogue the challenge documents little: only what the selection needs is asked of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import finite, given, group_in_one, known, row_count, unique
from lensfinder.gate.expectations import (
    Suite,
    about,
)
from lensfinder.params import SAMPLES
from lensfinder.surveys.euclid.columns import KINDS
from lensfinder.surveys.euclid.params import Euclid
from lensfinder.surveys.euclid.suites.physics import physics
from lensfinder.surveys.euclid.suites.rules import (
    RULE_NUMBERS,
    left_out_rule,
    lens_rule,
    non_lens_rule,
    rule_thresholds,
)

ORIGINS = ("simulated", "imported")


def catalogue_suite(euclid: Euclid, simulated: Sequence[str]) -> Suite:
    """Return what is expected of the catalogue.

    Parameters
    ----------
    simulated
        Samples that are not imported: they have the declared number of stamps, and truth columns.
    """
    selection = euclid.selection
    bounds = selection.test_mag_eff_min, selection.test_n_pix_above
    thresholds: dict[str, Any] = {
        **rule_thresholds(selection, *bounds),
        "mag_eff_max": euclid.gate.mag_eff_max,
        **{f"count_{sample}": euclid.counts.of(sample) for sample in simulated},
    }
    expectations = [
        *_names(),
        *_counts(euclid, simulated),
        *_labels(selection.test_mag_eff_min),
        *lens_rule(*bounds),
        *non_lens_rule(selection),
        *left_out_rule(selection),
    ]
    if simulated:
        expectations += physics(euclid.gate.mag_eff_max)
    return Suite("catalogue", ("object_id", "sets", "kind"), tuple(expectations), thresholds)


def _names() -> list[gxe.Expectation]:
    return [
        unique("object_id_unique", "no two stamps have the same name"),
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["sample", "ID"],
            **about("ID_unique", "no two stamps of a sample have the same image number"),
        ),
        given("object_id_given", "every stamp has a name", "object_id"),
        known("sample", SAMPLES),
        known("origin", ORIGINS),
        known("kind", KINDS),
        known("label", (1, 0, -1)),
        group_in_one(
            "sample_of_one_origin",
            "a sample is simulated or imported, not a mixture of both",
            "sample",
            "origin",
        ),
    ]


def _counts(euclid: Euclid, simulated: Sequence[str]) -> list[gxe.Expectation]:
    return [
        row_count(
            f"count_{sample}",
            f"{euclid.counts.of(sample)} stamps are in the {sample} sample, as declared",
            f"count_{sample}",
            Column("sample") == sample,
        )
        for sample in simulated
    ]


def _labels(mag_eff_min: float) -> list[gxe.Expectation]:
    checks = f"where μ_eff ≥ {mag_eff_min}, it, n_im and n_pix are numbers: the label hangs on them"
    return [finite("rule_numbers_present", checks, RULE_NUMBERS, Column("mag_eff") >= mag_eff_min)]
