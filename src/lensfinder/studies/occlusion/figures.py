"""Figure of occlusion: which bands and which places the models look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lensfinder.figures.images import SPACE_TICKS
from lensfinder.figures.style import BLACK, new_figure, series, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure


def occlusion(bands: pd.DataFrame, places: pd.DataFrame, title: str) -> Figure:
    """Draw loss increase against wavelength, all models in one panel, and a map against position for each.

    ``bands`` and ``places`` are tables of :mod:`.measures`. The maps have one colour scale; a dot marks a
    place whose interval lies above zero.
    """
    models = list(dict.fromkeys(bands["model"]))
    with styled():
        figure, axes = new_figure(5.2 * len(models), 8.6, 2, len(models))
        grid = axes[0].get_gridspec()
        assert grid is not None
        for panel in axes[: len(models)]:
            panel.remove()
        _draw_bands(figure.add_subplot(grid[0, :]), bands, models, title)
        scale = float(places["loss_increase"].abs().max())
        maps = axes[len(models) :]
        for panel, model in zip(maps, models, strict=True):
            mesh = _draw_places(panel, places[places["model"] == model], scale)
            panel.set_title(f"{model}: places")
        figure.colorbar(mesh, ax=maps, label="rise of the loss without this place [nat]", shrink=0.8)
    return figure


def _draw_bands(panel: Axes, bands: pd.DataFrame, models: list[str], title: str) -> None:
    panel.axhline(0, color=BLACK, lw=1)
    for model, (colour, dash, marker) in zip(models, series(len(models)), strict=True):
        of = bands[bands["model"] == model].sort_values("wavelength_aa")
        wavelength = of["wavelength_aa"].to_numpy()
        panel.fill_between(
            wavelength,
            of["interval_low"].to_numpy(),
            of["interval_high"].to_numpy(),
            color=colour,
            alpha=0.18,
            lw=0,
        )
        panel.plot(
            wavelength,
            of["loss_increase"].to_numpy(),
            color=colour,
            ls=dash,
            marker=marker,
            ms=4,
            label=model,
        )
    panel.set_xlabel("wavelength of the hidden band [Å]")
    panel.set_ylabel("rise of the loss [nat]")
    panel.set_title(title)
    panel.legend(loc="best")


def _draw_places(panel: Axes, places: pd.DataFrame, scale: float) -> QuadMesh:
    table = places.pivot(index="y_arcsec", columns="x_arcsec", values="loss_increase")
    middles = table.columns.to_numpy(dtype=np.float64)
    step = middles[1] - middles[0]
    edges = np.append(middles, middles[-1] + step) - 0.5 * step
    mesh = panel.pcolormesh(edges, edges, table.to_numpy(), cmap="RdBu_r", vmin=-scale, vmax=scale)
    above = places[places["interval_low"] > 0]
    panel.plot(above["x_arcsec"], above["y_arcsec"], ls="", marker=".", ms=5, color=BLACK)
    panel.set(aspect="equal", xticks=SPACE_TICKS, yticks=SPACE_TICKS)
    panel.set(xlabel="x [arcsec]", ylabel="y [arcsec]")
    panel.grid(False)
    return mesh
