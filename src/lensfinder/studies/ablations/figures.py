"""Figure of the ablations: how far each is from the model that it was made of, grouped by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lensfinder.evaluation.measure_table import MEASURES
from lensfinder.figures.comparison import draw_differences
from lensfinder.figures.style import new_figure, styled
from lensfinder.report.verdict import signed_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def differences(
    comparisons: Mapping[str, Sequence[Mapping[str, Any]]], measures: Sequence[str], title: str
) -> Figure:
    """Difference of each measure in every pair, with its paired interval; filled where it is resolved.

    ``comparisons`` are lists of pairs by question, a row of panels each with its own scale.
    """
    rows = len(comparisons)
    heights = [len(pairs) + 2.4 for pairs in comparisons.values()]
    with styled():
        figure, panels = new_figure(12, 0.42 * sum(heights) + 0.6, rows, len(measures))
        grid = panels[0].get_gridspec()
        assert grid is not None
        grid.set_height_ratios(heights)
        for row, (question, pairs) in enumerate(comparisons.items()):
            of_row = panels[row * len(measures) : (row + 1) * len(measures)]
            for panel, measure in zip(of_row, measures, strict=True):
                _draw(panel, pairs, measure)
                panel.set_yticks(range(-1, len(pairs)), [""] * (len(pairs) + 1))
                panel.tick_params(axis="y", length=0)
                if row == 0:
                    panel.set_title(MEASURES[measure].label)
            names = [f"{of['first']} − {of['second']}" for of in pairs]
            of_row[0].set_yticks(range(-1, len(pairs)), [question, *names])
            of_row[0].get_yticklabels()[0].set_fontweight("bold")
        for panel in panels[-len(measures) :]:
            panel.set_xlabel("percentage points")
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def _draw(panel: Axes, pairs: Sequence[Mapping[str, Any]], measure: str) -> None:
    panel.grid(False, axis="y")
    for y, value in draw_differences(panel, pairs, measure):
        panel.annotate(
            signed_points(value),
            (100 * value, y),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=7.5,
        )
    panel.set_ylim(len(pairs) - 0.5, -1.5)
