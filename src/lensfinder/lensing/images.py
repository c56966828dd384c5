"""All images of point sources behind a lens."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from lensfinder.errors import UserError
from lensfinder.lensing.image_search import search_all
from lensfinder.lensing.lens import Lens
from lensfinder.typing import FloatArray, IntArray

# An ellipsoid with shear made at most 7 images in all that was tried; more would be refused, not cut short.
IMAGES_MAX = 9

# Attempts at a system, in order: (smallest half cell / min(θ_G, 1"), number of cells at most, displacement
# of the source in arcsec). Nearly all systems need about a hundred cells of the first. Only sources within
# ~1e-8" of a caustic need another; the last are for those that lie on it to rounding (β = 0 behind a
# circular lens is a ring, not a set of images): they move the source, by less than the promised residual of
# 1e-6".
_ATTEMPTS = np.array([[1e-6, 2e4, 0.0], [1e-10, 2e5, 0.0], [1e-10, 4e6, 1e-7], [1e-10, 4e6, 3e-7]])


@dataclass(frozen=True, slots=True, eq=False)
class PointImages:
    """Images of n point sources, brightest first; NaN where there is none.

    Attributes
    ----------
    x_arcsec, y_arcsec
        Positions relative to the lens, of shape (n_systems, IMAGES_MAX).
    magnification
        Signed magnifications μ of the same shape; positive where the image is not mirrored.
    n_images
        Number of images, odd, of shape (n_systems,).
    """

    x_arcsec: FloatArray
    y_arcsec: FloatArray
    magnification: FloatArray
    n_images: IntArray

    @property
    def total_magnification(self) -> FloatArray:
        """Σ|μ| of shape (n_systems,)."""
        return np.asarray(np.nansum(np.abs(self.magnification), axis=1))


def find_images(lens: Lens, beta_x_arcsec: ArrayLike, beta_y_arcsec: ArrayLike) -> PointImages:
    """Find every image of point sources at β, one source a lens.

    The search is exhaustive (`lensing.image_search`), and its result is checked: a complete set satisfies
    Σ sign(det A) = 1, and is therefore odd in number (Burke 1981, ApJ 244, L1).

    Parameters
    ----------
    lens
        Fields that broadcast, together with β, to shape (n_systems,) or to a scalar (n_systems = 1).
    beta_x_arcsec, beta_y_arcsec
        Source positions relative to the lens.

    Returns
    -------
    PointImages
        Each system's images depend on that system alone. They solve the lens equation to 1e-6" (1e-12" unless
        the source lies on a caustic to rounding).

    Raises
    ------
    UserError
        β is not finite, or the shapes do not broadcast to one dimension.
    RuntimeError
        The images of a system, which is named, do not pass the check of completeness.
    """
    sources = [np.asarray(beta, dtype=np.float64) for beta in (beta_x_arcsec, beta_y_arcsec)]
    try:
        columns = np.broadcast_arrays(*np.atleast_1d(*lens.values, *sources))
    except ValueError as error:
        shapes = (lens.shape, *(beta.shape for beta in sources))
        raise UserError(
            f"find_images: lens, beta_x and beta_y of shapes {shapes} do not broadcast"
        ) from error
    systems = np.stack(columns, axis=-1)
    if systems.ndim != 2:
        raise UserError(f"find_images: systems of shape {systems.shape[:-1]}; one dimension is wanted")
    if not np.isfinite(systems).all():
        system = int(np.flatnonzero(~np.isfinite(systems).all(axis=1))[0])
        raise UserError(f"find_images: beta of system {system} is not finite: {systems[system, -2:]}")
    images = np.full((len(systems), 3, IMAGES_MAX), np.nan)
    n_images = np.zeros(len(systems), dtype=np.int64)
    failed = search_all(systems, _ATTEMPTS, images, n_images)
    if failed >= 0:
        names = [*(field.name for field in fields(lens)), "beta_x_arcsec", "beta_y_arcsec"]
        described = ", ".join(f"{name}={value!r}" for name, value in zip(names, systems[failed], strict=True))
        raise RuntimeError(f"find_images: incomplete set of images for system {failed}: {described}")
    return PointImages(images[:, 0], images[:, 1], images[:, 2], n_images)
