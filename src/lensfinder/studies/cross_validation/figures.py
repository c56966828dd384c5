"""Figures of a cross-validation: every fold, and differences with the intervals of both tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lensfinder.evaluation.measure_table import MEASURES, drawn
from lensfinder.figures.style import BLACK, ORANGE, PURPLE, new_figure, series, styled, with_bars
from lensfinder.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = ("recall", "fpr", "auc", "accuracy")
TOO_WIDE = ("tpr_at_0_fp", "tpr_at_10_fp")
"""Measures that are not in the figures of differences."""

_GREY = "#bbbbbb"


def folds(models: Mapping[str, Mapping[str, Any]], title: str) -> Figure:
    """Measures of every fold, a line a fold across the models; beside them means with corrected intervals.

    ``models`` are those of ``cv.json``.
    """
    x = np.arange(len(models), dtype=np.float64)
    with styled():
        figure, panels = new_figure(max(8.0, 2.2 + 1.3 * len(models)), 7.0, 2, 2)
        for panel, measure in zip(panels, SHOWN, strict=True):
            values = np.array(
                [[fold[measure] for fold in of["per_fold"]] for of in models.values()], dtype=np.float64
            )
            panel.plot(x, values, color=_GREY, lw=1)
            for place, (of, (colour, _, marker)) in enumerate(
                zip(models.values(), series(len(models)), strict=True)
            ):
                panel.plot(
                    np.full(values.shape[1], x[place]),
                    values[place],
                    color=colour,
                    marker=marker,
                    ls="",
                    ms=5,
                    mfc="white",
                )
                if of[f"{measure}_interval"]["low"] is not None:
                    _point(panel, x[place] + 0.16, of, measure, colour, marker)
            panel.set_xticks(x, list(models), rotation=0 if len(models) < 5 else 30)
            panel.set_xlim(-0.45, len(models) - 0.4)
            panel.set_title(MEASURES[measure].label)
            panel.ticklabel_format(axis="y", useOffset=False)
        panels[0].plot([], [], color=_GREY, marker="o", mfc="white", mec=BLACK, label="one fold")
        panels[0].plot([], [], color=BLACK, marker="o", label="mean over folds, corrected interval")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _point(panel: Axes, x: float, of: Mapping[str, Any], measure: str, colour: str, marker: str) -> None:
    value, bars = with_bars([(of[measure], of[f"{measure}_interval"])])
    panel.errorbar([x], value, bars, color=colour, marker=marker, ms=7, capsize=3)


def differences(
    comparisons: Sequence[Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]], title: str
) -> Figure:
    """Differences of each pair of models: every fold, their mean, and the intervals of both tests.

    Recall at few false positives rests on a handful of objects a fold: its intervals, in the report's table,
    would dwarf all others.
    """
    columns = min(2, len(comparisons))
    rows = -(-len(comparisons) // columns)
    with styled():
        figure, panels = new_figure(max(7.8, 6.0 * columns), 5.2 * rows, rows, columns, sharey=True)
        for panel, of in zip(panels, comparisons, strict=False):
            names = [name for name in _narrow() if of.get(f"{name}_difference") is not None]
            panel.axvline(0, color=BLACK, lw=1)
            for y, name in enumerate(names):
                each = 100 * _fold_differences(models[of["first"]], models[of["second"]], name)
                panel.plot(each, np.full(each.size, y), color="#999999", marker="|", ms=9, ls="")
            _intervals(panel, of, names, "_difference_interval", PURPLE, "o", -0.14)
            _intervals(panel, of, names, "_difference_bootstrap_interval", ORANGE, "s", 0.14)
            panel.set_yticks(range(len(names)), [MEASURES[name].label for name in names])
            panel.set_ylim(len(names) - 0.5, -0.5)
            panel.set_xlabel(f"{of['first']} − {of['second']}  [percentage points]")
        for panel in panels[len(comparisons) :]:
            panel.remove()
        panels[0].plot([], [], color=PURPLE, marker="o", label="mean, corrected resampled t interval")
        panels[0].plot([], [], color=ORANGE, marker="s", label="mean, bootstrap interval")
        panels[0].plot([], [], color="#999999", marker="|", ms=9, ls="", label="one fold")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _narrow() -> list[str]:
    return [name for name in drawn() if name not in TOO_WIDE]


def _fold_differences(first: Mapping[str, Any], second: Mapping[str, Any], name: str) -> FloatArray:
    pairs = zip(first["per_fold"], second["per_fold"], strict=True)
    return np.array([one[name] - two[name] for one, two in pairs], dtype=np.float64)


def _intervals(
    panel: Axes,
    of: Mapping[str, Any],
    names: Sequence[str],
    suffix: str,
    colour: str,
    marker: str,
    offset: float,
    label: str | None = None,
) -> None:
    """Mean differences in percentage points with the intervals of keys that end on ``suffix``."""
    shown = [y for y, name in enumerate(names) if of[f"{name}{suffix}"]["low"] is not None]
    keys = [names[y] for y in shown]
    value, bars = with_bars([(of[f"{key}_difference"], of[f"{key}{suffix}"]) for key in keys], 100)
    y = np.array(shown) + offset
    panel.errorbar(value, y, xerr=bars, fmt=marker, color=colour, capsize=3, label=label)


def leak(result: Mapping[str, Mapping[str, Any]], title: str) -> Figure:
    """Difference of each measure, random folds − folds of tiles, of every model, with both intervals."""
    names = [
        name for name in _narrow() if all(of[f"{name}_difference"] is not None for of in result.values())
    ]
    spacing = min(0.24, 0.7 / len(result))
    with styled():
        figure, (panel,) = new_figure(7.8, 5.0)
        panel.axvline(0, color=BLACK, lw=1)
        for place, ((model, of), (colour, _, marker)) in enumerate(
            zip(result.items(), series(len(result)), strict=True)
        ):
            offset = spacing * (place - 0.5 * (len(result) - 1))
            shift = 0.25 * spacing
            words = f"{model}, corrected t interval", f"{model}, bootstrap over objects"
            _intervals(panel, of, names, "_difference_interval", colour, marker, offset - shift, words[0])
            _intervals(
                panel, of, names, "_difference_bootstrap_interval", colour, "|", offset + shift, words[1]
            )
        panel.set_yticks(range(len(names)), [MEASURES[name].label for name in names])
        panel.set_ylim(len(names) - 0.5, -0.5)
        panel.set_xlabel("random folds − folds of sky tiles  [percentage points]")
        panel.set_title(title)
        figure.legend(loc="outside lower center", ncols=2)
    return figure
