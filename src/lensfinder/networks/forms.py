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
    pseudo_spectra
        Whether an image is two pseudo-spectra, of shape (2, bands, pixels), or the first of them alone, of
        shape (1, bands, pixels); otherwise its shape is (y, x, bands).
    asinh_softening_ujy
        Softening of the asinh stretch, in µJy per pixel of this image: near the noise of one. Sums of n
        pixels of a cube, which have 0.1 µJy, have √n times more.
    pixels_per_shift
        Pixels by which an image moves where augmentation shifts by one: arrays of different pixel scales move
        by the same angle.
    """

    name: str
    pseudo_spectra: bool
    asinh_softening_ujy: float
    pixels_per_shift: int = 1


_FORMS = {
    "cube": (InputForm("cube", pseudo_spectra=False, asinh_softening_ujy=0.1),),
    "pseudo_spectra": (InputForm("pseudo_spectra", pseudo_spectra=True, asinh_softening_ujy=0.7),),
    # Parts of what a cube says, see :mod:`lensfinder.studies.ablations.images`.
    "one_pseudo_spectrum": (InputForm("one_pseudo_spectrum", pseudo_spectra=True, asinh_softening_ujy=0.7),),
    "white": (InputForm("white", pseudo_spectra=False, asinh_softening_ujy=0.75),),
    "colours": (InputForm("colours", pseudo_spectra=False, asinh_softening_ujy=5.0),),
    "stamps": (
        InputForm("vis", pseudo_spectra=False, asinh_softening_ujy=0.0018, pixels_per_shift=3),
        InputForm("nisp", pseudo_spectra=False, asinh_softening_ujy=0.024),
    ),
}


def forms_of(representation: str) -> tuple[InputForm, ...]:
    """Return the forms of the arrays that a network of this representation reads, in their order."""
    return _FORMS[representation]
