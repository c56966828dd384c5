"""What is expected of image arrays, whatever the survey: number, shape and dtype, and of every image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.expectations import Suite, about
from lensfinder.gate.tables import shape_text

IMAGE_DTYPE = "float16"


@dataclass(frozen=True)
class ImageArray:
    """An image array: its name, what one of its images is called, and the shape of one image."""

    name: str
    image: str
    shape: tuple[int, ...]


def arrays_suite(arrays: Sequence[ImageArray], n_objects: int) -> Suite:
    """Return what is expected of :func:`~lensfinder.gate.tables.arrays_table`: number, shape, dtype."""
    expectations: list[gxe.Expectation] = []
    for array in arrays:
        shape = shape_text(array.shape)
        this = Column("array") == array.name
        expectations += [
            gxe.ExpectColumnValuesToBeInSet(
                column="n_images",
                value_set=[n_objects],
                row_condition=this,
                **about(f"{array.name}_count", f"there are {n_objects} images, one an object"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="image_shape",
                value_set=[shape],
                row_condition=this,
                **about(f"{array.name}_shape", f"a {array.image} has the shape {shape}"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="dtype",
                value_set=[IMAGE_DTYPE],
                row_condition=this,
                **about(f"{array.name}_dtype", f"a {array.image} is stored as {IMAGE_DTYPE}"),
            ),
        ]
    return Suite("arrays", ("array",), tuple(expectations), {})


def image_expectations(arrays: Sequence[ImageArray]) -> list[gxe.Expectation]:
    """Return what is expected of :func:`~lensfinder.gate.tables.images_table`, image by image."""
    expectations: list[gxe.Expectation] = []
    for array in arrays:
        expectations += [
            gxe.ExpectColumnValuesToBeInSet(
                column=f"{array.name}_present",
                value_set=[True],
                **about(f"{array.name}_present", f"every object of the catalogue has its {array.image}"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column=f"{array.name}_n_not_finite",
                value_set=[0],
                **about(f"{array.name}_finite", f"no pixel of a {array.image} is NaN or infinite"),
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column=f"{array.name}_blank",
                value_set=[False],
                **about(f"{array.name}_not_blank", f"no {array.image} is zero everywhere"),
            ),
        ]
    return expectations
