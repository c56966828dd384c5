"""Scenes for tests of the renderer: drawn at random without any population, small and crowded."""

from __future__ import annotations

import numpy as np

from lensfinder.surveys.euclid.simulation.camera import Camera
from lensfinder.surveys.euclid.simulation.scenes import GalaxyLight, Mass, Scenes, Sources

BACKGROUND_SIGMA_UJY = np.array([0.00183, 0.0256, 0.0223, 0.0223])
ELECTRONS_PER_UJY = np.array([14_410.0, 954.0, 1126.0, 1066.0])
PSF_FWHM_ARCSEC = np.array([0.17, 0.477, 0.486, 0.492])
CLUMPS = 4


def small_camera(vis_pixels: int = 48, nisp_pixels: int = 14) -> Camera:
    """The real pixels and PSFs, on a smaller stamp."""
    return Camera.build(
        vis_pixels, nisp_pixels, 0.1, PSF_FWHM_ARCSEC, 3.5, BACKGROUND_SIGMA_UJY, ELECTRONS_PER_UJY
    )


def random_scenes(n: int, seed: int, lensed: bool = True, theta_e_max_arcsec: float = 1.2) -> Scenes:
    """One deflector of two components, one neighbour and one clumpy source an object."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-0.15, 0.15, (2, n))
    mass = Mass(
        x,
        y,
        rng.uniform(0.02, 0.1, n),
        rng.uniform(0.5, 0.95, n),
        rng.uniform(0, np.pi, n),
        *rng.normal(0, 0.035, (2, n)),
    )
    colours = np.array([1.0, 1.6, 2.0, 2.4])
    bulge_flux = rng.uniform(3.0, 40.0, n)
    light = GalaxyLight(
        owner=np.repeat(np.arange(n), 3),
        of_deflector=np.tile([True, True, False], n),
        x_arcsec=np.column_stack([x, x, rng.uniform(-2, 2, n)]).ravel(),
        y_arcsec=np.column_stack([y, y, rng.uniform(-2, 2, n)]).ravel(),
        r_eff_arcsec=np.column_stack(
            [rng.uniform(0.2, 1, n), rng.uniform(0.6, 1.5, n), rng.uniform(0.1, 0.4, n)]
        ).ravel(),
        sersic_n=np.tile([4.0, 1.0, 1.0], n),
        axis_ratio=rng.uniform(0.4, 0.95, 3 * n),
        pa_rad=rng.uniform(0, np.pi, 3 * n),
        flux_ujy=np.column_stack([bulge_flux, 0.5 * bulge_flux, rng.uniform(0.2, 2, n)]).reshape(-1, 1)
        * colours,
    )
    theta_e = rng.uniform(0.4, theta_e_max_arcsec, n) if lensed else np.zeros(n)
    distance = rng.uniform(0.05, 1.5, n) * (theta_e if lensed else 1.0)
    angle = rng.uniform(0, 2 * np.pi, n)
    source_x, source_y = distance * np.cos(angle), distance * np.sin(angle)
    r_eff = rng.uniform(0.08, 0.35, n)
    flux = rng.uniform(0.3, 3.0, (n, 1)) * np.array([1.0, 1.1, 1.2, 1.2])
    owner = np.repeat(np.arange(n), CLUMPS)
    place = rng.normal(0, 0.6, (2, n * CLUMPS)) * r_eff[owner]
    sources = Sources(
        owner=np.arange(n),
        z=np.full(n, 1.5),
        theta_e_arcsec=theta_e,
        x_arcsec=source_x,
        y_arcsec=source_y,
        r_eff_arcsec=r_eff,
        axis_ratio=rng.uniform(0.3, 0.95, n),
        pa_rad=rng.uniform(0, np.pi, n),
        disc_flux_ujy=0.8 * flux,
        clump_owner=owner,
        clump_x_arcsec=source_x[owner] + place[0],
        clump_y_arcsec=source_y[owner] + place[1],
        clump_sigma_arcsec=rng.uniform(0.025, 0.07, n * CLUMPS),
        clump_flux_ujy=0.2 / CLUMPS * flux[owner],
    )
    return Scenes(mass, light, sources)
