"""Figures of nested training sets: a measure against the size of the set, and each set against the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lensfinder.evaluation.measure_table import MEASURES
from lensfinder.figures.comparison import draw_differences
from lensfinder.figures.style import BLUE, RED, new_figure, styled, with_bars

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def nested_sets(
    metrics: Mapping[str, Mapping[str, Any]],
    lenses: Mapping[str, float],
    control: str,
    measures: Sequence[str],
    title: str,
) -> Figure:
    """Measures of every model against the lenses it was trained on; the control apart from the sets."""
    sets = [name for name in metrics if name != control]
    # The control has the size of a set, and would hide it.
    beside = lenses[control] - 0.015 * (max(lenses.values()) - min(lenses.values()))
    with styled():
        figure, panels = new_figure(10, 3.3 * -(-len(measures) // 2), -(-len(measures) // 2), 2, sharex=True)
        for panel, measure in zip(panels, measures, strict=False):
            _points(panel, sets, metrics, lenses, measure, (BLUE, "-", "o"), "nested sets")
            _points(panel, [control], metrics, {control: beside}, measure, (RED, "", "s"), control)
            for name in sets:
                if metrics[name][measure] is not None:
                    panel.annotate(
                        name,
                        (lenses[name], metrics[name][measure]),
                        xytext=(5, 5),
                        textcoords="offset points",
                        fontsize=8,
                        color="#555555",
                    )
            panel.set_ylabel(MEASURES[measure].label)
        for panel in panels[len(measures) :]:
            panel.remove()
        for panel in panels[-2:]:
            panel.set_xlabel("lenses in the training set (as many non-lenses)")
        panels[0].legend(loc="best")
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _points(
    panel: Axes,
    names: Sequence[str],
    metrics: Mapping[str, Mapping[str, Any]],
    lenses: Mapping[str, float],
    measure: str,
    style: tuple[str, str, str],
    label: str,
) -> None:
    shown = [name for name in names if metrics[name][measure] is not None]
    value, bars = with_bars(
        [(metrics[name][measure], metrics[name][f"{measure}_interval"]) for name in shown]
    )
    x, (colour, dash, marker) = [lenses[name] for name in shown], style
    panel.errorbar(x, value, bars, color=colour, ls=dash, marker=marker, capsize=2.5, label=label)


def paired_differences(
    comparisons: Sequence[Mapping[str, Any]], measures: Sequence[str], title: str
) -> Figure:
    """Difference of each measure in every pair, with its paired interval; filled where it is resolved."""
    names = [f"{of['first']} − {of['second']}" for of in comparisons]
    with styled():
        figure, panels = new_figure(11, 0.42 * len(names) + 1.3, 1, len(measures), sharey=True)
        for panel, measure in zip(panels, measures, strict=True):
            draw_differences(panel, comparisons, measure)
            panel.set_title(MEASURES[measure].label)
            panel.set_xlabel("percentage points")
            panel.set_ylim(len(names) - 0.5, -0.5)
        panels[0].set_yticks(range(len(names)), names)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure
