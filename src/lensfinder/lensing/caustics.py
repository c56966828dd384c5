"""Critical curves, caustics, and a disc that holds every multiply imaged source.

The eigenvalues of A = 1 − ∂α are λ± = 1 − κ ± |γ|. The tangential critical curve is λ₋ = 0, the radial one
λ₊ = 0. Along a ray from the centre both rise from their lowest values, which a lens makes negative, so that
each curve is found by bisection, for all rays at once. This holds while the external shear leaves the
curves star-shaped about the centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lensfinder.lensing.lens import Lens, LensParameters, ellipsoid_deflection, ellipsoid_hessian
from lensfinder.typing import AnyArray, FloatArray, IntArray

_BISECTIONS = 52  # halves the first bracket down to rounding
# Steps of the fixed points below. An odd number of them errs outward, by 14 % at most, where a lens is
# barely one.
_CRITICAL_STEPS = 5
_RADIUS_MARGIN = 1.005  # 2e4 random lenses with q > 0.1, |γ| < 0.5 needed less than 1.0001


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Closed polygons about the centre, one of each kind a lens; NaN where the lens has none.

    Attributes
    ----------
    tangential, radial
        Vertices (x, y) in arcsec, of shape (*lens.shape, n_angles, 2). Vertex i of a caustic is what vertex i
        of the critical curve maps to.
    """

    tangential: FloatArray
    radial: FloatArray


def critical_curves(lens: Lens, n_angles: int = 720) -> Curves:
    """Critical curves of lenses at `n_angles` even steps of the angle in the image plane."""
    angle = np.arange(n_angles) * (2.0 * np.pi / n_angles)
    cos, sin = np.cos(angle), np.sin(angle)
    rays = lens[..., None]
    return Curves(_where_zero(rays, cos, sin, -1.0), _where_zero(rays, cos, sin, 1.0))


def caustics(lens: Lens, n_angles: int = 720) -> Curves:
    """Caustics of lenses: the critical curves of `critical_curves`, traced back to the source plane."""
    curves = critical_curves(lens, n_angles)
    traced = [
        np.stack(lens[..., None].source_position(curve[..., 0], curve[..., 1]), axis=-1)
        for curve in (curves.tangential, curves.radial)
    ]
    return Curves(*traced)


def caustic_area_arcsec2(lens: Lens, n_angles: int = 720) -> FloatArray:
    """Area of the multiply imaged part of the source plane, of the lens's shape; 0 without caustics.

    The union of what the two caustics enclose, ½∮R² dφ with R the outermost caustic in the direction φ: the
    tangential caustic's cusps may stick out of the radial one.
    """
    curves = caustics(lens, n_angles)
    angle = (np.arange(n_angles) + 0.5) * (2.0 * np.pi / n_angles)
    tangential, radial = (c.reshape(-1, n_angles, 2) for c in (curves.tangential, curves.radial))
    radius = np.empty((len(radial), n_angles))
    for i in range(len(radial)):
        radius[i] = np.maximum(_outermost(tangential[i], angle), _outermost(radial[i], angle))
    return np.asarray(np.pi * np.mean(radius**2, axis=-1).reshape(lens.shape))


def einstein_area_arcsec2(lens: Lens, n_angles: int = 64) -> FloatArray:
    """Area inside the tangential critical curve, ½∮r² dφ, of the lens's shape; NaN where there is none.

    The mean over even steps of a smooth periodic function converges faster than any power of their number.
    """
    angle = np.arange(n_angles) * (2.0 * np.pi / n_angles)
    curve = _where_zero(lens[..., None], np.cos(angle), np.sin(angle), -1.0)
    return np.asarray(np.pi * np.mean(np.sum(curve**2, axis=-1), axis=-1))


def n_critical_curves(lens: Lens) -> IntArray:
    """Number of critical curves, of the lens's shape: eigenvalues of A that are negative at the centre."""
    origin = np.zeros(lens.shape)
    return np.asarray(
        sum((_eigenvalue(lens, origin, origin, sign) < 0.0).astype(np.int64) for sign in (-1.0, 1.0))
    )


def multiple_image_radius_arcsec(lens: Lens) -> FloatArray:
    """Radius of a disc about β = 0 that holds every multiply imaged source; 0 where there is none.

    The larger of two radii, with |γ| the external shear and k = 1 − |γ|:

    - the radial caustic's: the largest α − kθ on the minor axis, along which an ellipsoid deflects most;
    - the tangential caustic's: its cusp (1+|γ|)θ − α on the major axis if the shear acts along that axis, the
      direction in which ellipticity and shear stretch the caustic together.

    Their θ solve ψ_yy = k by the fixed points P → P (ψ_yy/k)^{1/3} on the minor and P → P ψ_yy/k on the
    major axis (P as in `lensing.lens`), exact in one step for q = 1. Both radii are the caustics' own
    without shear; that they bound them with shear is tested on random lenses. The result has the lens's
    shape.
    """
    q, theta_e, theta_g = lens.axis_ratio, lens.theta_e_arcsec, lens.theta_g_arcsec
    along = LensParameters(theta_e, theta_g, q, 1.0, 0.0, lens.shear_1, lens.shear_2)
    shear = np.hypot(lens.shear_1, lens.shear_2)
    k = 1.0 - shear
    core = np.sqrt(q) * theta_g  # P at the centre
    p_minor = p_major = core * np.ones(lens.shape)
    for _ in range(_CRITICAL_STEPS):
        y = np.sqrt((p_minor - core) * (p_minor + core))
        x = np.sqrt((p_major - core) * (p_major + core)) / q
        psi_yy_minor = ellipsoid_hessian(0.0, y, along)[2]
        psi_yy_major = ellipsoid_hessian(x, 0.0, along)[2]
        p_minor = np.maximum(p_minor * np.cbrt(psi_yy_minor / k), core)
        p_major = np.maximum(p_major * psi_yy_major / k, core)
    y = np.sqrt((p_minor - core) * (p_minor + core))
    x = np.sqrt((p_major - core) * (p_major + core)) / q
    fold = ellipsoid_deflection(0.0, y, along)[1] - k * y
    cusp = (1.0 + shear) * x - ellipsoid_deflection(x, 0.0, along)[0]
    # The largest eigenvalue that ∂α of the ellipsoid reaches anywhere, at its centre.
    lenses = 2.0 * theta_e / ((1.0 + q) * theta_g) > k
    return np.asarray(np.where(lenses, _RADIUS_MARGIN * np.maximum(fold, cusp), 0.0))


def _eigenvalue(lens: Lens, x: FloatArray, y: FloatArray, sign: float) -> FloatArray:
    """λ₊ (sign 1) or λ₋ (sign −1) of 1 − ∂α."""
    psi_xx, psi_xy, psi_yy = lens.hessian(x, y)
    gamma = np.hypot(0.5 * (psi_xx - psi_yy), psi_xy)
    return np.asarray(1.0 - 0.5 * (psi_xx + psi_yy) + sign * gamma)


def _where_zero(rays: Lens, cos: FloatArray, sin: FloatArray, sign: float) -> FloatArray:
    """Points where the eigenvalue passes zero, of shape (*lens.shape, n_angles, 2); NaN if it does not."""
    # Beyond this radius 2κ + |γ| < 1, and no eigenvalue is negative.
    shear = np.hypot(rays.shear_1, rays.shear_2)
    outer = 2.0 * rays.theta_e_arcsec / (np.sqrt(rays.axis_ratio) * (1.0 - shear)) + rays.theta_g_arcsec
    high = outer * np.ones_like(cos)
    low = np.zeros_like(high)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        inside = _eigenvalue(rays, middle * cos, middle * sin, sign) < 0.0
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    zero = np.zeros_like(outer)
    radius = np.where(_eigenvalue(rays, zero, zero, sign) < 0.0, 0.5 * (low + high), np.nan)
    return np.stack([radius * cos, radius * sin], axis=-1)


def _outermost(polygon: FloatArray, angle: AnyArray) -> FloatArray:
    """Distance from the origin to the polygon's outermost edge in each direction; 0 where there is none."""
    start, end = polygon, np.roll(polygon, -1, axis=0)
    direction = np.stack([np.cos(angle), np.sin(angle)])
    normal = np.stack([-direction[1], direction[0]])
    side_start, side_end = start @ normal, end @ normal  # (n_edges, n_directions)
    crossed = (side_start < 0.0) != (side_end < 0.0)
    part = side_start / np.where(crossed, side_start - side_end, 1.0)
    along = start @ direction + part * ((end - start) @ direction)
    return np.asarray(np.max(np.where(crossed & np.isfinite(along), along, 0.0), axis=0, initial=0.0))
