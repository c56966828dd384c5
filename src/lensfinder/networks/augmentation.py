"""Random transformations that leave the label as it is, in NumPy; :mod:`.kernels` has them compiled.

A transformation is one of the eight symmetries of the square (exchange of the two axes, then a flip of y,
then a flip of x), optionally a free rotation and zoom about the centre, then a shift. What enters from
outside is zero. Bands are never touched. Arrays of different pixel scales share their centre, so that one
transformation acts on all of them; a shift is counted in the largest pixels. On pseudo-spectra the symmetries
and shifts of the cube have exact images: exchanging the axes exchanges the two images, a flip or shift along
x acts on the band × x image, one along y on the other. For the band × x image alone only what happens along x
has a meaning; the rest of a transformation leaves it as it is.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from lensfinder.datasets.representation import InputForm
from lensfinder.params import Model
from lensfinder.typing import AnyArray, Float32Array

AUGMENTATION = np.dtype(
    [
        ("exchange", np.bool_),
        ("flip_y", np.bool_),
        ("flip_x", np.bool_),
        ("angle_rad", np.float64),
        ("zoom", np.float64),
        ("shift_y", np.int64),
        ("shift_x", np.int64),
    ]
)
# A free zoom is drawn log-uniformly between 1/ZOOM_MAX and ZOOM_MAX: separations stay those of lenses.
ZOOM_MAX = 1.1


def no_augmentations(n: int) -> AnyArray:
    """Return ``n`` identities, of shape (n,) and dtype :data:`AUGMENTATION`."""
    identities = np.zeros(n, dtype=AUGMENTATION)
    identities["zoom"] = 1
    return identities


def draw_augmentations(n: int, model: Model, rng: np.random.Generator) -> AnyArray:
    """Draw the transformations that ``model`` allows, of shape (n,) and dtype :data:`AUGMENTATION`."""
    drawn = no_augmentations(n)
    if model.symmetries:
        for name in ("exchange", "flip_y", "flip_x"):
            drawn[name] = rng.integers(0, 2, n)
    if model.free_rotation_and_zoom:
        drawn["angle_rad"] = rng.uniform(0, 2 * np.pi, n)
        drawn["zoom"] = ZOOM_MAX ** rng.uniform(-1, 1, n)
    if model.shift_max_pixels:
        for name in ("shift_y", "shift_x"):
            drawn[name] = rng.integers(-model.shift_max_pixels, model.shift_max_pixels, n, endpoint=True)
    return drawn


def augment(image: Float32Array, augmentation: AnyArray, form: InputForm) -> Float32Array:
    """Transform one image by one entry of :data:`AUGMENTATION`.

    Parameters
    ----------
    image
        Of shape (y, x, bands), y as long as x, or (1 or 2, bands, pixels) if ``form.pseudo_spectra``.
    augmentation
        Free rotations and zooms have no image on pseudo-spectra: their entries are not read there.
    form
        Form of the image.
    """
    shift_y, shift_x = (form.pixels_per_shift * int(augmentation[name]) for name in ("shift_y", "shift_x"))
    if form.pseudo_spectra:
        return _augment_pseudo_spectra(image, augmentation, shift_y, shift_x)
    if augmentation["exchange"]:
        image = image.transpose(1, 0, 2)
    if augmentation["flip_y"]:
        image = image[::-1]
    if augmentation["flip_x"]:
        image = image[:, ::-1]
    angle_rad, zoom = float(augmentation["angle_rad"]), float(augmentation["zoom"])
    if angle_rad == 0 and zoom == 1:
        return _shift(_shift(image, shift_y, axis=0), shift_x, axis=1)
    return _turn_and_shift(image, angle_rad, zoom, shift_y, shift_x)


def _augment_pseudo_spectra(
    pseudo_spectra: Float32Array, augmentation: AnyArray, shift_y: int, shift_x: int
) -> Float32Array:
    if augmentation["exchange"]:
        pseudo_spectra = pseudo_spectra[::-1]
    along_x = (bool(augmentation["flip_x"]), shift_x)
    along_y = (bool(augmentation["flip_y"]), shift_y)
    return np.stack(
        [
            _shift(image[:, ::-1] if flip else image, shift, axis=1)
            for image, (flip, shift) in zip(pseudo_spectra, (along_x, along_y), strict=False)
        ]
    )


def _turn_and_shift(
    image: Float32Array, angle_rad: float, zoom: float, shift_y: int, shift_x: int
) -> Float32Array:
    """Rotate from +x towards +y and magnify about the centre, then shift: one bilinear interpolation.

    Surface brightness is kept.
    """
    cos, sin = np.cos(angle_rad) / zoom, np.sin(angle_rad) / zoom
    # Where in the input, in (y, x), each output pixel is read.
    matrix = np.array([[cos, -sin], [sin, cos]])
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = centre - matrix @ (centre + np.array([shift_y, shift_x]))
    turned = np.empty(image.shape, dtype=np.float32)
    for band in range(image.shape[2]):
        turned[:, :, band] = ndimage.affine_transform(
            image[:, :, band], matrix, offset, order=1, mode="grid-constant", prefilter=False
        )
    return turned


def _shift(image: Float32Array, pixels: int, axis: int) -> Float32Array:
    if pixels == 0:
        return image
    shifted = np.roll(image, pixels, axis=axis)
    edge = slice(0, pixels) if pixels > 0 else slice(pixels, None)
    shifted[(slice(None),) * axis + (edge,)] = 0
    return shifted
