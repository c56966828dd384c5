"""Figures that set models side by side: scores against scores, measures with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lensfinder.evaluation.comparison import resolved
from lensfinder.evaluation.measure_table import MEASURES, drawn
from lensfinder.figures.style import BLACK, BLUE, ORANGE, PURPLE, new_figure, series, styled, with_bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def score_scatter(
    first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str], threshold: float
) -> Figure:
    """Each test object at the log-odds that the two models give it; off the diagonal they disagree."""
    with styled():
        figure, (axes,) = new_figure(6.4, 6.0)
        lens = first["label"].to_numpy() == 1
        x, y = (_log_odds(scores["score"].to_numpy(dtype=np.float64)) for scores in (first, second))
        for chosen, label, colour, marker in (
            (~lens, "non-lens", ORANGE, "s"),
            (lens, "lens", BLUE, "o"),
        ):
            axes.scatter(
                x[chosen],
                y[chosen],
                s=9,
                c=colour,
                marker=marker,
                alpha=0.5,
                lw=0,
                label=f"{label} ({chosen.sum():,})",
            )
        cut = float(_log_odds(np.array([threshold]))[0])
        axes.axvline(cut, color="#777777", ls=":", lw=1)
        axes.axhline(cut, color="#777777", ls=":", lw=1)
        ends = (min(x.min(), y.min(), cut) - 0.5, max(x.max(), y.max(), cut) + 0.5)
        axes.plot(ends, ends, color="#bbbbbb", lw=0.8)
        axes.set(xlim=ends, ylim=ends, aspect="equal")
        axes.set_xlabel(f"{names[0]}: log-odds ln p/(1−p)")
        axes.set_ylabel(f"{names[1]}: log-odds ln p/(1−p)")
        axes.set_title("test objects as both models score them")
        axes.legend(loc="upper left", markerscale=2)
        axes.text(ends[1], cut, f" p = {threshold:g}", ha="right", va="bottom", color="#777777", fontsize=8)
    return figure


def _log_odds(score: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    inside = np.clip(score, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)


def measures_with_intervals(metrics: Mapping[str, Mapping[str, Any]], title: str) -> Figure:
    """Every measure of every model as a point with its interval; left, those that are near 1."""
    near_one = [name for name in drawn() if name != "fpr"]
    with styled():
        spacing = min(0.26, 0.8 / len(metrics))
        height = max(4.8, 0.12 * len(metrics) * len(near_one))
        figure, (rates, fpr) = new_figure(10, height, 1, 2, width_ratios=(2, 1))
        for panel, names in ((rates, near_one), (fpr, ["fpr"])):
            for place, (model, (colour, _, marker)) in enumerate(
                zip(metrics, series(len(metrics)), strict=True)
            ):
                shown = [name for name in names if metrics[model][name] is not None]
                of = metrics[model]
                value, bars = with_bars([(of[name], of[f"{name}_interval"]) for name in shown])
                y = np.array([names.index(name) for name in shown]) + spacing * (
                    place - 0.5 * (len(metrics) - 1)
                )
                panel.errorbar(value, y, xerr=bars, fmt=marker, color=colour, capsize=2.5, label=model)
            panel.set_yticks(range(len(names)), [MEASURES[name].label for name in names])
            panel.set_ylim(len(names) - 0.5, -0.5)
        rates.set_xlabel("value, with interval")
        fpr.set_xlabel("value, with interval")
        fpr.set_xlim(left=0)
        fpr.set_yticks([])
        fpr.set_title(MEASURES["fpr"].label)
        rates.set_title(title)
        figure.legend(*rates.get_legend_handles_labels(), loc="outside lower center", ncols=len(metrics))
    return figure


def differences(comparison: Mapping[str, Any], title: str) -> Figure:
    """Difference of each measure, first − second, in percentage points, with its paired interval."""
    names = [name for name in drawn() if comparison.get(f"{name}_difference") is not None]
    keys = [f"{name}_difference" for name in names]
    value, bars = with_bars([(comparison[key], comparison[f"{key}_interval"]) for key in keys], 100)
    with styled():
        figure, (axes,) = new_figure(7.6, 4.6)
        axes.axvline(0, color=BLACK, lw=1)
        axes.errorbar(value, range(len(names)), xerr=bars, fmt="o", color=PURPLE, capsize=3)
        axes.set_yticks(range(len(names)), [MEASURES[name].label for name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlabel(f"{comparison['first']} − {comparison['second']}  [percentage points]")
        axes.set_title(title)
    return figure


def draw_differences(
    panel: Axes, comparisons: Sequence[Mapping[str, Any]], measure: str
) -> list[tuple[int, float]]:
    """Draw the difference of a measure in every comparison, a line each, filled where it is resolved.

    Returns
    -------
    Line and difference of those that are defined.
    """
    panel.axvline(0, color=BLACK, lw=1)
    defined = []
    for y, of in enumerate(comparisons):
        value, bounds = of[f"{measure}_difference"], of[f"{measure}_difference_interval"]
        if value is None or bounds["low"] is None:
            continue
        at, bars = with_bars([(value, bounds)], 100)
        filled = BLUE if resolved(of, measure) else "white"
        panel.errorbar(at, y, xerr=bars, fmt="o", color=BLUE, mfc=filled, capsize=3)
        defined.append((y, value))
    return defined
