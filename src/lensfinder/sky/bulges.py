"""Bulges and discs: how much of a galaxy's light each has, of which stars, and how large each is."""

from __future__ import annotations

import numpy as np
from scipy.special import gammainc, gammaincinv

from lensfinder.sky.galaxy_spectra import GalaxyTemplates, draw_mixtures
from lensfinder.typing import BoolArray, FloatArray

BULGE_SERSIC_N, DISC_SERSIC_N = 4.0, 1.0

# Part of the light at 6000 Å at rest in the bulge, uniform between limits. Our choice, in the range that
# Simard et al. 2011 (ApJS 196, 11) find with n = 4 bulges and exponential discs in SDSS.
EARLY_BULGE_FRACTION, LATE_BULGE_FRACTION = (0.5, 1.0), (0.0, 0.4)
# Half-light radius of the bulge in that of the disc: median, scatter in dex. Of late types r_e = 0.22 ± 0.09
# scale lengths (MacArthur, Courteau & Holtzman 2003, ApJ 582, 689), 1.678 of which are the disc's half-light
# radius; of early types our choice.
EARLY_RADIUS_RATIO, LATE_RADIUS_RATIO = (0.5, 0.15), (0.22 / 1.678, 0.17)
# Intrinsic flattening of discs (Hubble 1926; Holmberg 1958) and of late types' bulges (our choice).
DISC_FLATTENING, BULGE_FLATTENING = 0.2, 0.6

_BISECTIONS = 40


def bulge_and_disc(early: bool, n: int, templates: GalaxyTemplates, rng: np.random.Generator) -> FloatArray:
    """Draw galaxies of two components; a :class:`~lensfinder.sky.galaxy_luminosities.StarDraw`.

    The bulge is a mixture of early types, the disc one of the galaxy's own type.
    """
    fraction = rng.uniform(*(EARLY_BULGE_FRACTION if early else LATE_BULGE_FRACTION), n)[:, None]
    bulge = draw_mixtures(True, n, templates, rng)
    disc = draw_mixtures(early, n, templates, rng)
    return np.stack([fraction * bulge, (1 - fraction) * disc], axis=1)


def draw_radius_ratios(early: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Draw the half-light radii of bulges in units of their discs', of galaxies of types ``(n,)``."""
    median, scatter_dex = np.where(early, np.array([EARLY_RADIUS_RATIO]).T, np.array([LATE_RADIUS_RATIO]).T)
    ratio: FloatArray = median * 10 ** (scatter_dex * rng.normal(size=len(early)))
    return np.minimum(ratio, 1.0)


def component_radii(
    r_eff: FloatArray, bulge_fraction: FloatArray, radius_ratio: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the half-light radii of bulges (n = 4) and discs (n = 1) that share the centre.

    Parameters
    ----------
    r_eff
        Half-light radius of both together, of shape (n,).
    bulge_fraction
        Part of the light in the bulge.
    radius_ratio
        Bulge's over disc's half-light radius, at most 1.
    """
    bulge_b, disc_b = gammaincinv(2 * BULGE_SERSIC_N, 0.5), gammaincinv(2 * DISC_SERSIC_N, 0.5)
    # Radius that holds half of all light, in units of the disc's: it lies between the two components' own.
    low, high = radius_ratio.copy(), np.ones_like(radius_ratio)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        light = bulge_fraction * gammainc(
            2 * BULGE_SERSIC_N, bulge_b * (middle / radius_ratio) ** (1 / BULGE_SERSIC_N)
        ) + (1 - bulge_fraction) * gammainc(2 * DISC_SERSIC_N, disc_b * middle)
        low, high = np.where(light < 0.5, middle, low), np.where(light < 0.5, high, middle)
    disc = r_eff / (0.5 * (low + high))
    return radius_ratio * disc, disc


def bulge_axis_ratios(early: BoolArray, axis_ratio: FloatArray) -> FloatArray:
    """Return the axis ratios of bulges: the galaxy's own for early types, rounder for late ones.

    An oblate spheroid of flattening c, seen as the disc is, has q² = cos² i + c² sin² i (Hubble 1926).
    """
    cos2 = np.clip((axis_ratio**2 - DISC_FLATTENING**2) / (1 - DISC_FLATTENING**2), 0.0, 1.0)
    late: FloatArray = np.sqrt(cos2 + BULGE_FLATTENING**2 * (1 - cos2))
    return np.where(early, axis_ratio, late)
