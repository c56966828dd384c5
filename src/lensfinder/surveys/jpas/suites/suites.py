"""All suites of the J-PAS dataset; :func:`jpas_suites` is what the stage runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import between, one_of, row_count
from lensfinder.gate.expectations import Suite
from lensfinder.gate.image_checks import ImageArray, arrays_suite, image_expectations
from lensfinder.gate.shortcut_checks import shortcuts_suite
from lensfinder.gate.split_checks import (
    LEARNING,
    PARTS,
    agreement_with_catalogue,
    class_balance,
    coverage,
    no_leak,
    proportion_thresholds,
    validation_size,
)
from lensfinder.surveys.jpas.params import KINDS, Jpas
from lensfinder.surveys.jpas.suites.catalogue import catalogue_suite
from lensfinder.surveys.jpas.suites.shortcuts import GATED
from lensfinder.surveys.jpas.suites.tables import SPLIT_ATTRIBUTES


def jpas_suites(jpas: Jpas, n_bands: int) -> list[Suite]:
    """Return what must hold before training.

    Parameters
    ----------
    jpas
        Parameters of the survey.
    n_bands
        Bands of the survey's filter table.
    """
    arrays = image_arrays(jpas, n_bands)
    images = images_suite(arrays)
    return [
        catalogue_suite(jpas),
        splits_suite(jpas),
        Suite("coverage", ("object_id", "kind"), tuple(coverage()), {}),
        arrays_suite(arrays, jpas.counts.total),
        replace(images, expectations=(*images.expectations, *brightness())),
        shortcuts_suite(GATED),
    ]


def image_arrays(jpas: Jpas, n_bands: int) -> tuple[ImageArray, ImageArray]:
    """Describe the two representations of every object."""
    pixels = jpas.observation.stamp_pixels
    return (
        ImageArray("cubes", "cube", (pixels, pixels, n_bands)),
        ImageArray("pseudo_spectra", "pair of pseudo-spectra", (2, n_bands, pixels)),
    )


def splits_suite(jpas: Jpas) -> Suite:
    """Return what is expected of the splits beside the catalogue: sizes, balance, no leak."""
    fraction, gate = jpas.split.validation_fraction, jpas.gate
    train, test = jpas.counts.train, jpas.counts.test
    lensed = {part: jpas.counts.of("test" if part == "test" else "train").positive_fraction for part in PARTS}
    thresholds = {
        **{f"learning_{kind}": train.of(kind) for kind in KINDS},
        **{f"test_{kind}": test.of(kind) for kind in KINDS},
        **proportion_thresholds(fraction, gate.size_tolerance, lensed, gate.balance_tolerance),
    }
    sized = [
        row_count(
            f"count_{name}_{kind}",
            f"{counts.of(kind)} objects of the kind {kind} are in {' and '.join(parts)}, as declared",
            f"{name}_{kind}",
            Column("part").is_in(parts) & (Column("kind") == kind),
        )
        for name, parts, counts in (("learning", LEARNING, train), ("test", ["test"], test))
        for kind in KINDS
    ]
    from_sample = [
        one_of(
            f"{sample}_sample_stays",
            f"the {sample} sample is only in {' and '.join(parts)}",
            "part",
            parts,
            Column("sample") == sample,
        )
        for sample, parts in (("train", LEARNING), ("test", ["test"]))
    ]
    expectations = [
        *agreement_with_catalogue(SPLIT_ATTRIBUTES),
        *no_leak(),
        *from_sample,
        *sized,
        validation_size(fraction, gate.size_tolerance),
        *class_balance(lensed, gate.balance_tolerance, "lensed quasars"),
    ]
    return Suite("splits", ("object_id", "part", "kind", "tile"), tuple(expectations), thresholds)


def images_suite(arrays: Sequence[ImageArray]) -> Suite:
    """Return what is expected of the images, and that the two representations belong together."""
    checks = "pseudo-spectra are the sums of their cubes, but for rounding (objects drawn at random)"
    are_sums = between("pseudo_spectra_are_sums", checks, "pseudo_spectra_error", high=1)
    return Suite("images", ("object_id", "part", "kind"), (*image_expectations(arrays), are_sums), {})


LIGHT_MIN, LIGHT_MAX = 0.2, 4.0
"""For what the catalogue's magnitudes leave open; 6,400 cubes of the default preset reach from 0.39 to 2.6.

Microlensing (0.3 in ln(flux) of each image), light beyond the inner part of the stamp, emission lines in the
bands that stand for rSDSS, and neighbours whose centres lie outside the stamp.
"""


def brightness() -> list[gxe.Expectation]:
    """Return what is expected of the light of each cube beside its row of the catalogue."""
    least = f"a cube has at least {LIGHT_MIN:g} of the light of its galaxy and quasar in rSDSS"
    most = f"a cube has at most {LIGHT_MAX:g} times the light of its galaxy, quasar and neighbours in rSDSS"
    return [
        between("cubes_not_too_faint", least, "cubes_light_min", low=LIGHT_MIN),
        between("cubes_not_too_bright", most, "cubes_light_max", high=LIGHT_MAX),
    ]
