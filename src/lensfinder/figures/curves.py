"""Figures of how a model behaves over all thresholds: ROC curves, and F_β with the counts behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lensfinder.evaluation.evaluated import CURVE_FPR, Evaluated
from lensfinder.evaluation.tables import roc_table
from lensfinder.figures.style import BLACK, BLUE, GREEN, ORANGE, RED, new_figure, series, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def roc(
    models: Sequence[Evaluated], metrics: Mapping[str, Mapping[str, Any]], level: float, title: str
) -> Figure:
    """ROC curves with bootstrap bands, on a linear and on a logarithmic false-positive rate."""
    tables = {of.name: roc_table(of.test) for of in models}
    with styled():
        figure, (linear, log) = new_figure(10, 4.8, 1, 2)
        for of, (colour, dash, marker) in zip(models, series(len(models)), strict=True):
            own, table, (low, high) = metrics[of.name], tables[of.name], of.roc_band(level)
            label = of.name
            if own["auc"] is not None:
                bounds = own["auc_interval"]
                label += f": AUC {own['auc']:.5f} [{bounds['low']:.5f}, {bounds['high']:.5f}]"
            for axes in (linear, log):
                alpha = min(0.18, 0.4 / len(models))
                axes.fill_between(CURVE_FPR, low, high, step="post", color=colour, alpha=alpha, lw=0)
                axes.step(
                    table["fpr"], table["tpr"], where="post", color=colour, ls=dash, lw=1.6, label=label
                )
                axes.plot(own["fpr"], own["recall"], marker, color=colour, ms=7, mec="white")
        linear.plot([0, 1], [0, 1], color="#999999", lw=0.8, ls=":")
        linear.set(xlim=(-0.01, 1.01), ylim=(0, 1.01))
        linear.legend(loc="lower right", title="symbol: fixed threshold", alignment="left")
        smallest = min(1 / max(float(own["fp"] + own["tn"]), 1.0) for own in metrics.values())
        lowest = min(_lowest_shown(table, smallest) for table in tables.values())
        log.set(xscale="log", xlim=(smallest / 2, 1), ylim=(lowest, 1 + 0.02 * (1 - lowest)))
        log.axvline(smallest, color="#999999", lw=0.8, ls=":")
        log.annotate(
            "one false positive",
            (smallest, lowest),
            xytext=(4, 4),
            textcoords="offset points",
            rotation=90,
            color="#666666",
            fontsize=8,
        )
        linear.set_title(title)
        log.set_title("the same, at few false positives")
        for axes in (linear, log):
            axes.set_xlabel("false-positive rate FP / N")
        linear.set_ylabel("recall TP / P")
    return figure


def _lowest_shown(table: pd.DataFrame, smallest: float) -> float:
    shown = float(table.loc[table["fpr"] <= smallest, "tpr"].max())
    return 0.0 if shown <= 0.1 else math.floor(20 * (shown - 0.05)) / 20


def f_beta_curve(table: pd.DataFrame, metrics: Mapping[str, Any], title: str) -> Figure:
    """F_β, precision and recall against the threshold, and below the counts they come from."""
    # Scores crowd at 0 and 1, where they decide: a logit axis spreads them, cut where float32 ends.
    threshold = np.clip(table["threshold"].to_numpy(), 1e-7, 1 - 1e-7)
    marks = (
        ("fixed threshold", metrics["threshold"], "#777777", ":"),
        ("F$_β$ largest on test", metrics["f_beta_threshold"], BLACK, "-"),
        ("F$_β$ largest on validation", metrics["validation_threshold"], GREEN, "--"),
    )
    with styled():
        figure, (rates, counts) = new_figure(9.6, 6.0, 2, 1, sharex=True)
        for name, label, colour, dash in (
            ("f_beta", f"F$_β$, β = {metrics['beta']:g}", BLUE, "-"),
            ("precision", "precision", ORANGE, "--"),
            ("recall", "recall", RED, "-."),
        ):
            rates.plot(threshold, table[name], color=colour, ls=dash, lw=1.6, label=label)
        counts.plot(threshold, table["tp"], color=RED, ls="-.", lw=1.6, label="true positives")
        counts.plot(threshold, table["fp"], color=BLACK, lw=1.6, label="false positives")
        for label, at, colour, dash in marks:
            if at is not None:
                for axes in (rates, counts):
                    axes.axvline(
                        np.clip(at, 1e-7, 1 - 1e-7),
                        color=colour,
                        ls=dash,
                        lw=1.1,
                        label=label if axes is rates else None,
                    )
        rates.set(ylim=(0, 1.03), ylabel="rate")
        rates.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
        counts.set(
            xscale="logit",
            xlim=(threshold.min() / 2, 1 - (1 - threshold.max()) / 2),
            yscale="symlog",
            ylim=(0, None),
            xlabel="threshold p (logit scale)",
            ylabel="objects called lenses",
        )
        counts.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
        counts.minorticks_off()
        rates.set_title(f"{title}: {_best(metrics)}")
    return figure


def _best(metrics: Mapping[str, Any]) -> str:
    if metrics["f_beta"] is None:
        return "F$_β$ undefined"
    bounds = metrics["f_beta_interval"]
    return (
        f"F$_β$ = {metrics['f_beta']:.5f} [{bounds['low']:.5f}, {bounds['high']:.5f}], "
        f"TP {metrics['tp_at_f_beta']:,}, FP {metrics['fp_at_f_beta']:,}"
    )
