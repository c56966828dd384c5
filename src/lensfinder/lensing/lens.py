"""Softened isothermal ellipsoid with external shear: κ, α, ∂α and μ in closed form.

The convergence is that of Manjón-García et al.,

    κ(θ) = θ_E (θ² + 2 θ_G²) / (2 (θ² + θ_G²)^{3/2}),    θ² → q x² + y²/q  (x along the major axis),

that is ∇²ψ/2 of ψ = θ_E √(θ² + θ_G²) for q = 1. It equals (1 − s ∂/∂s) κ_NIE with s = θ_G/√q, where NIE is
the non-singular isothermal ellipsoid (Kormann, Schneider & Bartelmann 1994, A&A 284, 285; Keeton 2001,
astro-ph/0102341). The same operator applied to the deflection and to the Hessian of the NIE gives those of
this lens. With b = θ_E √q, f = √(1−q²), P = √(q²(s²+x²)+y²) and D = x² + y² + 2sP + s²(1+q²),

    α_x = (b/f) atan(f x/(P+s))     + b s x (1 + q² s/P)/D
    α_y = (b/f) asinh(f y/(q √D))   + b s y (1 + s/P)/D.

(asinh(f y/(q √D)) = atanh(f y/(P+q² s)), the usual form, which loses its digits where q is small.)

The functions take scalars or float64 arrays that broadcast. They are the only source of the formulae: NumPy
runs them as they stand, and compiled kernels compile them. Lengths are in arcsec, angles in radians from +x
to +y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from lensfinder.compiled import jitable
from lensfinder.errors import UserError
from lensfinder.typing import FloatArray

Floats: TypeAlias = float | FloatArray
Broadcast: TypeAlias = Any
"""What broadcasting makes of the arguments: a scalar of scalars (so in compiled code), else an array."""

# Below this argument atan(t)/t and asinh(t)/t are 1 to the last bit; it keeps 0/0 out without a branch.
_SMALLEST_ARGUMENT = 1e-9


class LensParameters(NamedTuple):
    """One lens, or many, as the functions of this module take it: scalars (so in compiled code) or arrays.

    ``cos`` and ``sin`` are those of the position angle of the mass's major axis; else as in :class:`Lens`.
    """

    theta_e: Broadcast
    theta_g: Broadcast
    axis_ratio: Broadcast
    cos: Broadcast
    sin: Broadcast
    shear_1: Broadcast
    shear_2: Broadcast


@jitable
def ellipsoid_deflection(x: Floats, y: Floats, lens: LensParameters) -> tuple[Broadcast, Broadcast]:
    """Deflection (α_x, α_y) of the ellipsoid alone, in the frame whose x is the major axis of the mass."""
    q = lens.axis_ratio
    b = lens.theta_e * np.sqrt(q)
    s = lens.theta_g / np.sqrt(q)
    f = np.sqrt((1.0 - q) * (1.0 + q))
    p = np.sqrt(q * q * (s * s + x * x) + y * y)
    d = x * x + y * y + 2.0 * s * p + s * s * (1.0 + q * q)
    u = np.maximum(f * np.abs(x) / (p + s), _SMALLEST_ARGUMENT)
    length = q * np.sqrt(d)
    v = np.maximum(f * np.abs(y) / length, _SMALLEST_ARGUMENT)
    alpha_x = b * x * (np.arctan(u) / (u * (p + s)) + s * (1.0 + q * q * s / p) / d)
    alpha_y = b * y * (np.arcsinh(v) / (v * length) + s * (1.0 + s / p) / d)
    return alpha_x, alpha_y


@jitable
def deflection_bound(lens: LensParameters) -> float:
    """Upper bound of the ellipsoid's |α|: θ_E √q atanh(f)/f, its value far out on the minor axis."""
    q = lens.axis_ratio
    f = max(math.sqrt((1.0 - q) * (1.0 + q)), 1e-9)
    bound: float = lens.theta_e * math.sqrt(q) * math.asinh(f / q) / f
    return bound


@jitable
def ellipsoid_hessian(x: Floats, y: Floats, lens: LensParameters) -> tuple[Broadcast, Broadcast, Broadcast]:
    """Hessian (ψ_xx, ψ_xy, ψ_yy) of the ellipsoid alone, in the frame whose x is the major axis of the mass.

    The NIE has ψ_xx = b (q²s²+y²+sP)/(PD), ψ_xy = −b x y/(PD) and ψ_yy = b (s²+x²+sP)/(PD). Below, `core` is
    s ∂ln(PD)/∂s, and what is subtracted is s ∂/∂s of the numerators.
    """
    q = lens.axis_ratio
    b = lens.theta_e * np.sqrt(q)
    s = lens.theta_g / np.sqrt(q)
    p = np.sqrt(q * q * (s * s + x * x) + y * y)
    d = x * x + y * y + 2.0 * s * p + s * s * (1.0 + q * q)
    p_slope = (q * s / p) ** 2  # ∂ln P/∂ln s
    core = p_slope + 2.0 * (s * p * (1.0 + p_slope) + s * s * (1.0 + q * q)) / d
    common = s * p * (1.0 + p_slope)
    factor = b / (p * d)
    psi_xx = factor * ((q * q * s * s + y * y + s * p) * (1.0 + core) - 2.0 * q * q * s * s - common)
    psi_yy = factor * ((s * s + x * x + s * p) * (1.0 + core) - 2.0 * s * s - common)
    psi_xy = -factor * x * y * (1.0 + core)
    return psi_xx, psi_xy, psi_yy


@jitable
def turned_hessian(x: Floats, y: Floats, lens: LensParameters) -> tuple[Broadcast, Broadcast, Broadcast]:
    """Hessian (ψ_xx, ψ_xy, ψ_yy) of the ellipsoid alone, in the frame of the sky."""
    cos, sin = lens.cos, lens.sin
    h_aa, h_ab, h_bb = ellipsoid_hessian(cos * x + sin * y, cos * y - sin * x, lens)
    psi_xx = cos * cos * h_aa - 2.0 * cos * sin * h_ab + sin * sin * h_bb
    psi_yy = sin * sin * h_aa + 2.0 * cos * sin * h_ab + cos * cos * h_bb
    psi_xy = cos * sin * (h_aa - h_bb) + (cos * cos - sin * sin) * h_ab
    return psi_xx, psi_xy, psi_yy


@jitable
def convergence(x_arcsec: Floats, y_arcsec: Floats, lens: LensParameters) -> Broadcast:
    """Surface density κ in units of the critical one (Manjón-García et al.; see the module)."""
    along = lens.cos * x_arcsec + lens.sin * y_arcsec
    across = lens.cos * y_arcsec - lens.sin * x_arcsec
    radius_2 = lens.axis_ratio * along * along + across * across / lens.axis_ratio
    core_2 = lens.theta_g * lens.theta_g
    softened_2 = radius_2 + core_2
    return 0.5 * lens.theta_e * (radius_2 + 2.0 * core_2) / (softened_2 * np.sqrt(softened_2))


@jitable
def deflection(x_arcsec: Floats, y_arcsec: Floats, lens: LensParameters) -> tuple[Broadcast, Broadcast]:
    """Reduced deflection (α_x, α_y) in arcsec of ellipsoid and shear; the source lies at β = θ − α(θ)."""
    cos, sin = lens.cos, lens.sin
    along, across = cos * x_arcsec + sin * y_arcsec, cos * y_arcsec - sin * x_arcsec
    alpha_along, alpha_across = ellipsoid_deflection(along, across, lens)
    alpha_x = cos * alpha_along - sin * alpha_across + lens.shear_1 * x_arcsec + lens.shear_2 * y_arcsec
    alpha_y = sin * alpha_along + cos * alpha_across + lens.shear_2 * x_arcsec - lens.shear_1 * y_arcsec
    return alpha_x, alpha_y


@jitable
def hessian(
    x_arcsec: Floats, y_arcsec: Floats, lens: LensParameters
) -> tuple[Broadcast, Broadcast, Broadcast]:
    """Second derivatives (ψ_xx, ψ_xy, ψ_yy) = ∂α of ellipsoid and shear; κ = (ψ_xx + ψ_yy)/2."""
    psi_xx, psi_xy, psi_yy = turned_hessian(x_arcsec, y_arcsec, lens)
    return psi_xx + lens.shear_1, psi_xy + lens.shear_2, psi_yy - lens.shear_1


@jitable
def jacobian_determinant(x_arcsec: Floats, y_arcsec: Floats, lens: LensParameters) -> Broadcast:
    """Determinant of A = 1 − ∂α; zero on critical curves, its sign is the parity of an image."""
    psi_xx, psi_xy, psi_yy = hessian(x_arcsec, y_arcsec, lens)
    return (1.0 - psi_xx) * (1.0 - psi_yy) - psi_xy * psi_xy


@jitable
def magnification(x_arcsec: Floats, y_arcsec: Floats, lens: LensParameters) -> Broadcast:
    """Signed magnification μ = 1/det A."""
    return 1.0 / jacobian_determinant(x_arcsec, y_arcsec, lens)


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Lens:
    """Parameters of one lens or of many; the fields are stored as float64 arrays that broadcast.

    Parameters
    ----------
    theta_e_arcsec
        Einstein radius θ_E ≥ 0 of the isothermal ellipsoid without core; not the radius of the observed ring.
    theta_g_arcsec
        Core radius θ_G > 0.
    axis_ratio
        Minor to major axis q of the mass, 0 < q ≤ 1.
    position_angle_rad
        Direction of the major axis, from +x to +y.
    shear_1, shear_2
        External shear, α = (γ₁ x + γ₂ y, γ₂ x − γ₁ y), with γ₁² + γ₂² < 1.

    Raises
    ------
    UserError
        A value is not finite or outside its range, or the fields do not broadcast.
    """

    theta_e_arcsec: FloatArray
    theta_g_arcsec: FloatArray
    axis_ratio: FloatArray
    position_angle_rad: FloatArray
    shear_1: FloatArray
    shear_2: FloatArray

    def __init__(
        self,
        *,
        theta_e_arcsec: ArrayLike,
        theta_g_arcsec: ArrayLike,
        axis_ratio: ArrayLike = 1.0,
        position_angle_rad: ArrayLike = 0.0,
        shear_1: ArrayLike = 0.0,
        shear_2: ArrayLike = 0.0,
    ) -> None:
        values = (theta_e_arcsec, theta_g_arcsec, axis_ratio, position_angle_rad, shear_1, shear_2)
        for field, value in zip(fields(self), values, strict=True):
            object.__setattr__(self, field.name, np.asarray(value, dtype=np.float64))
        self._check()

    def _check(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            _require(np.isfinite(value), value, field.name, "a finite number")
        _require(self.theta_e_arcsec >= 0.0, self.theta_e_arcsec, "theta_e_arcsec", "at least 0")
        _require(self.theta_g_arcsec > 0.0, self.theta_g_arcsec, "theta_g_arcsec", "greater than 0")
        in_range = (self.axis_ratio > 0.0) & (self.axis_ratio <= 1.0)
        _require(in_range, self.axis_ratio, "axis_ratio", "in 0 < q <= 1")
        try:
            np.broadcast(*self.values)
        except ValueError as error:
            shapes = {field.name: getattr(self, field.name).shape for field in fields(self)}
            raise UserError(f"Lens: fields of shapes {shapes} do not broadcast") from error
        shear = np.hypot(self.shear_1, self.shear_2)
        _require(shear < 1.0, shear, "shear (the length of shear_1, shear_2)", "less than 1")

    @property
    def values(self) -> tuple[FloatArray, ...]:
        """The fields in their order."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def parameters(self) -> LensParameters:
        """The lens as the functions of this module take it."""
        theta_e, theta_g, axis_ratio, angle, shear_1, shear_2 = self.values
        return LensParameters(theta_e, theta_g, axis_ratio, np.cos(angle), np.sin(angle), shear_1, shear_2)

    @property
    def shape(self) -> tuple[int, ...]:
        """Common shape of the fields."""
        return np.broadcast(*self.values).shape

    def __getitem__(self, index: Any) -> Lens:
        """The lenses that `index` picks from an array of the common shape; `lens[..., None]` adds an axis."""
        chosen = [np.broadcast_to(parameter, self.shape)[index] for parameter in self.values]
        return Lens(**{field.name: value for field, value in zip(fields(self), chosen, strict=True)})

    def convergence(self, x_arcsec: Floats, y_arcsec: Floats) -> FloatArray:
        """Convergence κ; see the function of the same name."""
        return np.asarray(convergence(x_arcsec, y_arcsec, self.parameters))

    def deflection(self, x_arcsec: Floats, y_arcsec: Floats) -> tuple[FloatArray, FloatArray]:
        """Deflection (α_x, α_y) in arcsec; see the function of the same name."""
        alpha_x, alpha_y = deflection(x_arcsec, y_arcsec, self.parameters)
        return np.asarray(alpha_x), np.asarray(alpha_y)

    def source_position(self, x_arcsec: Floats, y_arcsec: Floats) -> tuple[FloatArray, FloatArray]:
        """Position (β_x, β_y) = θ − α(θ) in arcsec of the source that is seen at θ."""
        alpha_x, alpha_y = self.deflection(x_arcsec, y_arcsec)
        return x_arcsec - alpha_x, y_arcsec - alpha_y

    def hessian(self, x_arcsec: Floats, y_arcsec: Floats) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Hessian (ψ_xx, ψ_xy, ψ_yy); see the function of the same name."""
        psi_xx, psi_xy, psi_yy = hessian(x_arcsec, y_arcsec, self.parameters)
        return np.asarray(psi_xx), np.asarray(psi_xy), np.asarray(psi_yy)

    def jacobian_determinant(self, x_arcsec: Floats, y_arcsec: Floats) -> FloatArray:
        """Determinant of 1 − ∂α; see the function of the same name."""
        return np.asarray(jacobian_determinant(x_arcsec, y_arcsec, self.parameters))

    def magnification(self, x_arcsec: Floats, y_arcsec: Floats) -> FloatArray:
        """Signed magnification μ; see the function of the same name."""
        return np.asarray(magnification(x_arcsec, y_arcsec, self.parameters))


def _require(valid: ArrayLike, value: FloatArray, name: str, wanted: str) -> None:
    """Raise UserError with the first offending value unless all are valid."""
    wrong = np.flatnonzero(~np.atleast_1d(valid))
    if wrong.size:
        where = f" at index {wrong[0]}" if value.size > 1 else ""
        raise UserError(f"Lens: {name} = {np.ravel(value)[wrong[0]]!r}{where} must be {wanted}")
