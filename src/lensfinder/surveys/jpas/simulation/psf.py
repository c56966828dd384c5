"""Seeing: Moffat profiles of any width as sums of the same eight Gaussians.

A cube then needs eight images of the galaxy and eight of each quasar image, whatever the 56 widths are, and
one small matrix product makes all bands. The detector's pixel is folded into the weights: the fit is to the
Moffat profile integrated over pixels, so that a Gaussian sampled at a pixel's centre is that pixel's flux.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.special import ndtr

from lensfinder.simulation.psf import moffat
from lensfinder.surveys.jpas.params import Observation
from lensfinder.typing import FloatArray, IntArray

N_GAUSSIANS = 8
_WIDTHS_TABULATED = 121
_SUBPIXELS = 15


@dataclass(frozen=True)
class PsfDictionary:
    """Eight Gaussians and, for any FWHM in the tabulated range, their fluxes.

    Attributes
    ----------
    sigmas_arcsec
        Standard deviations, of shape (8,).
    fwhms_arcsec, weights
        Table of the fluxes, of shapes (n,) and (n, 8).
    """

    sigmas_arcsec: FloatArray
    fwhms_arcsec: FloatArray
    weights: FloatArray

    @classmethod
    def fit(cls, observation: Observation) -> PsfDictionary:
        """Fit the dictionary for a camera's pixel and its range of seeing.

        The error is below 1e-3 of the peak for seeing of three pixels or more, checked in the tests against
        direct integration.
        """
        low, high = observation.psf_fwhm_arcsec.low, observation.psf_fwhm_arcsec.high
        sigmas = np.geomspace(0.33 * low, 2.0 * high, N_GAUSSIANS)
        radii = np.concatenate([np.linspace(0, 2 * high, 120), np.linspace(2 * high, 6 * high, 60)[1:]])
        # A pixel's four-fold symmetry: golden-ratio angles visit its octant evenly.
        angles = np.pi / 4 * np.modf(np.arange(len(radii)) * 0.6180339887)[0]
        x, y = radii * np.cos(angles), radii * np.sin(angles)
        offsets = ((np.arange(_SUBPIXELS) + 0.5) / _SUBPIXELS - 0.5) * observation.pixel_scale_arcsec
        squared = (x[:, None, None] + offsets[:, None]) ** 2 + (y[:, None, None] + offsets) ** 2
        gaussians = np.exp(-0.5 * (radii[:, None] / sigmas) ** 2) / (2 * np.pi * sigmas**2)
        fwhms = np.linspace(low, high, _WIDTHS_TABULATED)
        weights = np.empty((len(fwhms), N_GAUSSIANS))
        for i, fwhm in enumerate(fwhms):
            target = moffat(squared, fwhm, observation.moffat_beta).mean(axis=(1, 2))
            weights[i], _ = nnls(gaussians / target[0], target / target[0])
        return cls(sigmas, fwhms, weights)

    def weights_for(self, fwhm_arcsec: FloatArray) -> FloatArray:
        """Fluxes of the eight Gaussians for widths of any shape, returned with a last axis of 8."""
        step = self.fwhms_arcsec[1] - self.fwhms_arcsec[0]
        position = (np.asarray(fwhm_arcsec) - self.fwhms_arcsec[0]) / step
        below = np.clip(position.astype(int), 0, len(self.fwhms_arcsec) - 2)
        fraction = (position - below)[..., None]
        return np.asarray((1 - fraction) * self.weights[below] + fraction * self.weights[below + 1])


def draw_fwhms_arcsec(
    normals_tray: FloatArray, normals_band: FloatArray, trays: IntArray, observation: Observation
) -> FloatArray:
    """Seeing of every band, uniform between the limits and alike in the bands of one filter tray.

    Parameters
    ----------
    normals_tray, normals_band
        Standard normal numbers, of shapes (n_objects, n_trays) and (n_objects, n_bands).
    trays
        Tray of each band, of shape (n_bands,).

    Returns
    -------
    FWHM in arcsec, of shape (n_objects, n_bands).
    """
    correlation = observation.psf_fwhm_tray_correlation
    mixed = np.sqrt(correlation) * normals_tray[:, trays] + np.sqrt(1 - correlation) * normals_band
    limits = observation.psf_fwhm_arcsec
    return np.asarray(limits.low + (limits.high - limits.low) * ndtr(mixed))
