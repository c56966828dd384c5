"""Cubes of impostors: the light of all their components summed, then the same noise as every other cube's."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from lensfinder.studies.hard_negatives.simulation.catalogue import SAMPLE, STREAMS, HardNegativeSet
from lensfinder.studies.hard_negatives.simulation.impostors import Impostor
from lensfinder.studies.hard_negatives.simulation.light import Extended
from lensfinder.surveys.jpas.columns import IMAGES_MAX
from lensfinder.surveys.jpas.simulation.render import Camera, Scenes
from lensfinder.surveys.jpas.simulation.render_compiled import add_noise, render_signal
from lensfinder.typing import AnyArray, FloatArray, IntArray


def simulate_hard_negatives(drawn: HardNegativeSet, rows: IntArray, camera: Camera, seed: int) -> AnyArray:
    """Cubes of these rows of the set, float16 of shape (n, y, x, bands), in µJy per pixel."""
    states = STREAMS.object_states(seed, np.full(len(rows), SAMPLE), rows)
    side, bands = camera.stamp_pixels, drawn.psf_fwhm_arcsec.shape[1]
    out = np.empty((len(rows), side, side, bands), dtype=np.float16)
    # The matrix products are small: threads inside them would only quarrel.
    with threadpool_limits(1):
        for i, row in enumerate(rows):
            scenes = layers(drawn.impostors[row], drawn.centre_arcsec[row], drawn.psf_fwhm_arcsec[row])
            signal = render_signal(scenes, camera).sum(axis=0, keepdims=True)
            add_noise(signal, camera, states[i : i + 1], out[i : i + 1])
    return out


def layers(impostor: Impostor, centre_arcsec: FloatArray, psf_fwhm_arcsec: FloatArray) -> Scenes:
    """Scenes whose signals add up to one impostor: each one extended component, the first all points too.

    Parameters
    ----------
    centre_arcsec
        Origin of the impostor's positions in the stamp, of shape (2,).
    psf_fwhm_arcsec
        Of shape (bands,).
    """
    dark = Extended(np.zeros(len(psf_fwhm_arcsec)), 0.0, 0.0, 1.0, 1.0, 1.0, 0.0)
    parts = impostor.extended or (dark,)
    n = len(parts)
    points = (n, IMAGES_MAX)
    x, y = np.full(points, np.nan), np.full(points, np.nan)
    flux = np.zeros((*points, len(psf_fwhm_arcsec)))
    for i, point in enumerate(impostor.points):
        x[0, i], y[0, i] = centre_arcsec + np.array([point.x_arcsec, point.y_arcsec])
        flux[0, i] = point.flux_ujy
    n_images = np.zeros(n, dtype=np.int64)
    n_images[0] = len(impostor.points)

    def of(name: str) -> FloatArray:
        return np.array([getattr(part, name) for part in parts], dtype=np.float64)

    return Scenes(
        galaxy_flux_ujy=of("flux_ujy"),
        galaxy_x_arcsec=of("x_arcsec") + centre_arcsec[0],
        galaxy_y_arcsec=of("y_arcsec") + centre_arcsec[1],
        galaxy_r_eff_arcsec=of("r_eff_arcsec"),
        galaxy_sersic_n=of("sersic_n"),
        galaxy_axis_ratio=of("axis_ratio"),
        galaxy_pa_rad=of("pa_rad"),
        image_x_arcsec=x,
        image_y_arcsec=y,
        image_flux_ujy=flux,
        n_images=n_images,
        psf_fwhm_arcsec=np.tile(psf_fwhm_arcsec, (n, 1)),
    )
