"""The rules of ``euclid.selection`` as expectations, written without the code that selects.

They look at tables with the columns ``label``, ``mag_eff``, ``n_source_im`` and ``n_pix_source``. A row
without a number passes most expectations, so that what must be a number is asked for.
"""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import ExpectColumnsToBeFinite, about, threshold
from lensfinder.surveys.euclid.params import Selection

RULE_NUMBERS = ["mag_eff", "n_source_im", "n_pix_source"]

LENS = Column("label") == 1
NON_LENS = Column("label") == 0


def rule_thresholds(selection: Selection, mag_eff_min: float, n_pix_above: int) -> dict[str, float]:
    """Return the thresholds of all rules here; the last two are those of a lens of this table."""
    return {
        "lens_mag_eff_min": mag_eff_min,
        "lens_n_pix_above": n_pix_above,
        "test_n_pix_above": selection.test_n_pix_above,
        "left_out_mag_eff_low": selection.left_out_mag_eff.low,
        "left_out_mag_eff_high": selection.left_out_mag_eff.high,
    }


def lens_rule(mag_eff_min: float, n_pix_above: int) -> list[gxe.Expectation]:
    """What makes a lens, with the bounds of one set."""
    return [
        ExpectColumnsToBeFinite(
            column_list=RULE_NUMBERS,
            row_condition=LENS,
            **about("lens_numbers_present", "μ_eff, n_im and n_pix of every lens are numbers"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="mag_eff",
            min_value=threshold("lens_mag_eff_min"),
            row_condition=LENS,
            **about("lens_mag_eff", f"every lens has μ_eff ≥ {mag_eff_min}"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="n_source_im",
            min_value=0,
            strict_min=True,
            row_condition=LENS,
            **about("lens_n_source_im", "every lens has n_im > 0"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="n_pix_source",
            min_value=threshold("lens_n_pix_above"),
            strict_min=True,
            row_condition=LENS,
            **about("lens_n_pix_source", f"every lens has n_pix > {n_pix_above}"),
        ),
    ]


def non_lens_rule(selection: Selection) -> list[gxe.Expectation]:
    """What makes a non-lens: neither left out nor a lens of the test, whatever the set."""
    ends, above = selection.left_out_mag_eff, selection.test_n_pix_above
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="mag_eff",
            min_value=threshold("left_out_mag_eff_high"),
            row_condition=NON_LENS & (Column("mag_eff") > ends.low),
            **about("non_lens_not_left_out", f"no non-lens has {ends.low} < μ_eff < {ends.high}"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="n_pix_source",
            max_value=threshold("test_n_pix_above"),
            row_condition=NON_LENS
            & (Column("mag_eff") >= selection.test_mag_eff_min)
            & (Column("n_source_im") > 0),
            **about(
                "non_lens_no_lens",
                f"a non-lens with μ_eff ≥ {selection.test_mag_eff_min} and n_im > 0 has n_pix ≤ {above}",
            ),
        ),
    ]


def left_out_rule(selection: Selection) -> list[gxe.Expectation]:
    """What makes a stamp that is neither (label -1)."""
    ends, left_out = selection.left_out_mag_eff, Column("label") == -1
    return [
        gxe.ExpectColumnValuesToNotBeNull(
            column="mag_eff",
            row_condition=left_out,
            **about("left_out_mag_eff_present", "every stamp that is left out has a μ_eff"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="mag_eff",
            min_value=threshold("left_out_mag_eff_low"),
            max_value=threshold("left_out_mag_eff_high"),
            strict_min=True,
            strict_max=True,
            row_condition=left_out,
            **about("left_out_mag_eff", f"every stamp that is left out has {ends.low} < μ_eff < {ends.high}"),
        ),
    ]
