"""Compiled ray-tracing of sources through their lens, sampled as finely as each place needs.

The plane is cut into blocks of VIS pixels; a block that the lens equation provably sends past the source is
left out. A pixel that may see the source is sampled on a fine grid of 3 × 3 cells, and each cell again where
the lens spreads it over more of the source than the source's light varies on: over the disc's centre, over
clumps, and near the centre of the lens. What a cell collects is laid down so that its flux, centre and second
moments are kept.
"""

from __future__ import annotations

import math

import numpy as np

from lensfinder.compiled import compiled, jitable
from lensfinder.lensing.lens import LensParameters, deflection, deflection_bound, turned_hessian
from lensfinder.typing import AnyArray

DISC_B = 1.6783469900166605
"""b of an exponential disc: half the light inside r_eff, γ(2, b) = 1/2."""
DISC_END = 4.0
"""Discs end at this many half-light radii."""
DISC_NORM = DISC_B**2 / (2 * math.pi * (1 - (1 + DISC_B * DISC_END) * math.exp(-DISC_B * DISC_END)))
"""Central surface brightness of a disc of unit flux and unit half-light radius that ends at DISC_END."""
CLUMP_END = 4.5
"""Clumps end at this many standard deviations."""
CLUMP_NORM = 1 / (2 * math.pi * (1 - math.exp(-0.5 * CLUMP_END**2)))

MARGIN_PX = 15
"""Width of the frame of VIS pixels around the stamp whose light the PSF brings in."""

CELLS = 3
_BLOCK = 5
# Spacing of the samples in the source plane, in clump σ: the sum over a Gaussian is then its integral to
# 1e-5. In scale lengths of the disc: near its centre, and elsewhere.
_CLUMP_SPACING, _CENTRE_SPACING, _DISC_SPACING = 1.3, 0.45, 1.3
_CENTRE_SCALES = 1.5
_SUBCELLS_MAX = 5
# In the core of the lens the linear map of a pixel says nothing: it is sampled this finely throughout.
_CORE_SUBCELLS = 4


@jitable
def _shoot(x: float, y: float, lens: LensParameters) -> tuple[float, float]:
    """Source position of the image-plane position (x, y), both from the deflector."""
    if lens.theta_e == 0.0:
        return x, y
    alpha_x, alpha_y = deflection(x, y, lens)
    return x - alpha_x, y - alpha_y


@jitable
def _jacobian(x: float, y: float, lens: LensParameters) -> tuple[float, float, float]:
    """A_xx, A_xy, A_yy of 1 − ∂α."""
    if lens.theta_e == 0.0:
        return 1.0, 0.0, 1.0
    psi_xx, psi_xy, psi_yy = turned_hessian(x, y, lens)
    return 1.0 - psi_xx - lens.shear_1, -psi_xy - lens.shear_2, 1.0 - psi_yy + lens.shear_1


@compiled
def _subcells(
    dx: float, dy: float, stretch: float, pixel: float, source: AnyArray, clumps: AnyArray, near: AnyArray
) -> int:
    """Samples a cell needs along a side, for a pixel whose centre is seen (dx, dy) from the source's centre.

    ``stretch`` is the larger singular value of the lens map. 0 if the pixel does not see the source at all.
    ``near`` gets the number of clumps that the pixel may see, and which.
    """
    r_eff, axis_ratio, cos, sin = source[2], source[3], source[4], source[5]
    footprint = 0.7072 * pixel * stretch
    along, across = cos * dx + sin * dy, cos * dy - sin * dx
    scale = r_eff * math.sqrt(axis_ratio) / DISC_B  # of the minor axis
    distance = math.sqrt(axis_ratio * along * along + across * across / axis_ratio)
    # In units of the elliptical radius the footprint grows by 1/√q at most.
    reach = footprint / math.sqrt(axis_ratio)
    needed = 0.0
    if distance < DISC_END * r_eff + reach:
        needed = pixel * stretch / (_DISC_SPACING * scale)
        if distance < _CENTRE_SCALES * r_eff / DISC_B + reach:
            needed = pixel * stretch / (_CENTRE_SPACING * scale)
        needed = max(needed, 1.0)
    near[0] = 0
    for c in range(clumps.shape[0]):
        sigma = clumps[c, 2]
        cx, cy = dx - clumps[c, 0], dy - clumps[c, 1]
        limit = CLUMP_END * sigma + footprint
        if cx * cx + cy * cy < limit * limit:
            near[0] += 1
            near[near[0]] = c
            needed = max(needed, pixel * stretch / (_CLUMP_SPACING * sigma), 1.0)
    return min(math.ceil(needed / CELLS), _SUBCELLS_MAX)


@compiled
def _brightness(
    dx: float, dy: float, source: AnyArray, clumps: AnyArray, near: AnyArray, light: AnyArray
) -> None:
    """Write the surface brightness (4 bands) at (dx, dy) from the source's centre into ``light``."""
    r_eff, axis_ratio, cos, sin = source[2], source[3], source[4], source[5]
    along, across = cos * dx + sin * dy, cos * dy - sin * dx
    radius = math.sqrt(axis_ratio * along * along + across * across / axis_ratio) / r_eff
    for band in range(4):
        light[band] = 0.0
    if radius < DISC_END:
        disc = DISC_NORM / (r_eff * r_eff) * math.exp(-DISC_B * radius)
        for band in range(4):
            light[band] += source[6 + band] * disc
    for i in range(near[0]):
        c = near[1 + i]
        cx, cy, variance = dx - clumps[c, 0], dy - clumps[c, 1], clumps[c, 2] * clumps[c, 2]
        squared = cx * cx + cy * cy
        if squared < CLUMP_END * CLUMP_END * variance:
            clump = CLUMP_NORM / variance * math.exp(-0.5 * squared / variance)
            for band in range(4):
                light[band] += clumps[c, 3 + band] * clump


@compiled
def _block_reaches(x: float, y: float, half_diagonal: float, lens: LensParameters, source: AnyArray) -> bool:
    """Whether some point of a block may see the source: ∂α is bounded by 2κ on its inner side."""
    bx, by = _shoot(x, y, lens)
    nearest = max(math.sqrt(x * x + y * y) - half_diagonal, 0.0)
    slope = 1.0 + math.sqrt(lens.shear_1 * lens.shear_1 + lens.shear_2 * lens.shear_2)
    if lens.theta_e > 0.0:
        inner = math.sqrt(lens.axis_ratio * nearest * nearest + lens.theta_g * lens.theta_g)
        slope += (
            2.0 * lens.theta_e / ((1.0 + lens.axis_ratio) * inner) if nearest == 0.0 else lens.theta_e / inner
        )
    reaches: bool = math.hypot(bx - source[0], by - source[1]) < source[10] + slope * half_diagonal
    return reaches


@compiled
def trace_source(
    lens: LensParameters,
    position: AnyArray,
    source: AnyArray,
    clumps: AnyArray,
    pixel: float,
    n_pixels: int,
    fine: AnyArray,
    coarse: AnyArray,
    coarse_shift: int,
    box: AnyArray,
    light: AnyArray,
) -> float:
    """Add a lensed source to the maps and return its VIS flux over the whole plane.

    Parameters
    ----------
    position
        Deflector in the stamp, (2,), arcsec.
    source
        Centre (2) from the deflector, half-light radius, axis ratio, cos, sin, flux of the disc (4),
        reach: the radius that holds disc and clumps; shape (11,).
    clumps
        Position from the source's centre (2), σ, flux (4); of shape (n, 7).
    pixel, n_pixels
        VIS pixel in arcsec, and pixels of a stamp's side.
    fine
        VIS flux in the layout of :mod:`.blur`, over the stamp and its margin.
    coarse
        Y, J and H flux in VIS pixels: for each band a map in the layout of :mod:`.blur`.
    coarse_shift
        Rows and columns by which that map begins before the margin, so that its triples are NISP pixels.
    box
        VIS pixels, margin included, that hold flux; grown here: (y first, y end, x first, x end).
    light
        Scratch of shape (4,).
    """
    shear = math.sqrt(lens.shear_1 * lens.shear_1 + lens.shear_2 * lens.shear_2)
    reach = math.hypot(source[0], source[1]) + source[10] + deflection_bound(lens)
    farthest = reach / (1.0 - shear)
    middle = 0.5 * (n_pixels - 1)
    first_x = math.floor((position[0] - farthest) / pixel + middle)
    first_y = math.floor((position[1] - farthest) / pixel + middle)
    blocks = math.ceil((2.0 * farthest / pixel + 2.0) / _BLOCK)
    half_diagonal = 0.70711 * _BLOCK * pixel
    core = 2.0 * lens.theta_g + pixel if lens.theta_e > 0.0 else -1.0
    n_map = n_pixels + 2 * MARGIN_PX
    total = 0.0
    near = np.empty(len(clumps) + 1, np.int64)
    for block in range(blocks * blocks):
        row_0, column_0 = first_y + block // blocks * _BLOCK, first_x + block % blocks * _BLOCK
        block_x = (column_0 + 0.5 * (_BLOCK - 1) - middle) * pixel - position[0]
        block_y = (row_0 + 0.5 * (_BLOCK - 1) - middle) * pixel - position[1]
        if not _block_reaches(block_x, block_y, half_diagonal, lens, source):
            continue
        for row in range(row_0, row_0 + _BLOCK):
            y = (row - middle) * pixel - position[1]
            for column in range(column_0, column_0 + _BLOCK):
                x = (column - middle) * pixel - position[0]
                in_core = x * x + y * y < core * core
                if in_core:
                    subcells = _CORE_SUBCELLS
                    near[0] = len(clumps)
                    for c in range(len(clumps)):
                        near[1 + c] = c
                else:
                    a_xx, a_xy, a_yy = _jacobian(x, y, lens)
                    stretch = abs(0.5 * (a_xx + a_yy)) + math.sqrt(0.25 * (a_xx - a_yy) ** 2 + a_xy * a_xy)
                    bx, by = _shoot(x, y, lens)
                    subcells = _subcells(bx - source[0], by - source[1], stretch, pixel, source, clumps, near)
                if subcells == 0:
                    continue
                map_row, map_column = row + MARGIN_PX, column + MARGIN_PX
                inside = 0 <= map_row < n_map and 0 <= map_column < n_map
                flux = _sample_pixel(
                    x, y, subcells, in_core, lens, source, clumps, pixel, inside, map_row, map_column,
                    fine, coarse, coarse_shift, near, light,
                )  # fmt: skip
                total += flux
                if inside and flux > 0.0:
                    # The moments of a cell may reach into its neighbours.
                    box[0], box[1] = min(box[0], max(map_row - 1, 0)), max(box[1], min(map_row + 2, n_map))
                    box[2], box[3] = (
                        min(box[2], max(map_column - 1, 0)),
                        max(box[3], min(map_column + 2, n_map)),
                    )
    return total


@compiled
def _sample_pixel(
    x: float,
    y: float,
    subcells: int,
    in_core: bool,
    lens: LensParameters,
    source: AnyArray,
    clumps: AnyArray,
    pixel: float,
    inside: bool,
    map_row: int,
    map_column: int,
    fine: AnyArray,
    coarse: AnyArray,
    coarse_shift: int,
    near: AnyArray,
    light: AnyArray,
) -> float:
    """Sample one VIS pixel, 3 × 3 cells of ``subcells``² points; return its VIS flux."""
    cell = pixel / CELLS
    area = (cell / subcells) ** 2
    total = 0.0
    nisp_1, nisp_2, nisp_3 = 0.0, 0.0, 0.0
    for cell_y in range(CELLS):
        for cell_x in range(CELLS):
            centre_x, centre_y = x + (cell_x - 1) * cell, y + (cell_y - 1) * cell
            s, s_x, s_y, s_xx, s_xy, s_yy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            bx, by = _shoot(centre_x, centre_y, lens)
            if subcells == 1:
                _brightness(bx - source[0], by - source[1], source, clumps, near, light)
                s = light[0] * area
                nisp_1 += light[1] * area
                nisp_2 += light[2] * area
                nisp_3 += light[3] * area
            else:
                a_xx, a_xy, a_yy = _jacobian(centre_x, centre_y, lens)
                for i in range(subcells):
                    v = (i + 0.5) / subcells - 0.5
                    for j in range(subcells):
                        u = (j + 0.5) / subcells - 0.5
                        if in_core:
                            sub_x, sub_y = _shoot(centre_x + u * cell, centre_y + v * cell, lens)
                        else:
                            sub_x = bx + (a_xx * u + a_xy * v) * cell
                            sub_y = by + (a_xy * u + a_yy * v) * cell
                        _brightness(sub_x - source[0], sub_y - source[1], source, clumps, near, light)
                        flux = light[0] * area
                        s += flux
                        s_x += flux * u
                        s_y += flux * v
                        s_xx += flux * u * u
                        s_xy += flux * u * v
                        s_yy += flux * v * v
                        nisp_1 += light[1] * area
                        nisp_2 += light[2] * area
                        nisp_3 += light[3] * area
            total += s
            if inside and s > 0.0:
                fine_row, fine_column = CELLS * map_row + cell_y, CELLS * map_column + cell_x
                _lay_down(fine, fine_row, fine_column, s, s_x, s_y, s_xx, s_xy, s_yy)
    if inside:
        row, column = map_row + coarse_shift, (map_column + coarse_shift) // 3
        phase = (map_column + coarse_shift) % 3
        coarse[0, phase, row, column] += nisp_1
        coarse[1, phase, row, column] += nisp_2
        coarse[2, phase, row, column] += nisp_3
    return total


@compiled
def _lay_down(
    fine: AnyArray,
    row: int,
    column: int,
    s: float,
    s_x: float,
    s_y: float,
    s_xx: float,
    s_xy: float,
    s_yy: float,
) -> None:
    """Put a cell's flux on it and its eight neighbours so that all moments up to the second are kept."""
    n_rows, n_columns = fine.shape[1], fine.shape[0] * fine.shape[2]
    for i in range(-1, 2):
        for j in range(-1, 2):
            if i == 0 and j == 0:
                flux = s - s_xx - s_yy
            elif i == 0:
                flux = 0.5 * (s_xx + j * s_x)
            elif j == 0:
                flux = 0.5 * (s_yy + i * s_y)
            else:
                flux = 0.25 * i * j * s_xy
            to_row, to_column = row + i, column + j
            if 0 <= to_row < n_rows and 0 <= to_column < n_columns:
                fine[to_column % 3, to_row, to_column // 3] += flux
