"""What is expected of the J-PAS catalogue: names, counts and physics."""

from __future__ import annotations

from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import (
    axis_ratio,
    between,
    equal,
    given,
    greater,
    group_in_one,
    known,
    numbers,
    one_of,
    positive,
    row_count,
    unique,
)
from lensfinder.gate.expectations import Suite
from lensfinder.params import SAMPLES
from lensfinder.surveys.jpas.columns import IMAGES_MAX
from lensfinder.surveys.jpas.params import KINDS, Jpas

LENSED = Column("kind") == "lensed_quasar"
PAIR = Column("kind") == "quasar_near_galaxy"
ALONE = Column("kind") == "quasar_alone"
WITH_GALAXY = Column("kind").is_in(["lensed_quasar", "quasar_near_galaxy"])

ALWAYS_FINITE = (
    "label",
    "tile",
    "n_images",
    "z_source",
    "quasar_r_mag",
    "quasar_r_mag_observed",
    "magnification",
    "n_neighbours",
    "image_1_x_arcsec",
    "image_1_y_arcsec",
    "image_1_magnification",
    "snr_median",
    "psf_fwhm_median_arcsec",
)
FINITE_WITH_GALAXY = (
    "z_lens",
    "galaxy_r_mag",
    "galaxy_r_eff_arcsec",
    "galaxy_sersic_n",
    "galaxy_axis_ratio",
    "galaxy_pa_deg",
    "sigma_v_km_s",
    "theta_e_arcsec",
    "theta_g_arcsec",
    "mass_axis_ratio",
    "mass_pa_deg",
    "shear_1",
    "shear_2",
    "galaxy_x_arcsec",
    "galaxy_y_arcsec",
    "source_x_arcsec",
    "source_y_arcsec",
    "separation_arcsec",
)
POSITIVE = (
    "z_source",
    "z_lens",
    "galaxy_r_eff_arcsec",
    "galaxy_sersic_n",
    "sigma_v_km_s",
    "theta_g_arcsec",
    "magnification",
    "snr_median",
    "psf_fwhm_median_arcsec",
)

ROUNDING = 1e-6
"""Relative or in arcsec: by how much two columns that say the same may differ."""


def catalogue_suite(jpas: Jpas) -> Suite:
    """Return what is expected of :func:`.tables.catalogue_table`."""
    magnitude = jpas.systems.quasar_r_mag_observed
    separation = jpas.systems.pair_separation_arcsec
    thresholds: dict[str, Any] = {
        "tile_max": jpas.sky.tiles - 1,
        "theta_e_min_arcsec": jpas.systems.theta_e_min_arcsec,
        "magnification_max": jpas.gate.magnification_max,
        "r_mag_bright": magnitude.low,
        "r_mag_faint": magnitude.high,
        "separation_min_arcsec": separation.low,
        "separation_max_arcsec": separation.high,
        "half_width_arcsec": jpas.observation.half_width_arcsec,
        **{f"{sample}_{kind}": jpas.counts.of(sample).of(kind) for sample in SAMPLES for kind in KINDS},
    }
    expectations = [*_names(), *_counts(jpas), *_numbers_present(), *_lens_physics(jpas), *_positions(jpas)]
    return Suite("catalogue", ("object_id", "kind"), tuple(expectations), thresholds)


def _names() -> list[gxe.Expectation]:
    of_galaxy = "the galaxy of every lensed quasar and every pair has a name"
    return [
        unique("object_id_unique", "no two objects have the same name"),
        known("kind", KINDS),
        one_of("sample_known", "the sample is train or test", "sample", SAMPLES),
        one_of("alone_without_galaxy", "a quasar alone has no galaxy", "galaxy_id", [""], ALONE),
        between("tile_known", "the tile is one of the sky's", "tile", low=0, high="tile_max"),
        group_in_one(
            "tile_in_one_sample", "the training and the test sample share no sky tile", "tile", "sample"
        ),
        given("object_id_given", "every object has a name", "object_id"),
        given("quasar_id_given", "every quasar has a name", "quasar_id"),
        given("spectrum_id_given", "the spectrum of every quasar has a name", "spectrum_id"),
        group_in_one(
            "spectrum_of_one_quasar",
            "all objects of one spectrum are of one quasar",
            "spectrum_id",
            "quasar_id",
        ),
        given("galaxy_id_given", of_galaxy, "galaxy_id", WITH_GALAXY),
        *(
            one_of(
                f"label_of_{kind}",
                f"the label of a {kind.replace('_', ' ')} is {label}",
                "label",
                [label],
                rows,
            )
            for kind, rows, label in zip(KINDS, (LENSED, PAIR, ALONE), (1, 0, 0), strict=True)
        ),
        *(
            group_in_one(
                f"{name}_in_one_tile",
                f"all objects of one {name} are in one tile",
                f"{name}_id",
                "tile",
                Column(f"{name}_id") != "",
            )
            for name in ("galaxy", "quasar")
        ),
    ]


def _counts(jpas: Jpas) -> list[gxe.Expectation]:
    return [
        row_count(
            f"count_{sample}_{kind}",
            f"{jpas.counts.of(sample).of(kind)} objects of the kind {kind} are in the {sample} sample, "
            "as declared",
            f"{sample}_{kind}",
            (Column("sample") == sample) & (Column("kind") == kind),
        )
        for sample in SAMPLES
        for kind in KINDS
    ]


def _numbers_present() -> list[gxe.Expectation]:
    return [
        numbers("numbers_present", ALWAYS_FINITE, "for every object"),
        numbers("galaxy_numbers_present", FINITE_WITH_GALAXY, "wherever there is a galaxy", WITH_GALAXY),
        *positive(POSITIVE),
        axis_ratio("galaxy_axis_ratio", "galaxy's light"),
        axis_ratio("mass_axis_ratio", "mass"),
    ]


def _lens_physics(jpas: Jpas) -> list[gxe.Expectation]:
    systems, most, r = jpas.systems, jpas.gate.magnification_max, jpas.systems.quasar_r_mag_observed
    large = f"θ_E of a lensed quasar is at least {systems.theta_e_min_arcsec}″"
    behind = "a lensed quasar is farther away than its lens: z_source > z_lens"
    magnified = "a lensed quasar is magnified: Σ|μ| > 1"
    bounded = f"Σ|μ| is below {most:g}: no image sits on a caustic"
    odd = "a lensed quasar has 3 or 5 images, an odd number as for every smooth lens"
    single = "a quasar that is not lensed has one image"
    listed = "as many images have a position as n_images says"
    summed = "magnification is Σ|μ| of the images listed"
    cut = f"all images of the quasar together have {r.low} ≤ r ≤ {r.high}, the same cut for every kind"
    return [
        between("theta_e_of_lensed", large, "theta_e_arcsec", low="theta_e_min_arcsec", where=LENSED),
        greater("lensed_behind_lens", behind, "z_source", "z_lens", LENSED),
        between("magnification_of_lensed", magnified, "magnification", above=1, where=LENSED),
        between("magnification_not_excessive", bounded, "magnification", below="magnification_max"),
        one_of("n_images_of_lensed", odd, "n_images", range(3, IMAGES_MAX + 1, 2), LENSED),
        one_of("n_images_of_others", single, "n_images", [1], Column("kind") != "lensed_quasar"),
        equal("images_listed", listed, "n_images", "n_images_listed"),
        between("magnification_is_sum", summed, "magnification_error", high=ROUNDING),
        between(
            "quasar_r_mag_in_range", cut, "quasar_r_mag_observed", low="r_mag_bright", high="r_mag_faint"
        ),
    ]


def _positions(jpas: Jpas) -> list[gxe.Expectation]:
    separation, pixels = jpas.systems.pair_separation_arcsec, jpas.observation.stamp_pixels
    half, inside = "half_width_arcsec", f"lies inside the stamp of {pixels} × {pixels} pixels"
    seen = f"a quasar near a galaxy is seen {separation.low}″ to {separation.high}″ from it"
    distance = "the separation of a pair is the distance of its two positions"
    return [
        between(
            "pair_separation_in_range",
            seen,
            "separation_arcsec",
            low="separation_min_arcsec",
            high="separation_max_arcsec",
            where=PAIR,
        ),
        between(
            "pair_separation_is_distance", distance, "separation_error_arcsec", high=ROUNDING, where=PAIR
        ),
        between("images_in_stamp", f"every image of the quasar {inside}", "image_reach_arcsec", high=half),
    ]
