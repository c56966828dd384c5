"""All suites of the J-PAS dataset; :func:`jpas_suites` is what the stage runs."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import Suite, about, threshold
from lensfinder.gate.jpas_catalogue import catalogue_suite
from lensfinder.gate.split_checks import PARTS, agreement_with_catalogue, coverage, no_leak
from lensfinder.gate.tables import shape_text
from lensfinder.params import KINDS, Jpas, KindCounts

LEARNING = ["train", "validation"]

ARRAYS = {"cubes": "cube", "pseudo_spectra": "pair of pseudo-spectra"}
"""Name of each image array and what one of its images is."""

IMAGE_DTYPE = "float16"


def jpas_suites(jpas: Jpas, n_bands: int) -> list[Suite]:
    """Return what must hold before training.

    Parameters
    ----------
    jpas
        Parameters of the survey.
    n_bands
        Bands of the survey's filter table.
    """
    return [
        catalogue_suite(jpas),
        splits_suite(jpas),
        Suite("coverage", ("object_id", "kind"), tuple(coverage()), {}),
        arrays_suite(jpas, n_bands),
        images_suite(),
    ]


def splits_suite(jpas: Jpas) -> Suite:
    """Return what is expected of :func:`~lensfinder.gate.tables.splits_table`: sizes, balance, no leak."""
    fraction, size = jpas.split.validation_fraction, jpas.gate.size_tolerance
    balance = jpas.gate.balance_tolerance
    train, test = jpas.counts.train, jpas.counts.test
    thresholds = {
        "validation_fraction_min": fraction - size,
        "validation_fraction_max": fraction + size,
        **{f"learning_{kind}": train.of(kind) for kind in KINDS},
        **{f"test_{kind}": test.of(kind) for kind in KINDS},
    }
    for part, counts in _declared(jpas).items():
        thresholds[f"{part}_balance_min"] = counts.positive_fraction - balance
        thresholds[f"{part}_balance_max"] = counts.positive_fraction + balance
    balanced = [
        gxe.ExpectColumnMeanToBeBetween(
            column="label",
            min_value=threshold(f"{part}_balance_min"),
            max_value=threshold(f"{part}_balance_max"),
            row_condition=Column("part") == part,
            **about(
                f"balance_{part}",
                f"the fraction of lensed quasars in {part} is {counts.positive_fraction:.4f} ± {balance}",
            ),
        )
        for part, counts in _declared(jpas).items()
    ]
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
    validation = gxe.ExpectColumnMeanToBeBetween(
        column="validation",
        min_value=threshold("validation_fraction_min"),
        max_value=threshold("validation_fraction_max"),
        row_condition=Column("part").is_in(LEARNING),
        **about("validation_fraction", f"validation is {fraction} ± {size} of train and validation"),
    )
    expectations = [*agreement_with_catalogue(), *no_leak(), *from_sample, *sized, validation, *balanced]
    return Suite("splits", ("object_id", "part", "kind", "tile"), tuple(expectations), thresholds)


def _declared(jpas: Jpas) -> dict[str, KindCounts]:
    return {part: jpas.counts.of("test" if part == "test" else "train") for part in PARTS}


def arrays_suite(jpas: Jpas, n_bands: int) -> Suite:
    """Return what is expected of :func:`~lensfinder.gate.tables.arrays_table`: number, shape, dtype."""
    pixels = jpas.observation.stamp_pixels
    shapes = {"cubes": (pixels, pixels, n_bands), "pseudo_spectra": (2, n_bands, pixels)}
    expectations: list[gxe.Expectation] = []
    for array, image in ARRAYS.items():
        shape = shape_text(shapes[array])
        this = Column("array") == array
        expectations += [
            gxe.ExpectColumnValuesToBeInSet(
                column="n_images",
                value_set=[jpas.counts.total],
                row_condition=this,
                **about(f"{array}_count", f"there are {jpas.counts.total} images, one an object"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="image_shape",
                value_set=[shape],
                row_condition=this,
                **about(f"{array}_shape", f"a {image} has the shape {shape}"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="dtype",
                value_set=[IMAGE_DTYPE],
                row_condition=this,
                **about(f"{array}_dtype", f"a {image} is stored as {IMAGE_DTYPE}"),
            ),
        ]
    return Suite("arrays", ("array",), tuple(expectations), {})


def images_suite() -> Suite:
    """Return what is expected of :func:`~lensfinder.gate.tables.images_table`, image by image."""
    expectations: list[gxe.Expectation] = []
    for array, image in ARRAYS.items():
        expectations += [
            gxe.ExpectColumnValuesToBeInSet(
                column=f"{array}_present",
                value_set=[True],
                **about(f"{array}_present", f"every object of the catalogue has its {image}"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column=f"{array}_n_not_finite",
                value_set=[0],
                **about(f"{array}_finite", f"no pixel of a {image} is NaN or infinite"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column=f"{array}_blank",
                value_set=[False],
                **about(f"{array}_not_blank", f"no {image} is zero everywhere"),
            ),
        ]
    expectations.append(
        gxe.ExpectColumnValuesToBeBetween(
            column="pseudo_spectra_error",
            max_value=1,
            **about(
                "pseudo_spectra_are_sums",
                "pseudo-spectra are the sums of their cubes, but for rounding (objects drawn at random)",
            ),
        )
    )
    return Suite("images", ("object_id", "part", "kind"), tuple(expectations), {})
