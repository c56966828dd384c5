"""The exhaustive search of the image plane behind `lensing.images`, compiled.

An image is a root of F(θ) = θ − α(θ) − β. In the frame of the mass's major axis, a square that holds every
image is cut into quarters again and again, and each cell is settled by what its centre c proves about it.
There A(c) = 1 − ∂α is known in closed form, and inside the cell it changes by less than K|θ − c|, where

    K = (1.16 + 0.67 (1−q)) / √q · θ_E / R²,    R² = θ_G² + min(q x² + y²/q) over the cell,

bounds every third derivative of ψ: its scale-free factor was maximised over the plane for 0.02 ≤ q ≤ 1,
which a test repeats. Hence

- no image lies in the cell if F(c) is farther from 0 than A(c)(θ−c) and K|θ−c|²/2 can reach: it is dropped;
- at most one image lies in it and around it if K|θ−c| is small against the smaller singular value of A(c):
  Newton's method leads to it (Kantorovich's theorem);
- else, or where Newton's method leads away from the cell, the cell is cut.

Near the centre R makes the cells as fine as the core asks for, so that the faint central image needs no
seed of its own; elsewhere the search is as coarse as it is proved safe.
"""

from __future__ import annotations

import math

import numpy as np

from lensfinder.compiled import compiled, jitable
from lensfinder.lensing.lens import (
    LensParameters,
    deflection_bound,
    ellipsoid_deflection,
    ellipsoid_hessian,
)
from lensfinder.typing import FloatArray, IntArray

# A cell is handed to Newton's method when K|θ−c| / (smaller singular value of A) is below this value in a
# square _REACH times as wide. Kantorovich's condition for an image inside the cell, t (1 + t/2) ≤ 1/2,
# allows 0.41.
_NEWTON_THRESHOLD = 0.4
_REACH = 1.5
_NEWTON_STEPS = 60
# Two roots of one parity are one root when closer than this; images that merge have opposite parities.
_SAME_ROOT_ARCSEC = 1e-6
_DISPLACEMENT_ANGLE_RAD = 0.7548776662466927  # along no lens's symmetry axis but by bad luck
_STACK_CELLS = 400  # a depth-first search keeps three cells of each level, and levels end long before 100


@jitable
def curvature_bound(x: float, y: float, half: float, lens: LensParameters) -> float:
    """Upper bound K of the change of ∂α per arcsec in the square of half side `half` about (x, y)."""
    dx = max(abs(x) - half, 0.0)
    dy = max(abs(y) - half, 0.0)
    q = lens.axis_ratio
    softened_2 = q * dx * dx + dy * dy / q + lens.theta_g * lens.theta_g
    bound: float = (1.16 + 0.67 * (1.0 - q)) / math.sqrt(q) * lens.theta_e / softened_2
    return bound


@jitable
def _equation(
    x: float,
    y: float,
    lens: LensParameters,
    beta_x: float,
    beta_y: float,
    psi: tuple[float, float, float],
    alpha: tuple[float, float],
) -> tuple[float, float, float, float, float]:
    """F_x, F_y, A_xx, A_xy, A_yy at (x, y), from Hessian and deflection of the ellipsoid.

    These are not called here: so deep in the calls the compiler would not fuse them.
    """
    f_x = (1.0 - lens.shear_1) * x - lens.shear_2 * y - alpha[0] - beta_x
    f_y = (1.0 + lens.shear_1) * y - lens.shear_2 * x - alpha[1] - beta_y
    return f_x, f_y, 1.0 - psi[0] - lens.shear_1, -psi[1] - lens.shear_2, 1.0 - psi[2] + lens.shear_1


@compiled
def _newton(
    x: float, y: float, lens: LensParameters, beta_x: float, beta_y: float
) -> tuple[float, float, float, bool]:
    """Newton's method from (x, y): the root, det A there, and whether it converged to rounding."""
    scale = 1.0 + abs(beta_x) + abs(beta_y) + lens.theta_e
    previous = np.inf
    determinant = 0.0
    for _ in range(_NEWTON_STEPS):
        f_x, f_y, a_xx, a_xy, a_yy = _equation(
            x, y, lens, beta_x, beta_y, ellipsoid_hessian(x, y, lens), ellipsoid_deflection(x, y, lens)
        )
        determinant = a_xx * a_yy - a_xy * a_xy
        residual = abs(f_x) + abs(f_y)
        # Rounding stops the descent: the last residual that still fell is as good as the arithmetic allows.
        if residual == 0.0 or (residual < 1e-13 * scale and residual >= previous):
            return x, y, determinant, True
        if determinant == 0.0 or not residual < 1e6 * scale:
            return x, y, determinant, False
        previous = residual
        x -= (a_yy * f_x - a_xy * f_y) / determinant
        y -= (a_xx * f_y - a_xy * f_x) / determinant
    return x, y, determinant, previous < 1e-12 * scale


@compiled
def _search(
    lens: LensParameters,
    beta_x: float,
    beta_y: float,
    smallest_half: float,
    cells_max: float,
    stack: FloatArray,
    roots: FloatArray,
) -> int:
    """Fill `roots` (3, images_max) with x, y and det A of every image in the major axis's frame.

    Returns their number, or −1 if the set is not proved complete.
    """
    shear = np.hypot(lens.shear_1, lens.shear_2)
    radius = (np.hypot(beta_x, beta_y) + deflection_bound(lens)) / (1.0 - shear)
    # A little more than the bound, off centre: images and symmetry axes do not fall on the edges of cells.
    stack[0, 0] = 0.0123 * radius
    stack[0, 1] = 0.0071 * radius
    stack[0, 2] = 1.02 * radius + 1e-9
    waiting = 1
    n_roots = 0
    parity = 0
    cells = 0.0
    while waiting > 0:
        waiting -= 1
        x, y, half = stack[waiting, 0], stack[waiting, 1], stack[waiting, 2]
        cells += 1.0
        if cells > cells_max:
            return -1
        f_x, f_y, a_xx, a_xy, a_yy = _equation(
            x, y, lens, beta_x, beta_y, ellipsoid_hessian(x, y, lens), ellipsoid_deflection(x, y, lens)
        )

        # Exclusion, on F itself and on adj(A) F = −det(A)(θ−c) + adj(A) × (what curvature adds).
        curvature = curvature_bound(x, y, half, lens)
        bend = curvature * half * half  # K|θ−c|²/2 at the corner
        if abs(f_x) > (abs(a_xx) + abs(a_xy)) * half + bend:
            continue
        if abs(f_y) > (abs(a_yy) + abs(a_xy)) * half + bend:
            continue
        determinant = a_xx * a_yy - a_xy * a_xy
        larger = 0.5 * abs(a_xx + a_yy) + np.hypot(0.5 * (a_xx - a_yy), a_xy)
        reach = abs(determinant) * half + larger * bend
        if abs(a_yy * f_x - a_xy * f_y) > reach or abs(a_xx * f_y - a_xy * f_x) > reach:
            continue

        smallest = half < smallest_half
        wide = _REACH * half
        wide_curvature = curvature_bound(x, y, wide, lens)
        at_most_one = wide_curvature * np.sqrt(2.0) * wide * larger < _NEWTON_THRESHOLD * abs(determinant)
        if at_most_one or smallest:
            root_x, root_y, root_det, converged = _newton(x, y, lens, beta_x, beta_y)
            near = abs(root_x - x) <= wide and abs(root_y - y) <= wide
            if converged and (near or smallest):
                known = False
                for i in range(n_roots):
                    apart = abs(roots[0, i] - root_x) + abs(roots[1, i] - root_y)
                    if apart < _SAME_ROOT_ARCSEC and roots[2, i] * root_det > 0.0:
                        known = True
                if not known:
                    if n_roots == roots.shape[1] or root_det == 0.0:
                        return -1
                    roots[0, n_roots] = root_x
                    roots[1, n_roots] = root_y
                    roots[2, n_roots] = root_det
                    n_roots += 1
                    parity += 1 if root_det > 0.0 else -1
                continue
            if smallest:
                continue
        if waiting + 4 > len(stack):
            return -1
        quarter = 0.5 * half
        for i in range(4):
            stack[waiting, 0] = x + (quarter if i & 1 else -quarter)
            stack[waiting, 1] = y + (quarter if i & 2 else -quarter)
            stack[waiting, 2] = quarter
            waiting += 1
    return n_roots if parity == 1 else -1


@compiled
def search_all(systems: FloatArray, attempts: FloatArray, images: FloatArray, n_images: IntArray) -> int:
    """Find the images of every system; return the index of the first that fails, or −1.

    Parameters
    ----------
    systems
        Rows of θ_E, θ_G, q, position angle, γ₁, γ₂, β_x, β_y.
    attempts
        Rows of smallest half cell in units of min(θ_G, 1"), number of cells at most, displacement of the
        source in arcsec; tried in turn until a set of images is complete.
    images
        Filled with x, y and μ, brightest first; of shape (n, 3, images_max).
    n_images
        Filled with the number of images, of shape (n,).
    """
    stack = np.empty((_STACK_CELLS, 3))
    roots = np.empty((3, images.shape[2]))
    for n in range(len(systems)):
        theta_e, theta_g, axis_ratio, angle, gamma_1, gamma_2, source_x, source_y = systems[n]
        cos, sin = np.cos(angle), np.sin(angle)
        cos_2, sin_2 = np.cos(2.0 * angle), np.sin(2.0 * angle)
        shear_1 = cos_2 * gamma_1 + sin_2 * gamma_2
        shear_2 = cos_2 * gamma_2 - sin_2 * gamma_1
        lens = LensParameters(theta_e, theta_g, axis_ratio, 1.0, 0.0, shear_1, shear_2)
        found = -1
        for attempt in range(len(attempts)):
            smallest_half = attempts[attempt, 0] * min(theta_g, 1.0)
            moved_x = source_x + attempts[attempt, 2] * np.cos(_DISPLACEMENT_ANGLE_RAD)
            moved_y = source_y + attempts[attempt, 2] * np.sin(_DISPLACEMENT_ANGLE_RAD)
            beta_x = cos * moved_x + sin * moved_y
            beta_y = cos * moved_y - sin * moved_x
            found = _search(lens, beta_x, beta_y, smallest_half, attempts[attempt, 1], stack, roots)
            if found >= 0:
                break
        if found < 0:
            return n
        n_images[n] = found
        order = np.argsort(np.abs(roots[2, :found]))
        for i in range(found):
            x, y, determinant = roots[0, order[i]], roots[1, order[i]], roots[2, order[i]]
            images[n, 0, i] = cos * x - sin * y
            images[n, 1, i] = sin * x + cos * y
            images[n, 2, i] = 1.0 / determinant
    return -1
