"""Which lenses does a trained J-PAS model miss, and why: data, training or network?

python benchmarks/missed_lenses.py [--root CHECKOUT] [--out missed]

Reads the trained models of a checkout (`make repro`, or a clone of a preset), scores all parts, writes tables
and a figure. A model that misses a kind of lens among the objects it learned from as well cannot tell it
(network, or information); one that misses it among new objects only has seen too few of them (data).
Intervals are Wilson's: objects of one galaxy are not independent, so they are too narrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from common import described
from matplotlib.figure import Figure

from lensfinder.datasets.files import open_images_of, read_history
from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.intervals import wilson_interval
from lensfinder.figures.style import error_bars, new_figure, save_figure, series, styled
from lensfinder.networks.predict import predict_scores
from lensfinder.params import Params, read_params
from lensfinder.surveys.jpas.parts import PARTS as SPLIT
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.representations import REPRESENTATIONS
from lensfinder.workspace.paths import SurveyPaths

MODELS = ("cube", "pseudo_spectra")
PARTS = ("train", "validation", "test")
EDGES = {
    "theta_e_arcsec": [0.5, 0.8, 1.2, 1.6, 2.0, np.inf],
    "separation_arcsec": [0.0, 1.5, 2.0, 3.0, 4.0, np.inf],
    "snr_median": [0.0, 20.0, 40.0, 80.0, 160.0, np.inf],
}
"""Bins of what makes a lens hard to find, the same for every dataset."""


def score_all(paths: SurveyPaths, params: Params) -> pd.DataFrame:
    """One row an object: the catalogue's columns, its part, and each model's score."""
    catalogue = read_table(paths.catalogue)
    parts = read_parts(SPLIT.files(paths.splits)).set_index("row")["part"]
    table = catalogue.assign(part=parts.reindex(range(len(catalogue))).to_numpy())
    for name in MODELS:
        representation = REPRESENTATIONS[params.jpas.models[name].representation]
        images = open_images_of(representation.files(paths.root), len(catalogue))
        print(f"{name}: scoring {len(catalogue):,} objects", flush=True)
        table[name] = predict_scores(
            paths.model(name).model,
            representation,
            images,
            np.arange(len(catalogue)),
            128,
        )
    return table


def recall_table(table: pd.DataFrame, column: str, threshold: float, level: float) -> pd.DataFrame:
    """Recall of each model in each part, by bin of one quantity; and how many galaxies the lenses have."""
    lenses = table[table["label"] == 1]
    bins = pd.cut(lenses[column], EDGES[column], right=False)
    rows = []
    for interval, members in lenses.groupby(bins, observed=True):
        above = f"> {interval.left:g}"
        row = {column: f"{interval.left:g}–{interval.right:g}" if np.isfinite(interval.right) else above}
        for part in PARTS:
            of_part = members[members["part"] == part]
            row |= {f"lenses_{part}": len(of_part), f"galaxies_{part}": of_part["galaxy_id"].nunique()}
            for name in MODELS:
                found = int((of_part[name] >= threshold).sum())
                low, high = wilson_interval(found, len(of_part), level)
                key = f"{name}_{part}"
                row |= {
                    key: found / max(len(of_part), 1),
                    f"{key}_low": float(low),
                    f"{key}_high": float(high),
                }
        rows.append(row)
    return pd.DataFrame(rows)


def mistakes(table: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Mistakes on the test part: how many, in how many galaxies, and how many both models make."""
    test = table[table["part"] == "test"]
    rows = []
    for words, label in (("missed lenses", 1), ("false positives", 0)):
        objects = test[test["label"] == label]
        wrong = {name: (objects[name] >= threshold) != (label == 1) for name in MODELS}
        both = np.logical_and(*wrong.values())
        for name, of in [*wrong.items(), ("both models", both)]:
            galaxies = objects.loc[of & (objects["galaxy_id"] != ""), "galaxy_id"]
            rows.append(
                {
                    "mistake": words,
                    "by": name,
                    "objects": int(of.sum()),
                    "galaxies": galaxies.nunique(),
                    "in_the_five_worst_galaxies": int(galaxies.value_counts().head(5).sum()),
                    "of_galaxies": objects.loc[objects["galaxy_id"] != "", "galaxy_id"].nunique(),
                }
            )
    return pd.DataFrame(rows)


def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Recall on new objects (full) and on those learned from (open) against each quantity."""
    labels = {
        "theta_e_arcsec": "Einstein radius θ$_E$ [arcsec]",
        "separation_arcsec": "largest image separation [arcsec]",
        "snr_median": "quasar S/N, median over bands",
    }
    with styled():
        figure, panels = new_figure(13, 4.2, columns=len(tables), sharey=True)
        for axes, (column, table) in zip(panels, tables.items(), strict=True):
            place = np.arange(len(table))
            for offset, name, (colour, dash, marker) in zip((-0.08, 0.08), MODELS, series(2), strict=True):
                new, low, high = (table[f"{name}_test{end}"].to_numpy() for end in ("", "_low", "_high"))
                look = {"color": colour, "marker": marker}
                bars = error_bars(new, low, high)
                axes.errorbar(place + offset, new, bars, ls=dash, label=f"{name}, new objects", **look)
                known = table[f"{name}_train"]
                axes.plot(place + offset, known, mfc="white", ls="", label=f"{name}, learned from", **look)
            axes.set_xticks(place, table[column], fontsize=8)
            axes.set_xlabel(labels[column])
        panels[0].set_ylabel("recall")
        panels[0].legend()
    return figure


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="checkout with trained models")
    parser.add_argument("--out", type=Path, default=Path("missed"), help="folder for tables and figure")
    arguments = parser.parse_args()
    params = read_params(arguments.root / "params.yaml")
    paths, judging = JpasPaths(arguments.root), params.jpas.judging
    table = score_all(paths, params)
    tables = {
        column: recall_table(table, column, judging.threshold, judging.interval_level) for column in EDGES
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    wrong = mistakes(table, judging.threshold)
    for name, frame in {**tables, "mistakes": wrong}.items():
        frame.to_csv(arguments.out / f"{name}.csv", index=False, float_format="%.5g", lineterminator="\n")
        shown = frame[[column for column in frame if not column.endswith(("_low", "_high"))]]
        print(f"\n{shown.round(4).to_string(index=False)}")
    for name in MODELS:
        history = read_history(paths.model(name).history)
        best = history.loc[history["val_loss"].idxmin()]
        print(
            f"\n{name}: best epoch {best['epoch']:.0f} of {len(history)}; loss {best['loss']:.4f} in "
            f"training (augmented, with dropout), {best['val_loss']:.4f} in validation"
        )
    save_figure(draw(tables), arguments.out / "missed_lenses.png")


if __name__ == "__main__":
    main()
