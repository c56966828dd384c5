"""What is expected of a simulated Euclid catalogue: numbers that are there, and lensing that makes sense."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import ExpectColumnsToBeFinite, about, threshold
from lensfinder.surveys.euclid.challenge.layout import PIXELS

SIMULATED = Column("origin") == "simulated"
LENSED = SIMULATED & (Column("kind") == "lensed_source")
IN_FRONT = SIMULATED & (Column("kind") == "source_in_front")
NO_SOURCE = SIMULATED & (Column("kind") == "no_source")
WITH_SOURCE = SIMULATED & Column("kind").is_in(["lensed_source", "source_in_front"])

ALWAYS_FINITE = (
    "z_lens",
    "mag_lens",
    "n_crit",
    "n_source_im",
    "n_pix_source",
    "n_pix_lens",
    "source_flux",
    "lens_flux",
    "n_gal_3",
    "n_gal_5",
    "n_gal_10",
    "n_sources",
    "deflector_r_eff_arcsec",
    "deflector_axis_ratio",
    "deflector_x_arcsec",
    "deflector_y_arcsec",
    "bulge_fraction",
    "sigma_v_km_s",
    "theta_g_arcsec",
    "mass_axis_ratio",
    "mass_pa_deg",
    "shear_1",
    "shear_2",
    "sampling_weight",
)
FINITE_WITH_SOURCE = (
    "z_source",
    "mag_source",
    "mag_eff",
    "theta_e_arcsec",
    "source_x_arcsec",
    "source_y_arcsec",
    "source_r_eff_arcsec",
    "n_clumps",
)
POSITIVE = (
    "z_lens",
    "z_source",
    "ein_area",
    "n_pix_lens",
    "lens_flux",
    "deflector_r_eff_arcsec",
    "source_r_eff_arcsec",
    "sigma_v_km_s",
    "theta_g_arcsec",
    "sampling_weight",
)
NOTHING_WITHOUT_SOURCE = ("n_sources", "n_source_im", "n_pix_source", "source_flux")


def physics(mag_eff_max: float) -> list[gxe.Expectation]:
    """Return all that is expected of simulated stamps; needs the threshold ``mag_eff_max``."""
    return [*_numbers_present(), *_sources(), *_magnified(mag_eff_max), *_neighbours()]


def _numbers_present() -> list[gxe.Expectation]:
    finite = [
        ExpectColumnsToBeFinite(
            column_list=list(columns),
            row_condition=condition,
            **about(name, f"{', '.join(columns)} are numbers, neither missing nor infinite, {where}"),
        )
        for name, columns, condition, where in (
            ("numbers_present", ALWAYS_FINITE, SIMULATED, "for every simulated stamp"),
            ("source_numbers_present", FINITE_WITH_SOURCE, WITH_SOURCE, "wherever there is a source"),
            (
                "arc_snr_present",
                ("n_pix_source", "arc_snr"),
                SIMULATED & (Column("n_pix_source") > 0),
                "where the source is above the noise",
            ),
        )
    ]
    positive = [
        gxe.ExpectColumnValuesToBeBetween(
            column=column,
            min_value=0,
            strict_min=True,
            row_condition=SIMULATED,
            **about(f"{column}_positive", f"{column} is above zero"),
        )
        for column in POSITIVE
    ]
    ratios = [
        gxe.ExpectColumnValuesToBeBetween(
            column=column,
            min_value=0,
            strict_min=True,
            max_value=1,
            row_condition=SIMULATED,
            **about(f"{column}_in_range", f"the axis ratio of the {words} is above 0 and at most 1"),
        )
        for column, words in (
            ("deflector_axis_ratio", "deflector's light"),
            ("mass_axis_ratio", "mass"),
        )
    ]
    return [*finite, *positive, *ratios]


def _sources() -> list[gxe.Expectation]:
    nothing = [
        gxe.ExpectColumnValuesToBeInSet(
            column=column,
            value_set=[0],
            row_condition=NO_SOURCE,
            **about(f"{column}_without_source", f"{column} is 0 without a source"),
        )
        for column in NOTHING_WITHOUT_SOURCE
    ]
    behind = [
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=far,
            column_B=near,
            or_equal=or_equal,
            row_condition=condition,
            ignore_row_if="neither",
            **about(name, checks),
        )
        for far, near, or_equal, condition, name, checks in (
            ("z_source", "z_lens", False, LENSED, "source_behind", "a lensed source is behind its deflector"),
            (
                "z_lens",
                "z_source",
                True,
                IN_FRONT,
                "source_in_front",
                "a source in front is not behind the deflector",
            ),
        )
    ]
    deflected = [
        gxe.ExpectColumnValuesToBeBetween(
            column="theta_e_arcsec",
            min_value=0,
            strict_min=True,
            row_condition=LENSED,
            **about("theta_e_of_lensed", "θ_E for a lensed source is above zero"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="theta_e_arcsec",
            value_set=[0],
            row_condition=IN_FRONT,
            **about("theta_e_in_front", "θ_E for a source in front is 0"),
        ),
    ]
    return [*nothing, *behind, *deflected]


def _magnified(most: float) -> list[gxe.Expectation]:
    stamp = PIXELS["VIS"] ** 2
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="mag_eff",
            min_value=0,
            strict_min=True,
            max_value=threshold("mag_eff_max"),
            strict_max=True,
            row_condition=LENSED,
            **about("mag_eff_of_lensed", f"μ_eff of a lensed source is above 0 and below {most:g}"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="mag_eff",
            value_set=[1],
            row_condition=IN_FRONT,
            **about("mag_eff_in_front", "μ_eff of a source that nothing deflects is exactly 1"),
        ),
        gxe.ExpectColumnValuesToBeNull(
            column="mag_eff",
            row_condition=NO_SOURCE,
            **about("mag_eff_without_source", "there is no μ_eff without a source"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="n_pix_source",
            min_value=0,
            max_value=stamp,
            row_condition=SIMULATED,
            **about("n_pix_source_in_stamp", f"n_pix is at most the stamp's {stamp} pixels"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="n_sources",
            min_value=1,
            row_condition=WITH_SOURCE,
            **about("n_sources_with_source", "a stamp with a source has one at least"),
        ),
    ]


def _neighbours() -> list[gxe.Expectation]:
    return [
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=f"n_gal_{wide}",
            column_B=f"n_gal_{narrow}",
            or_equal=True,
            row_condition=SIMULATED,
            ignore_row_if="neither",
            **about(
                f"n_gal_{wide}_holds_{narrow}",
                f"there are as many neighbours within {wide}″ as within {narrow}″ at least",
            ),
        )
        for narrow, wide in ((3, 5), (5, 10))
    ]
