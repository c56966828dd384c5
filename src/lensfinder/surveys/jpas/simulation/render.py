"""From a scene to its cube: the plain version, to be read and tested, and the data both versions take.

Signal per pixel and band:  S_b = Σ_k w_{bk} [ F_b (galaxy ∗ G_k) + Σ_i f_{ib} G_k(x − x_i) ] · pixel area,
where G_k are the Gaussians of :class:`.psf.PsfDictionary` and the galaxy is a sum of
elliptical Gaussians. Noise per pixel: N(0, σ_b² + S_b / g_b), sky and read noise from the band's depth, g_b
electrons per µJy.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from lensfinder.lensing.light import EXPANSION_SIGMAS, sersic_expansion
from lensfinder.surveys.jpas.params import Observation
from lensfinder.surveys.jpas.simulation.psf import N_GAUSSIANS, PsfDictionary
from lensfinder.typing import FloatArray


@dataclass(frozen=True)
class Scenes:
    """What stands in front of the camera, for n objects; lengths in arcsec from the stamp's centre, fluxes in
    µJy.

    Attributes
    ----------
    galaxy_flux_ujy
        Of shape (n, bands); 0 where there is no galaxy.
    galaxy_x_arcsec, galaxy_y_arcsec, galaxy_r_eff_arcsec, galaxy_sersic_n, galaxy_axis_ratio, galaxy_pa_rad
        Of shape (n,); any finite number where there is no galaxy.
    image_x_arcsec, image_y_arcsec
        Quasar images, of shape (n, images).
    image_flux_ujy
        Of shape (n, images, bands); 0 where there is no image.
    n_images
        Number of images that exist, of shape (n,).
    psf_fwhm_arcsec
        Of shape (n, bands).
    """

    galaxy_flux_ujy: FloatArray
    galaxy_x_arcsec: FloatArray
    galaxy_y_arcsec: FloatArray
    galaxy_r_eff_arcsec: FloatArray
    galaxy_sersic_n: FloatArray
    galaxy_axis_ratio: FloatArray
    galaxy_pa_rad: FloatArray
    image_x_arcsec: FloatArray
    image_y_arcsec: FloatArray
    image_flux_ujy: FloatArray
    n_images: np.ndarray
    psf_fwhm_arcsec: FloatArray

    def __len__(self) -> int:
        return len(self.galaxy_x_arcsec)

    def __getitem__(self, rows: slice) -> Self:
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))


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


def galaxy_gaussians(scenes: Scenes) -> tuple[FloatArray, FloatArray]:
    """Expand galaxies: fractions of flux (n, 16), covariances (n, 16, 3) as xx, xy, yy in arcsec²."""
    fractions = sersic_expansion(scenes.galaxy_sersic_n)
    variance = (EXPANSION_SIGMAS * scenes.galaxy_r_eff_arcsec[:, None]) ** 2
    major = variance / scenes.galaxy_axis_ratio[:, None]
    minor = variance * scenes.galaxy_axis_ratio[:, None]
    cos, sin = np.cos(scenes.galaxy_pa_rad)[:, None], np.sin(scenes.galaxy_pa_rad)[:, None]
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
    fractions, covariances = galaxy_gaussians(scenes)
    out = np.zeros((len(scenes), camera.stamp_pixels, camera.stamp_pixels, scenes.psf_fwhm_arcsec.shape[1]))
    for n in range(len(scenes)):
        seeing = camera.psf.weights_for(scenes.psf_fwhm_arcsec[n]) * camera.pixel_scale_arcsec**2
        dx, dy = x - scenes.galaxy_x_arcsec[n], y - scenes.galaxy_y_arcsec[n]
        for k in range(N_GAUSSIANS):
            image = np.zeros_like(x)
            for fraction, (xx, xy, yy) in zip(fractions[n], covariances[n], strict=True):
                xx, yy = xx + sigma2[k], yy + sigma2[k]
                determinant = xx * yy - xy**2
                exponent = (yy * dx**2 - 2 * xy * dx * dy + xx * dy**2) / determinant
                image += fraction / (2 * np.pi * np.sqrt(determinant)) * np.exp(-0.5 * exponent)
            out[n] += image[..., None] * (scenes.galaxy_flux_ujy[n] * seeing[:, k])
            for i in range(scenes.n_images[n]):
                r2 = (x - scenes.image_x_arcsec[n, i]) ** 2 + (y - scenes.image_y_arcsec[n, i]) ** 2
                point = np.exp(-0.5 * r2 / sigma2[k]) / (2 * np.pi * sigma2[k])
                out[n] += point[..., None] * (scenes.image_flux_ujy[n, i] * seeing[:, k])
    return out


def noise_sigma(signal: FloatArray, camera: Camera) -> FloatArray:
    """Standard deviation of the noise around a noise-free signal, both in µJy per pixel with bands last."""
    return np.sqrt(camera.background_variance + np.maximum(signal, 0) / camera.electrons_per_ujy)
