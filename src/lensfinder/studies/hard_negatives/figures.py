"""Figure of the false-positive rates on hard negatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lensfinder.figures.style import BLACK, error_bars, new_figure, series, styled
from lensfinder.studies.hard_negatives.measures import ALL
from lensfinder.studies.hard_negatives.summary import IMPOSTOR_NAMES, bounds

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rates_by_kind(content: Mapping[str, Any]) -> Figure:
    """False-positive rate of every kind and model with its interval; below, the ordinary negatives."""
    rows = {**IMPOSTOR_NAMES, ALL: "all hard negatives"}
    labels = [*rows.values(), "ordinary negatives"]
    models = content["models"]
    with styled():
        figure, (axes,) = new_figure(8.0, 4.8)
        spacing = min(0.26, 0.8 / len(models))
        for place, (model, (colour, _, marker)) in enumerate(zip(models, series(len(models)), strict=True)):
            rates = [*(models[model][kind] for kind in rows), content["ordinary_negatives"][model][ALL]]
            value = 100 * np.array([rate["fpr"] for rate in rates])
            low, high = 100 * np.array([bounds(rate) for rate in rates]).T
            y = np.arange(len(rates)) + spacing * (place - 0.5 * (len(models) - 1))
            axes.errorbar(
                value, y, xerr=error_bars(value, low, high), fmt=marker, color=colour, capsize=3, label=model
            )
        axes.axhline(len(rows) - 0.5, color=BLACK, lw=0.8)
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_xlim(left=-1)
        axes.set_xlabel(f"called a lens at p ≥ {content['threshold']:g} [%], with bootstrap interval")
        axes.set_title(f"{content['n']:,} hard negatives, none a lens")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(models))
    return figure
