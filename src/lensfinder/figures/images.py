"""Figures that show the objects themselves: atlas pages and pseudo-spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lensfinder.figures.style import BLACK, new_figure, styled
from lensfinder.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL_INCH, GAP_INCH, LINE_INCH = 1.75, 0.12, 0.135
"""An atlas panel, the space beside it, and a line of text below it."""

ATLAS_COLUMNS, ATLAS_PAGE = 6, 24
"""Panels beside one another, and on a full page."""

SPACE_TICKS = (-4, -2, 0, 2, 4)
"""Arcsec from the centre of a stamp that get a tick."""


@dataclass(frozen=True)
class Panel:
    """One object of an atlas: image (y, x, 3), lines of text below, colour of its frame."""

    image: FloatArray
    lines: tuple[str, ...]
    frame: str


@dataclass(frozen=True)
class Example:
    """One object and its ``pseudo_spectra`` (2, bands, pixels): band × x, band × y."""

    title: str
    image: FloatArray
    pseudo_spectra: FloatArray


def atlas_page(panels: Sequence[Panel], title: str, pixel_scale_arcsec: float) -> Figure:
    """Draw one page of panels, north (+y) up; frames carry what ``title`` explains."""
    columns, rows = ATLAS_COLUMNS, max(1, -(-len(panels) // ATLAS_COLUMNS))
    text = max((len(panel.lines) for panel in panels), default=0) * LINE_INCH + 0.12
    width, height = columns * (CELL_INCH + GAP_INCH), rows * (CELL_INCH + text)
    with styled():
        figure, (axes,) = new_figure(width + 0.2, height + 0.4)
        # Everything has its place in inches: a layout engine would only draw all texts once more.
        figure.set_layout_engine("none")
        axes.set_position((0.1 / (width + 0.2), 0.0, width / (width + 0.2), height / (height + 0.4)))
        axes.set_axis_off()
        for index, panel in enumerate(panels):
            left, top = (index % columns) * (CELL_INCH + GAP_INCH), (index // columns) * (CELL_INCH + text)
            _draw_panel(axes, panel, left, top, pixel_scale_arcsec)
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_title(title, fontsize=10)
    return figure


def _draw_panel(axes: Axes, panel: Panel, left: float, top: float, pixel_scale_arcsec: float) -> None:
    from matplotlib.patches import Rectangle

    # The axes run downwards, so the first row of the image (lowest y) goes to the larger coordinate.
    axes.imshow(
        panel.image,
        extent=(left, left + CELL_INCH, top + CELL_INCH, top),
        origin="lower",
        interpolation="nearest",
        aspect="auto",
    )
    axes.add_patch(Rectangle((left, top), CELL_INCH, CELL_INCH, fill=False, ec=panel.frame, lw=2))
    width = panel.image.shape[1] * pixel_scale_arcsec
    bar = 2.0 * CELL_INCH / width
    axes.plot(
        [left + 0.1, left + 0.1 + bar],
        [top + CELL_INCH - 0.12] * 2,
        color="white",
        lw=1.5,
        solid_capstyle="butt",
    )
    axes.text(
        left + 0.1 + bar / 2,
        top + CELL_INCH - 0.16,
        '2"',
        color="white",
        fontsize=7,
        ha="center",
        va="bottom",
    )
    for index, words in enumerate(panel.lines):
        axes.text(
            left, top + CELL_INCH + 0.06 + index * LINE_INCH, words, fontsize=7.2, va="top", color=BLACK
        )


def pseudo_spectra_figure(
    examples: Sequence[Example], wavelength_aa: FloatArray, pixel_scale_arcsec: float, title: str
) -> Figure:
    """Draw each object in a row: colour image, the cube summed along y (band × x), and along x (band × y)."""
    with styled():
        figure, panels = new_figure(11.5, 2.2 * len(examples) + 0.8, len(examples), 3, width_ratios=(1, 2, 2))
        for row, example in enumerate(examples):
            image, *spectra = panels[3 * row : 3 * row + 3]
            half = 0.5 * example.image.shape[0] * pixel_scale_arcsec
            image.imshow(
                example.image, origin="lower", extent=(-half, half, -half, half), interpolation="nearest"
            )
            image.set(xticks=SPACE_TICKS, yticks=SPACE_TICKS, ylabel="y [arcsec]")
            image.set_title(example.title, fontsize=9)
            image.grid(False)
            for panel, values, axis in zip(spectra, example.pseudo_spectra, ("x", "y"), strict=True):
                _draw_pseudo_spectrum(panel, np.asarray(values, dtype=np.float64), wavelength_aa, half, axis)
                if row == 0:
                    panel.set_title(
                        "summed along " + ("y" if axis == "x" else "x") + f": band × {axis}", fontsize=9
                    )
        for panel, words in zip(
            panels[-3:], ("x [arcsec]", *("band, by its mean wavelength [Å]",) * 2), strict=True
        ):
            panel.set_xlabel(words)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _draw_pseudo_spectrum(
    panel: Axes, values: FloatArray, wavelength_aa: FloatArray, half: float, axis: str
) -> None:
    sigma = 1.4826 * np.median(np.abs(values - np.median(values))) + 1e-12
    high = max(float(np.quantile(values, 0.999)), 5 * sigma)
    shown = np.arcsinh(np.clip(values, -3 * sigma, high) / (2 * sigma))
    mesh_edges = np.arange(len(values) + 1) - 0.5
    space_edges = np.linspace(-half, half, values.shape[1] + 1)
    panel.pcolormesh(mesh_edges, space_edges, shown.T, cmap="magma", rasterized=True)
    marks = np.arange(np.ceil(wavelength_aa[0] / 1000), wavelength_aa[-1] / 1000) * 1000
    panel.set_xticks(
        np.interp(marks, wavelength_aa, np.arange(len(values))), [f"{mark:.0f}" for mark in marks]
    )
    panel.set(yticks=SPACE_TICKS, ylabel=f"{axis} [arcsec]")
    panel.grid(False)
