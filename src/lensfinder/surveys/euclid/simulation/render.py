"""From a scene to its stamps: the plain version, brute force, to be read and to check the compiled one.

Every profile is what its formula says (Sérsic, exponential disc, Gaussian clump; Moffat PSF), sampled on a
uniform grid finer than the pixels, ray-traced point by point, convolved by FFT and summed to pixels.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from lensfinder.lensing.light import sersic_profile
from lensfinder.simulation.psf import moffat
from lensfinder.surveys.euclid.simulation.camera import NISP_FACTOR, Camera
from lensfinder.surveys.euclid.simulation.raytrace import CLUMP_END, CLUMP_NORM, DISC_B, DISC_END, DISC_NORM
from lensfinder.surveys.euclid.simulation.scenes import Scenes
from lensfinder.typing import AnyArray, FloatArray

_PSF_REACH_FWHM = 6.0


def elliptical_radius(dx: FloatArray, dy: FloatArray, axis_ratio: float, pa_rad: float) -> FloatArray:
    """Radius √(q x² + y²/q) along the geometric-mean axis, x along the major axis."""
    along = np.cos(pa_rad) * dx + np.sin(pa_rad) * dy
    across = np.cos(pa_rad) * dy - np.sin(pa_rad) * dx
    return np.asarray(np.sqrt(axis_ratio * along**2 + across**2 / axis_ratio))


def source_brightness(scenes: Scenes, k: int, x: FloatArray, y: FloatArray, band: int) -> FloatArray:
    """Surface brightness of source k at (x, y) arcsec in the source plane, µJy per square arcsec."""
    s = scenes.sources
    r_eff = s.r_eff_arcsec[k]
    radius = elliptical_radius(x - s.x_arcsec[k], y - s.y_arcsec[k], s.axis_ratio[k], s.pa_rad[k]) / r_eff
    disc = s.disc_flux_ujy[k, band] * DISC_NORM / r_eff**2 * np.exp(-DISC_B * radius)
    light = np.where(radius < DISC_END, disc, 0.0)
    for c in np.flatnonzero(s.clump_owner == k):
        sigma = s.clump_sigma_arcsec[c]
        squared = ((x - s.clump_x_arcsec[c]) ** 2 + (y - s.clump_y_arcsec[c]) ** 2) / sigma**2
        clump = s.clump_flux_ujy[c, band] * CLUMP_NORM / sigma**2 * np.exp(-0.5 * squared)
        light = light + np.where(squared < CLUMP_END**2, clump, 0.0)
    return light


def _scene_brightness(scenes: Scenes, i: int, x: FloatArray, y: FloatArray, band: int) -> FloatArray:
    """Surface brightness of object i at (x, y) arcsec from the stamp's centre, µJy per square arcsec."""
    galaxies, mass = scenes.galaxies, scenes.mass
    light = np.zeros_like(x)
    for g in np.flatnonzero(galaxies.owner == i):
        dx, dy = x - galaxies.x_arcsec[g], y - galaxies.y_arcsec[g]
        radius = elliptical_radius(dx, dy, galaxies.axis_ratio[g], galaxies.pa_rad[g])
        r_eff = galaxies.r_eff_arcsec[g]
        profile = sersic_profile(radius / r_eff, galaxies.sersic_n[g]) / r_eff**2
        light += galaxies.flux_ujy[g, band] * profile
    for k in np.flatnonzero(scenes.sources.owner == i):
        theta_x, theta_y = x - mass.x_arcsec[i], y - mass.y_arcsec[i]
        beta_x, beta_y = scenes.lenses(int(k)).source_position(theta_x, theta_y)
        light += source_brightness(scenes, int(k), beta_x, beta_y, band)
    return light


def _grid(pixels: int, scale: float, oversampling: int) -> tuple[FloatArray, FloatArray]:
    step = scale / oversampling
    axis = (np.arange(pixels * oversampling) - 0.5 * (pixels * oversampling - 1)) * step
    x, y = np.meshgrid(axis, axis)
    return x, y


def _psf(fwhm: float, beta: float, step: float) -> FloatArray:
    half = int(np.ceil(_PSF_REACH_FWHM * fwhm / step))
    axis = np.arange(-half, half + 1) * step
    kernel = moffat(axis[:, None] ** 2 + axis**2, fwhm, beta)
    return np.asarray(kernel / kernel.sum())


def render_signal_plain(
    scenes: Scenes, camera: Camera, i: int, oversampling: int = 24
) -> tuple[FloatArray, AnyArray]:
    """Noise-free stamps of object i in µJy per pixel: VIS (y, x), NISP (3, y, x).

    Parameters
    ----------
    oversampling
        Samples along a side of a VIS pixel, and of a NISP pixel.
    """
    stamps = []
    for band in range(4):
        scale, pixels = camera.vis_scale_arcsec, camera.vis_pixels
        if band:
            scale, pixels = scale * NISP_FACTOR, camera.nisp_pixels
        step = scale / oversampling
        # Beyond the stamp lies light that the PSF brings in.
        frame = 2 * int(np.ceil(_PSF_REACH_FWHM / 2 * camera.psf_fwhm_arcsec[band] / scale))
        x, y = _grid(pixels + 2 * frame, scale, oversampling)
        light = _scene_brightness(scenes, i, x, y, band) * step**2
        seen = fftconvolve(light, _psf(camera.psf_fwhm_arcsec[band], camera.moffat_beta, step), mode="same")
        side = pixels + 2 * frame
        binned = seen.reshape(side, oversampling, side, oversampling).sum(axis=(1, 3))
        stamps.append(binned[frame : frame + pixels, frame : frame + pixels])
    return stamps[0], np.stack(stamps[1:])
