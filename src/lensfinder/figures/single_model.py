"""Figures of one model or of several: confusion, reliability, completeness, loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lensfinder.evaluation.tables import Axis
from lensfinder.figures.style import BLACK, BLUE, RED, error_bars, log_x, new_figure, series, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_matrix(metrics: Mapping[str, Any], title: str) -> Figure:
    """Counts, and per cent of each true class, at the fixed threshold."""
    counts = np.array([[metrics["tn"], metrics["fp"]], [metrics["fn"], metrics["tp"]]], dtype=np.float64)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with styled():
        figure, (axes,) = new_figure(5.2, 4.6)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for (row, column), fraction in np.ndenumerate(share):
            name = (("TN", "FP"), ("FN", "TP"))[row][column]
            colour = "white" if fraction > 0.5 else BLACK
            axes.text(
                column,
                row - 0.12,
                f"{counts[row, column]:,.0f}",
                ha="center",
                va="center",
                color=colour,
                fontsize=18,
            )
            axes.text(
                column, row + 0.16, f"{name}  {100 * fraction:.1f} %", ha="center", va="center", color=colour
            )
        axes.set_xticks([0, 1], ["non-lens", "lens"])
        axes.set_yticks([0, 1], ["non-lens", "lens"], rotation=90, va="center")
        axes.set_xlabel(f"predicted (lens: p ≥ {metrics['threshold']:g})")
        axes.set_ylabel("true")
        axes.set_title(title)
        axes.grid(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
    return figure


def reliability(table: pd.DataFrame, metrics: Mapping[str, Any], title: str) -> Figure:
    """Fraction of lenses against the score that promises it, and how many objects have such a score."""
    filled = table[table["n"] > 0]
    with styled():
        figure, (above, below) = new_figure(5.4, 6.2, 2, 1, sharex=True)
        above.plot([0, 1], [0, 1], color="#999999", ls=":", label="perfectly calibrated")
        bars = error_bars(
            *(filled[name].to_numpy() for name in ("lens_fraction", "interval_low", "interval_high"))
        )
        above.errorbar(
            filled["score_mean"],
            filled["lens_fraction"],
            bars,
            fmt="o",
            color=BLUE,
            capsize=2,
            label="test objects, Wilson interval",
        )
        above.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="fraction of lenses")
        above.set_title(f"{title}: Brier score {metrics['brier']:.4f}")
        above.legend(loc="lower right")
        below.bar(
            table["low"],
            table["n"],
            width=table["high"] - table["low"],
            align="edge",
            color=BLUE,
            alpha=0.6,
            ec="white",
        )
        below.set(yscale="symlog", xlabel="mean score p in the bin", ylabel="objects")
        below.set_ylim(bottom=0)
    return figure


def completeness(tables: Mapping[str, pd.DataFrame], axes_shown: Sequence[Axis], title: str) -> Figure:
    """Recall of each model along every axis, with Wilson intervals, one panel an axis."""
    columns = min(3, len(axes_shown))
    rows = -(-len(axes_shown) // columns)
    with styled():
        figure, panels = new_figure(4.0 * columns, 3.1 * rows + 0.4, rows, columns, sharey=True)
        lowest = min(float(table["interval_low"].min()) for table in tables.values())
        for index, (panel, axis) in enumerate(zip(panels, axes_shown, strict=False)):
            for place, ((name, table), (colour, dash, marker)) in enumerate(
                zip(tables.items(), series(len(tables)), strict=True)
            ):
                part = table[(table["quantity"] == axis.column) & (table["n"] > 0)]
                if part.empty:  # nobody knows this quantity of any lens
                    continue
                bars = error_bars(
                    *(part[key].to_numpy() for key in ("completeness", "interval_low", "interval_high"))
                )
                # Models lie side by side, or their bars would hide each other.
                at = np.log(part["median"].to_numpy()) if axis.log else part["median"].to_numpy()
                at = at + 0.015 * (place - 0.5 * (len(tables) - 1)) * float(np.ptp(at))
                panel.errorbar(
                    np.exp(at) if axis.log else at,
                    part["completeness"],
                    bars,
                    color=colour,
                    ls=dash,
                    marker=marker,
                    ms=5,
                    lw=1.2,
                    capsize=2,
                    label=name,
                )
            panel.set_xlabel(axis.label)
            if axis.log:
                log_x(panel)
            if index % columns == 0:
                panel.set_ylabel("recall in the bin")
        panels[0].set_ylim(max(0.0, np.floor(20 * lowest) / 20 - 0.02), 1.02)
        if len(tables) > 1:
            panels[0].legend(loc="lower right")
        for panel in panels[len(axes_shown) :]:
            panel.remove()
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    return figure


def loss_curves(histories: Sequence[pd.DataFrame], title: str) -> Figure:
    """Loss and accuracy after every epoch, a line each training."""
    from matplotlib.ticker import MaxNLocator

    with styled():
        figure, panels = new_figure(9.5, 3.8, 1, 2)
        for panel, name, label in zip(
            panels, ("loss", "accuracy"), ("binary cross-entropy", "accuracy"), strict=True
        ):
            for number, history in enumerate(histories):
                for prefix, part, colour, dash in (
                    ("", "training", BLUE, "-"),
                    ("val_", "validation", RED, "--"),
                ):
                    panel.plot(
                        history["epoch"],
                        history[f"{prefix}{name}"],
                        color=colour,
                        ls=dash,
                        lw=1.2,
                        alpha=0.8,
                        label=part if number == 0 else None,
                    )
            panel.set(xlabel="epoch", ylabel=label)
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panels[0].set_yscale("log")
        panels[0].set_title(f"{title}, {len(histories)} trainings")
        panels[0].legend()
    return figure
