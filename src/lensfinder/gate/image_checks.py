"""What is expected of image arrays, whatever the survey: number, shape and dtype, and of every image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

from lensfinder.gate.checks import one_of, unique
from lensfinder.gate.expectations import Suite
from lensfinder.gate.image_facts import FORBIDDEN
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
        name, shape, this = array.name, shape_text(array.shape), Column("array") == array.name
        stored, shaped = f"is stored as {IMAGE_DTYPE}", f"has the shape {shape}"
        expectations += [
            one_of(
                f"{name}_count", f"there are {n_objects} images, one an object", "n_images", [n_objects], this
            ),
            one_of(f"{name}_shape", f"a {array.image} {shaped}", "image_shape", [shape], this),
            one_of(f"{name}_dtype", f"a {array.image} {stored}", "dtype", [IMAGE_DTYPE], this),
        ]
    return Suite("arrays", ("array",), tuple(expectations), {})


def image_expectations(arrays: Sequence[ImageArray]) -> list[gxe.Expectation]:
    """Return what is expected of :func:`~lensfinder.gate.tables.images_table`, image by image."""
    expectations: list[gxe.Expectation] = []
    for array in arrays:
        name, image = array.name, array.image
        present = f"every object of the catalogue has its {image}"
        expectations.append(one_of(f"{name}_present", present, f"{name}_present", [True]))
        expectations += [
            one_of(f"{name}_{rule}", checks.format(image), f"{name}_{fact}", [0])
            for rule, (fact, checks) in FORBIDDEN.items()
        ]
        alone, word = f"no two objects have the same {image}", f"{name}_fingerprint"
        expectations.append(unique(f"{name}_not_repeated", alone, word, Column(word) != ""))
    return expectations
