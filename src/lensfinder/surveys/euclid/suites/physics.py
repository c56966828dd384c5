"""What is expected of a simulated Euclid catalogue: numbers that are there, and lensing that makes sense."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import axis_ratio, between, greater, numbers, one_of, positive
from lensfinder.gate.expectations import about
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
    seen = SIMULATED & (Column("n_pix_source") > 0)
    return [
        numbers("numbers_present", ALWAYS_FINITE, "for every simulated stamp", SIMULATED),
        numbers("source_numbers_present", FINITE_WITH_SOURCE, "wherever there is a source", WITH_SOURCE),
        numbers("arc_snr_present", ("n_pix_source", "arc_snr"), "where the source is above the noise", seen),
        *positive(POSITIVE, SIMULATED),
        axis_ratio("deflector_axis_ratio", "deflector's light", SIMULATED),
        axis_ratio("mass_axis_ratio", "mass", SIMULATED),
    ]


def _sources() -> list[gxe.Expectation]:
    behind = "a lensed source is behind its deflector"
    in_front = "a source in front is not behind the deflector"
    deflected = "θ_E for a lensed source is above zero"
    return [
        *(
            one_of(f"{of}_without_source", f"{of} is 0 without a source", of, [0], NO_SOURCE)
            for of in NOTHING_WITHOUT_SOURCE
        ),
        greater("source_behind", behind, "z_source", "z_lens", LENSED, or_equal=False),
        greater("source_in_front", in_front, "z_lens", "z_source", IN_FRONT, or_equal=True),
        between("theta_e_of_lensed", deflected, "theta_e_arcsec", above=0, where=LENSED),
        one_of("theta_e_in_front", "θ_E for a source in front is 0", "theta_e_arcsec", [0], IN_FRONT),
    ]


def _magnified(most: float) -> list[gxe.Expectation]:
    stamp = PIXELS["VIS"] ** 2
    magnified = f"μ_eff of a lensed source is above 0 and below {most:g}"
    exactly = "μ_eff of a source that nothing deflects is exactly 1"
    inside = f"n_pix is at most the stamp's {stamp} pixels"
    one = "a stamp with a source has one at least"
    return [
        between("mag_eff_of_lensed", magnified, "mag_eff", above=0, below="mag_eff_max", where=LENSED),
        one_of("mag_eff_in_front", exactly, "mag_eff", [1], IN_FRONT),
        gxe.ExpectColumnValuesToBeNull(
            column="mag_eff",
            row_condition=NO_SOURCE,
            **about("mag_eff_without_source", "there is no μ_eff without a source"),
        ),
        between("n_pix_source_in_stamp", inside, "n_pix_source", low=0, high=stamp, where=SIMULATED),
        between("n_sources_with_source", one, "n_sources", low=1, where=WITH_SOURCE),
    ]


def _neighbours() -> list[gxe.Expectation]:
    return [
        greater(
            f"n_gal_{wide}_holds_{narrow}",
            f"there are as many neighbours within {wide}″ as within {narrow}″ at least",
            f"n_gal_{wide}",
            f"n_gal_{narrow}",
            SIMULATED,
            or_equal=True,
        )
        for narrow, wide in ((3, 5), (5, 10))
    ]
