"""From a scene to its cube: the plain version, to be read and tested, and the data both versions take.

Signal per pixel and band:  S_b = A Σ_k w_{bk} [ Σ_j F_{jb} (galaxy_j ∗ G_k) + Σ_i f_{ib} G_k(x − x_i) ],
where A is a pixel's area, G_k are the Gaussians of :class:`.psf.PsfDictionary` and a galaxy is a sum of
elliptical Gaussians. Noise per pixel: N(0, σ_b² + S_b / g_b), sky and read noise from the band's depth, g_b
electrons per µJy.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import pandas as pd

from lensfinder.lensing.light import EXPANSION_SIGMAS, sersic_expansion
from lensfinder.surveys.jpas.params import Observation
from lensfinder.surveys.jpas.simulation.psf import N_GAUSSIANS, PsfDictionary
from lensfinder.typing import FloatArray, IntArray


class Sources:
    """Light sources in front of the camera, each the scene ``owner`` that it belongs to, rising from 0."""

    owner: IntArray

    @classmethod
    def together(cls, *parts: Self) -> Self:
        """Return the sources of all parts by their scene; those of one scene in the order of the parts."""
        order = np.argsort(np.concatenate([part.owner for part in parts]), kind="stable")
        columns = (np.concatenate([getattr(part, name) for part in parts]) for name in _names(cls))
        return cls(*(column[order] for column in columns))

    def first(self, n_scenes: int) -> IntArray:
        """Row of each scene's first source, and the number of all, of shape (n_scenes + 1,)."""
        return np.searchsorted(self.owner, np.arange(n_scenes + 1))


@dataclass(frozen=True)
class Galaxies(Sources):
    """Sérsic profiles: arrays of shape (n,), fluxes (n, bands); lengths count from the stamp's centre."""

    owner: IntArray
    flux_ujy: FloatArray
    x_arcsec: FloatArray
    y_arcsec: FloatArray
    r_eff_arcsec: FloatArray
    sersic_n: FloatArray
    axis_ratio: FloatArray
    pa_rad: FloatArray

    @classmethod
    def of_table(cls, owner: IntArray, flux_ujy: FloatArray, table: pd.DataFrame, prefix: str = "") -> Self:
        """Take places and shapes from a table's columns ``<prefix>x_arcsec`` … ``<prefix>pa_deg``."""
        names = ("x_arcsec", "y_arcsec", "r_eff_arcsec", "sersic_n", "axis_ratio", "pa_deg")
        x, y, r_eff, sersic_n, axis_ratio, pa_deg = (table[f"{prefix}{name}"].to_numpy() for name in names)
        return cls(owner, flux_ujy, x, y, r_eff, sersic_n, axis_ratio, np.radians(pa_deg))


@dataclass(frozen=True)
class Points(Sources):
    """Point sources: arrays of shape (n,), fluxes (n, bands); lengths count from the stamp's centre."""

    owner: IntArray
    flux_ujy: FloatArray
    x_arcsec: FloatArray
    y_arcsec: FloatArray


@dataclass(frozen=True)
class Scenes:
    """What stands in front of the camera, and the seeing of each scene and band, (scenes, bands)."""

    galaxies: Galaxies
    points: Points
    psf_fwhm_arcsec: FloatArray

    def __len__(self) -> int:
        return len(self.psf_fwhm_arcsec)


def _names(kind: type[Sources]) -> list[str]:
    return [field.name for field in fields(kind)]  # type: ignore[arg-type]


@dataclass(frozen=True)
class Camera:
    """Pixel grid, seeing dictionary and noise of the 56 bands.

    Attributes
    ----------
    background_variance
        Sky and read noise per pixel, µJy², of shape (bands,).
    electrons_per_ujy
        Over the whole exposure, of shape (bands,).
    """

    stamp_pixels: int
    pixel_scale_arcsec: float
    psf: PsfDictionary
    background_variance: FloatArray
    electrons_per_ujy: FloatArray

    @classmethod
    def build(cls, observation: Observation, depth_mag: FloatArray, zero_point_mag: FloatArray) -> Camera:
        """Build the camera from each band's 5σ depth in a 3 arcsec aperture and its AB magnitude of 1 e/s."""
        pixels_in_aperture = np.pi * 1.5**2 / observation.pixel_scale_arcsec**2
        five_sigma_ujy = 10 ** (0.4 * (23.9 - depth_mag - observation.depth_offset_mag))
        return cls(
            stamp_pixels=observation.stamp_pixels,
            pixel_scale_arcsec=observation.pixel_scale_arcsec,
            psf=PsfDictionary.fit(observation),
            background_variance=(five_sigma_ujy / 5.0) ** 2 / pixels_in_aperture,
            electrons_per_ujy=10 ** (0.4 * (zero_point_mag - 23.9)) * observation.exposure_s,
        )

    @property
    def pixel_centres_arcsec(self) -> FloatArray:
        """Coordinates of the pixel centres along either axis."""
        pixels = np.arange(self.stamp_pixels, dtype=np.float64)
        return (pixels - 0.5 * (self.stamp_pixels - 1)) * self.pixel_scale_arcsec

    def aperture_sigma_ujy(self) -> FloatArray:
        """1σ of the background in a 3 arcsec aperture, of shape (bands,)."""
        aperture_px = np.pi * 1.5**2 / self.pixel_scale_arcsec**2
        sigma: FloatArray = np.sqrt(self.background_variance * aperture_px)
        return sigma


def galaxy_gaussians(galaxies: Galaxies) -> tuple[FloatArray, FloatArray]:
    """Expand galaxies: fractions of flux (n, 16), covariances (n, 16, 3) as xx, xy, yy in arcsec²."""
    fractions = sersic_expansion(galaxies.sersic_n)
    variance = (EXPANSION_SIGMAS * galaxies.r_eff_arcsec[:, None]) ** 2
    major = variance / galaxies.axis_ratio[:, None]
    minor = variance * galaxies.axis_ratio[:, None]
    cos, sin = np.cos(galaxies.pa_rad)[:, None], np.sin(galaxies.pa_rad)[:, None]
    covariance = np.stack(
        [major * cos**2 + minor * sin**2, (major - minor) * sin * cos, major * sin**2 + minor * cos**2],
        axis=-1,
    )
    return fractions, covariance


def render_signal_plain(scenes: Scenes, camera: Camera) -> FloatArray:
    """Noise-free cubes in µJy per pixel, of shape (n, y, x, bands), in float64 and slowly.

    The compiled version, :func:`.render_compiled.render_signal`, agrees to 1e-5 of the
    peak.
    """
    x, y = np.meshgrid(camera.pixel_centres_arcsec, camera.pixel_centres_arcsec)
    sigma2 = camera.psf.sigmas_arcsec**2
    galaxies, points = scenes.galaxies, scenes.points
    fractions, covariances = galaxy_gaussians(galaxies)
    seeing = camera.psf.weights_for(scenes.psf_fwhm_arcsec) * camera.pixel_scale_arcsec**2
    out = np.zeros((len(scenes), camera.stamp_pixels, camera.stamp_pixels, scenes.psf_fwhm_arcsec.shape[1]))
    for i, n in enumerate(galaxies.owner):
        dx, dy = x - galaxies.x_arcsec[i], y - galaxies.y_arcsec[i]
        for k in range(N_GAUSSIANS):
            image = np.zeros_like(x)
            for fraction, (xx, xy, yy) in zip(fractions[i], covariances[i], strict=True):
                xx, yy = xx + sigma2[k], yy + sigma2[k]
                determinant = xx * yy - xy**2
                exponent = (yy * dx**2 - 2 * xy * dx * dy + xx * dy**2) / determinant
                image += fraction / (2 * np.pi * np.sqrt(determinant)) * np.exp(-0.5 * exponent)
            out[n] += image[..., None] * (galaxies.flux_ujy[i] * seeing[n, :, k])
    for i, n in enumerate(points.owner):
        r2 = (x - points.x_arcsec[i]) ** 2 + (y - points.y_arcsec[i]) ** 2
        for k in range(N_GAUSSIANS):
            point = np.exp(-0.5 * r2 / sigma2[k]) / (2 * np.pi * sigma2[k])
            out[n] += point[..., None] * (points.flux_ujy[i] * seeing[n, :, k])
    return out


def noise_sigma(signal: FloatArray, camera: Camera) -> FloatArray:
    """Standard deviation of the noise around a noise-free signal, both in µJy per pixel with bands last."""
    return np.sqrt(camera.background_variance + np.maximum(signal, 0) / camera.electrons_per_ujy)
