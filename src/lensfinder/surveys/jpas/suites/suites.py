"""All suites of the J-PAS dataset; :func:`jpas_suites` is what the stage runs."""

from __future__ import annotations

from collections.abc import Sequence

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import Suite, about, threshold
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
from lensfinder.params import KINDS, Jpas
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
    pixels = jpas.observation.stamp_pixels
    arrays = [
        ImageArray("cubes", "cube", (pixels, pixels, n_bands)),
        ImageArray("pseudo_spectra", "pair of pseudo-spectra", (2, n_bands, pixels)),
    ]
    return [
        catalogue_suite(jpas),
        splits_suite(jpas),
        Suite("coverage", ("object_id", "kind"), tuple(coverage()), {}),
        arrays_suite(arrays, jpas.counts.total),
        images_suite(arrays),
    ]


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
        gxe.ExpectTableRowCountToEqual(
            value=threshold(f"{name}_{kind}"),
            row_condition=Column("part").is_in(parts) & (Column("kind") == kind),
            **about(
                f"count_{name}_{kind}",
                f"{counts.of(kind)} objects of the kind {kind} are in {' and '.join(parts)}, as declared",
            ),
        )
        for name, parts, counts in (("learning", LEARNING, train), ("test", ["test"], test))
        for kind in KINDS
    ]
    from_sample = [
        gxe.ExpectColumnValuesToBeInSet(
            column="part",
            value_set=parts,
            row_condition=Column("sample") == sample,
            **about(f"{sample}_sample_stays", f"the {sample} sample is only in {' and '.join(parts)}"),
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
    are_sums = gxe.ExpectColumnValuesToBeBetween(
        column="pseudo_spectra_error",
        max_value=1,
        **about(
            "pseudo_spectra_are_sums",
            "pseudo-spectra are the sums of their cubes, but for rounding (objects drawn at random)",
        ),
    )
    return Suite("images", ("object_id", "part", "kind"), (*image_expectations(arrays), are_sums), {})
