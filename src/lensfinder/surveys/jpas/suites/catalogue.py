"""What is expected of the J-PAS catalogue: names, counts and physics."""

from __future__ import annotations

from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import (
    ExpectColumnPairGroupInOne,
    ExpectColumnsToBeFinite,
    Suite,
    about,
    threshold,
)
from lensfinder.params import KINDS, SAMPLES, Jpas
from lensfinder.surveys.jpas.columns import IMAGES_MAX

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
    """Return what is expected of :func:`~lensfinder.gate.tables.catalogue_table`."""
    half_width = 0.5 * jpas.observation.stamp_pixels * jpas.observation.pixel_scale_arcsec
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
        "half_width_arcsec": half_width,
        **{f"{sample}_{kind}": jpas.counts.of(sample).of(kind) for sample in SAMPLES for kind in KINDS},
    }
    expectations = [*_names(), *_counts(jpas), *_numbers_present(), *_lens_physics(jpas), *_positions(jpas)]
    return Suite("catalogue", ("object_id", "kind"), tuple(expectations), thresholds)


def _names() -> list[gxe.Expectation]:
    given = [
        gxe.ExpectColumnValuesToNotBeInSet(
            column=column,
            value_set=[""],
            row_condition=condition,
            **about(f"{column}_given", f"{words} has a name"),
        )
        for column, condition, words in (
            ("object_id", None, "every object"),
            ("spectrum_id", None, "the spectrum of every quasar"),
            ("galaxy_id", WITH_GALAXY, "the galaxy of every lensed quasar and every pair"),
        )
    ]
    labels = [
        gxe.ExpectColumnValuesToBeInSet(
            column="label",
            value_set=[label],
            row_condition=condition,
            **about(f"label_of_{kind}", f"the label of a {kind.replace('_', ' ')} is {label}"),
        )
        for kind, condition, label in zip(KINDS, (LENSED, PAIR, ALONE), (1, 0, 0), strict=True)
    ]
    at_home = [
        ExpectColumnPairGroupInOne(
            column_A=column,
            column_B=home,
            row_condition=Column(column) != "",
            **about(f"{name}_in_one_{home}", f"all objects of one {words} are in one {home}"),
        )
        for column, name, words, home in (
            ("galaxy_id", "galaxy", "galaxy", "tile"),
            ("spectrum_id", "spectrum", "quasar spectrum", "tile"),
        )
    ]
    return [
        gxe.ExpectColumnValuesToBeUnique(
            column="object_id", **about("object_id_unique", "no two objects have the same name")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="kind",
            value_set=list(KINDS),
            **about("kind_known", f"the kind is one of {', '.join(KINDS)}"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="sample", value_set=list(SAMPLES), **about("sample_known", "the sample is train or test")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="galaxy_id",
            value_set=[""],
            row_condition=ALONE,
            **about("alone_without_galaxy", "a quasar alone has no galaxy"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="tile",
            min_value=0,
            max_value=threshold("tile_max"),
            **about("tile_known", "the tile is one of the sky's"),
        ),
        ExpectColumnPairGroupInOne(
            column_A="tile",
            column_B="sample",
            **about("tile_in_one_sample", "the training and the test sample share no sky tile"),
        ),
        *given,
        *labels,
        *at_home,
    ]


def _counts(jpas: Jpas) -> list[gxe.Expectation]:
    return [
        gxe.ExpectTableRowCountToEqual(
            value=threshold(f"{sample}_{kind}"),
            row_condition=(Column("sample") == sample) & (Column("kind") == kind),
            **about(
                f"count_{sample}_{kind}",
                f"{n} objects of the kind {kind} are in the {sample} sample, as declared",
            ),
        )
        for sample in SAMPLES
        for kind in KINDS
        for n in [jpas.counts.of(sample).of(kind)]
    ]


def _numbers_present() -> list[gxe.Expectation]:
    finite = [
        ExpectColumnsToBeFinite(
            column_list=list(columns),
            row_condition=condition,
            **about(name, f"{', '.join(columns)} are numbers, neither missing nor infinite, {where}"),
        )
        for name, columns, condition, where in (
            ("numbers_present", ALWAYS_FINITE, None, "for every object"),
            ("galaxy_numbers_present", FINITE_WITH_GALAXY, WITH_GALAXY, "wherever there is a galaxy"),
        )
    ]
    positive = [
        gxe.ExpectColumnValuesToBeBetween(
            column=column,
            min_value=0,
            strict_min=True,
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
            **about(f"{column}_in_range", f"the axis ratio of the {words} is above 0 and at most 1"),
        )
        for column, words in (("galaxy_axis_ratio", "galaxy's light"), ("mass_axis_ratio", "mass"))
    ]
    return [*finite, *positive, *ratios]


def _lens_physics(jpas: Jpas) -> list[gxe.Expectation]:
    systems, most = jpas.systems, jpas.gate.magnification_max
    magnitude = systems.quasar_r_mag_observed
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="theta_e_arcsec",
            min_value=threshold("theta_e_min_arcsec"),
            row_condition=LENSED,
            **about("theta_e_of_lensed", f"θ_E of a lensed quasar is at least {systems.theta_e_min_arcsec}″"),
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="z_source",
            column_B="z_lens",
            row_condition=LENSED,
            ignore_row_if="neither",
            **about("lensed_behind_lens", "a lensed quasar is farther away than its lens: z_source > z_lens"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="magnification",
            min_value=1,
            strict_min=True,
            row_condition=LENSED,
            **about("magnification_of_lensed", "a lensed quasar is magnified: Σ|μ| > 1"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="magnification",
            max_value=threshold("magnification_max"),
            strict_max=True,
            **about("magnification_not_excessive", f"Σ|μ| is below {most:g}: no image sits on a caustic"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="n_images",
            value_set=list(range(3, IMAGES_MAX + 1, 2)),
            row_condition=LENSED,
            **about(
                "n_images_of_lensed",
                "a lensed quasar has 3 or 5 images, an odd number as for every smooth lens",
            ),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="n_images",
            value_set=[1],
            row_condition=Column("kind") != "lensed_quasar",
            **about("n_images_of_others", "a quasar that is not lensed has one image"),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="n_images",
            column_B="n_images_listed",
            **about("images_listed", "as many images have a position as n_images says"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="magnification_error",
            max_value=ROUNDING,
            **about("magnification_is_sum", "magnification is Σ|μ| of the images listed"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="quasar_r_mag_observed",
            min_value=threshold("r_mag_bright"),
            max_value=threshold("r_mag_faint"),
            **about(
                "quasar_r_mag_in_range",
                f"all images of the quasar together have {magnitude.low} ≤ r ≤ {magnitude.high}, "
                "the same cut for every kind",
            ),
        ),
    ]


def _positions(jpas: Jpas) -> list[gxe.Expectation]:
    separation, pixels = jpas.systems.pair_separation_arcsec, jpas.observation.stamp_pixels
    inside = [
        gxe.ExpectColumnValuesToBeBetween(
            column=column,
            max_value=threshold("half_width_arcsec"),
            **about(name, f"{words} lies inside the stamp of {pixels} × {pixels} pixels"),
        )
        for column, name, words in (
            ("galaxy_reach_arcsec", "galaxy_in_stamp", "the galaxy"),
            ("image_reach_arcsec", "images_in_stamp", "every image of the quasar"),
        )
    ]
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="separation_arcsec",
            min_value=threshold("separation_min_arcsec"),
            max_value=threshold("separation_max_arcsec"),
            row_condition=PAIR,
            **about(
                "pair_separation_in_range",
                f"a quasar near a galaxy is seen {separation.low}″ to {separation.high}″ from it",
            ),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="separation_error_arcsec",
            max_value=ROUNDING,
            row_condition=PAIR,
            **about(
                "pair_separation_is_distance", "the separation of a pair is the distance of its two positions"
            ),
        ),
        *inside,
    ]
