"""The camera: pixel grids, point-spread functions and noise of VIS and NISP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lensfinder.simulation.psf import GAUSSIAN_WIDTHS, moffat_gaussians
from lensfinder.typing import FloatArray

NISP_FACTOR = 3
"""VIS pixels in a NISP pixel, along either axis."""


@dataclass(frozen=True)
class Camera:
    """VIS and the three bands of NISP; both stamps share their centre.

    Attributes
    ----------
    vis_pixels, nisp_pixels
        Side of a stamp; both even, so that a NISP pixel covers 3 × 3 VIS pixels.
    vis_scale_arcsec
        VIS pixel; a NISP pixel is three times as large.
    psf_fwhm_arcsec, moffat_beta
        Of each band, of shape (4,); the same β for all.
    vis_psf_sigmas_arcsec, vis_psf_weights
        Gaussians whose sum is the PSF of VIS, of shape (k,) each.
    nisp_psf_sigmas_arcsec, nisp_psf_weights
        Gaussians (k,) that Y, J and H share, and the flux of each band in them, of shape (3, k).
    background_sigma_ujy
        Sky and read noise per pixel, of shape (4,).
    electrons_per_ujy
        Over all exposures, of shape (4,).
    """

    vis_pixels: int
    nisp_pixels: int
    vis_scale_arcsec: float
    psf_fwhm_arcsec: FloatArray
    moffat_beta: float
    vis_psf_sigmas_arcsec: FloatArray
    vis_psf_weights: FloatArray
    nisp_psf_sigmas_arcsec: FloatArray
    nisp_psf_weights: FloatArray
    background_sigma_ujy: FloatArray
    electrons_per_ujy: FloatArray

    @classmethod
    def build(
        cls,
        vis_pixels: int,
        nisp_pixels: int,
        vis_scale_arcsec: float,
        psf_fwhm_arcsec: FloatArray,
        moffat_beta: float,
        background_sigma_ujy: FloatArray,
        electrons_per_ujy: FloatArray,
    ) -> Camera:
        """Build the camera and expand its point-spread functions.

        Raises
        ------
        ValueError
            If a NISP pixel would not cover whole VIS pixels.
        """
        if vis_pixels % 2 or nisp_pixels % 2 or nisp_pixels * NISP_FACTOR > vis_pixels:
            raise ValueError(
                f"stamps of {vis_pixels} VIS and {nisp_pixels} NISP pixels: both must be even, and NISP's "
                "must lie inside VIS's"
            )
        vis_sigmas = GAUSSIAN_WIDTHS * psf_fwhm_arcsec[0]
        nisp_sigmas = GAUSSIAN_WIDTHS * psf_fwhm_arcsec[1:].mean()
        return cls(
            vis_pixels,
            nisp_pixels,
            vis_scale_arcsec,
            psf_fwhm_arcsec,
            moffat_beta,
            vis_sigmas,
            moffat_gaussians(psf_fwhm_arcsec[0], vis_sigmas, moffat_beta),
            nisp_sigmas,
            np.stack([moffat_gaussians(fwhm, nisp_sigmas, moffat_beta) for fwhm in psf_fwhm_arcsec[1:]]),
            background_sigma_ujy,
            electrons_per_ujy,
        )

    @property
    def nisp_scale_arcsec(self) -> float:
        """NISP pixel."""
        return NISP_FACTOR * self.vis_scale_arcsec

    @property
    def nisp_first(self) -> int:
        """First VIS pixel that NISP's first pixel covers."""
        return (self.vis_pixels - NISP_FACTOR * self.nisp_pixels) // 2
