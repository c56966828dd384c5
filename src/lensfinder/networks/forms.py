"""What a network reads in each representation: one array of images or several, each of a certain form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InputForm:
    """Form of one array of images; with several, each is an input of the network with a branch of its own.

    Attributes
    ----------
    name
        Of the input.
    pair
        Whether an image is a pair of pseudo-spectra, of shape (2, bands, pixels), not (y, x, bands).
    asinh_softening_ujy
        Softening of the asinh stretch, in µJy per pixel: near the noise of one pixel.
    pixels_per_shift
        Pixels by which an image moves where augmentation shifts by one: arrays of different pixel scales move
        by the same angle.
    """

    name: str
    pair: bool
    asinh_softening_ujy: float
    pixels_per_shift: int = 1


_FORMS = {
    "cube": (InputForm("cube", pair=False, asinh_softening_ujy=0.1),),
    # Sums of 50 pixels, whose noise is √50 times larger.
    "pseudo_spectra": (InputForm("pseudo_spectra", pair=True, asinh_softening_ujy=0.7),),
    "stamps": (
        InputForm("vis", pair=False, asinh_softening_ujy=0.0018, pixels_per_shift=3),
        InputForm("nisp", pair=False, asinh_softening_ujy=0.024),
    ),
}


def forms_of(representation: str) -> tuple[InputForm, ...]:
    """Return the forms of the arrays that a network of this representation reads, in their order."""
    return _FORMS[representation]
