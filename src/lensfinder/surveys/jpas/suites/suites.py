"""All suites of the J-PAS dataset; :func:`jpas_suites` is what the stage runs."""

from __future__ import annotations

from collections.abc import Sequence

from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import between, one_of, row_count
from lensfinder.gate.expectations import Suite
from lensfinder.gate.image_checks import ImageArray, arrays_suite, image_expectations
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
    return [
        catalogue_suite(jpas),
        splits_suite(jpas),
        Suite("coverage", ("object_id", "kind"), tuple(coverage()), {}),
        arrays_suite(arrays, jpas.counts.total),
        images_suite(arrays),
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
