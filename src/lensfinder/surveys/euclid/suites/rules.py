"""The rules of ``euclid.selection`` as expectations, written without the code that selects.

They look at tables with the columns ``label``, ``mag_eff``, ``n_source_im`` and ``n_pix_source``. A row
without a number passes most expectations, so that what must be a number is asked for.
"""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import between, finite
from lensfinder.gate.expectations import about
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
    numbers, bright = (
        "μ_eff, n_im and n_pix of every lens are numbers",
        f"every lens has n_pix > {n_pix_above}",
    )
    magnified, seen = f"every lens has μ_eff ≥ {mag_eff_min}", "every lens has n_im > 0"
    return [
        finite("lens_numbers_present", numbers, RULE_NUMBERS, LENS),
        between("lens_mag_eff", magnified, "mag_eff", low="lens_mag_eff_min", where=LENS),
        between("lens_n_source_im", seen, "n_source_im", above=0, where=LENS),
        between("lens_n_pix_source", bright, "n_pix_source", above="lens_n_pix_above", where=LENS),
    ]


def non_lens_rule(selection: Selection) -> list[gxe.Expectation]:
    """What makes a non-lens: neither left out nor a lens of the test, whatever the set."""
    ends, least, above = selection.left_out_mag_eff, selection.test_mag_eff_min, selection.test_n_pix_above
    not_low = NON_LENS & (Column("mag_eff") > ends.low)
    magnified = NON_LENS & (Column("mag_eff") >= least) & (Column("n_source_im") > 0)
    kept = f"no non-lens has {ends.low} < μ_eff < {ends.high}"
    faint = f"a non-lens with μ_eff ≥ {least} and n_im > 0 has n_pix ≤ {above}"
    return [
        between("non_lens_not_left_out", kept, "mag_eff", low="left_out_mag_eff_high", where=not_low),
        between("non_lens_no_lens", faint, "n_pix_source", high="test_n_pix_above", where=magnified),
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
        between(
            "left_out_mag_eff",
            f"every stamp that is left out has {ends.low} < μ_eff < {ends.high}",
            "mag_eff",
            above="left_out_mag_eff_low",
            below="left_out_mag_eff_high",
            where=left_out,
        ),
    ]
