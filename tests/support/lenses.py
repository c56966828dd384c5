"""Lenses drawn at random, and sources about them."""

from __future__ import annotations

import numpy as np

from lensfinder.lensing.lens import Lens

Limits = tuple[float, float]


def random_lenses(
    n: int,
    rng: np.random.Generator,
    theta_e: Limits = (0.3, 2.5),
    theta_g: Limits = (0.003, 2.0),
    axis_ratio: Limits = (0.15, 1.0),
    shear: float = 0.3,
) -> Lens:
    """Draw ``n`` lenses, their cores [arcsec] uniform in the logarithm, their shears in a disc."""
    size, turn = shear * np.sqrt(rng.uniform(size=n)), rng.uniform(0.0, 2.0 * np.pi, n)
    return Lens(
        theta_e_arcsec=rng.uniform(*theta_e, n),
        theta_g_arcsec=10.0 ** rng.uniform(*np.log10(theta_g), n),
        axis_ratio=rng.uniform(*axis_ratio, n),
        position_angle_rad=rng.uniform(0.0, np.pi, n),
        shear_1=size * np.cos(turn),
        shear_2=size * np.sin(turn),
    )


def random_points(radius: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a point at each distance from the origin."""
    angle = rng.uniform(0.0, 2.0 * np.pi, radius.shape)
    return radius * np.cos(angle), radius * np.sin(angle)
