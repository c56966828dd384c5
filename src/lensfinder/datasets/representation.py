"""Representations: what networks read of an object, arrays of images of certain forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lensfinder.params.base import Model


@dataclass(frozen=True)
class InputForm:
    """One array of images and its form; with several, each is an input of the network of its own.

    Attributes
    ----------
    name
        Of the input.
    file
        The array, relative to the root of the repository; row i belongs to row i of the catalogue.
    pseudo_spectra
        Whether an image is two pseudo-spectra, of shape (2, bands, pixels), or the first of them alone, of
        shape (1, bands, pixels); otherwise its shape is (y, x, bands).
    asinh_softening_ujy
        Softening of the asinh stretch, in µJy per pixel of this image: near the noise of one. Sums of n
        pixels of a cube have √n times that of the cube.
    pixels_per_shift
        Pixels by which an image moves where augmentation shifts by one: arrays of different pixel scales move
        by the same angle.
    """

    name: str
    file: str
    pseudo_spectra: bool
    asinh_softening_ujy: float
    pixels_per_shift: int = 1


@dataclass(frozen=True)
class Representation:
    """What a network reads of an object.

    Attributes
    ----------
    name
        As ``representation:`` in ``params.yaml`` gives it.
    forms
        Of its arrays, in their order.
    networks
        Architectures that can read it, by the name that ``architecture:`` in ``params.yaml`` gives: each a
        function, ``package.module:name``, see :data:`lensfinder.networks.architectures.Architecture`.
    extended
        Whether an image has places, which can be turned and shifted; colours alone have none.
    """

    name: str
    forms: tuple[InputForm, ...]
    networks: Mapping[str, str]
    extended: bool = True

    def files(self, root: Path) -> tuple[Path, ...]:
        """Return its arrays, one an input of the network."""
        return tuple(root / form.file for form in self.forms)

    def check(self, model: Model) -> None:
        """Refuse a model that cannot read this.

        Raises
        ------
        ValueError
            If no such architecture reads it, or if a parameter of the model has no meaning here.
        """
        if model.architecture not in self.networks:
            raise ValueError(
                f"architecture = {model.architecture}: {self.name} is read by {' or '.join(self.networks)}"
            )
        if model.free_rotation_and_zoom and any(form.pseudo_spectra for form in self.forms):
            raise ValueError("free_rotation_and_zoom has no meaning for pseudo-spectra: set it to false")
        if self.extended:
            return
        if model.symmetries or model.shift_max_pixels or model.free_rotation_and_zoom:
            raise ValueError(
                "symmetries, shift_max_pixels and free_rotation_and_zoom have no meaning for "
                f"{self.name}, which are of no place: set them to false, 0 and false"
            )
        if model.normalisation == "per_band_max":
            raise ValueError(
                "normalisation = per_band_max makes every colour 1: set it to global_max or asinh"
            )


def check_models(models: Mapping[str, Model], representations: Mapping[str, Representation]) -> None:
    """Refuse models, by the fields that hold them, that none of ``representations`` fits.

    Raises
    ------
    ValueError
        If a model reads something else, or cannot be what it says.
    """
    for name, model in models.items():
        if model.representation not in representations:
            raise ValueError(
                f"{name}.representation = {model.representation}: a model of this track reads "
                f"{' or '.join(representations)}"
            )
        try:
            representations[model.representation].check(model)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
