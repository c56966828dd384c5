"""Would more data help? Recall and FPR of one J-PAS model, trained on ever more of the training tiles.

python benchmarks/learning_curve.py [--root CHECKOUT] [--model pseudo_spectra] [--out learning_curve.csv]

Fractions of the training tiles (and so of their galaxies) train the network; validation and test parts are
those of the checkout, whose own model is the last row. What a run has finished is not trained again, unless
its parameters, images or splits have changed. Intervals are Wilson's: too narrow, as objects share galaxies.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from common import described

from lensfinder.datasets.files import open_images_of
from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.intervals import wilson_interval
from lensfinder.networks.predict import predict_scores
from lensfinder.networks.training import train
from lensfinder.params import Params, read_params
from lensfinder.surveys.jpas.parts import PARTS as SPLIT
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.representations import REPRESENTATIONS
from lensfinder.workspace.paths import ModelPaths, SurveyPaths
from lensfinder.workspace.provenance import inputs_hash

FRACTIONS = (0.125, 0.25, 0.5, 1.0)
DATA = ("datasets/jpas/images", "splits/jpas.parquet")
WIDE_ARCSEC = 1.6
"""Lenses with a larger θ_E are counted apart."""


def tiles_of(parts: pd.DataFrame, fraction: float, seed: int) -> np.ndarray:
    """Draw a fraction of the training tiles; a smaller fraction is a part of a larger one."""
    tiles = np.unique(parts.loc[parts["part"] == "train", "tile"])
    drawn = np.random.default_rng(seed).permutation(tiles)
    return drawn[: max(1, round(fraction * len(tiles)))]


def train_on(
    paths: SurveyPaths, params: Params, model: str, parts: pd.DataFrame, tiles: np.ndarray, out: ModelPaths
) -> None:
    """Train on the training objects of these tiles, unless that is done."""
    if out.training.is_file():
        return
    definition = params.jpas.models[model]
    representation = REPRESENTATIONS[definition.representation]
    images = open_images_of(representation.files(paths.root), len(parts))
    learned = parts[(parts["part"] == "train") & parts["tile"].isin(tiles)]
    checked = parts[parts["part"] == "validation"]
    train(
        images,
        learned["row"].to_numpy(),
        learned["label"].to_numpy(),
        checked["row"].to_numpy(),
        checked["label"].to_numpy(),
        definition,
        representation,
        params.jpas.training,
        params.seed,
        out.model_dir / "work",
        out,
    )


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="checkout with a trained model")
    parser.add_argument("--model", default="pseudo_spectra")
    parser.add_argument("--out", type=Path, default=Path("learning_curve.csv"))
    arguments = parser.parse_args()
    params, name = read_params(arguments.root / "params.yaml"), arguments.model
    paths, judging = JpasPaths(arguments.root), params.jpas.judging
    catalogue = read_table(paths.catalogue)
    parts = read_parts(SPLIT.files(paths.splits)).sort_values("row", ignore_index=True)
    test = catalogue.iloc[parts.loc[parts["part"] == "test", "row"].to_numpy()]
    definition = params.jpas.models[name]
    representation = REPRESENTATIONS[definition.representation]
    images = open_images_of(representation.files(paths.root), len(catalogue))
    rows = []
    settings = {**definition.model_dump(mode="json"), **params.jpas.training.model_dump(mode="json")}
    for fraction in FRACTIONS:
        tiles = tiles_of(parts, fraction, params.seed)
        out = paths.model(name)
        if fraction < 1:
            inputs = inputs_hash(
                arguments.root, {"fraction": fraction, "seed": params.seed, **settings}, list(DATA)
            )
            folder = arguments.root / ".lensfinder" / "learning_curve" / f"{name}-{inputs[:12]}"
            out = ModelPaths(folder, folder, folder / "metrics.json")
            train_on(paths, params, name, parts, tiles, out)
        called = (
            predict_scores(
                out.model,
                representation,
                images,
                test.index.to_numpy(),
                128,
            )
            >= judging.threshold
        )
        learned = catalogue[catalogue["tile"].isin(tiles) & (catalogue["sample"] == "train")]
        galaxies = learned.loc[learned["galaxy_id"] != "", "galaxy_id"]
        row = {"fraction": fraction, "tiles": len(tiles), "galaxies": galaxies.nunique()}
        lens, wide = test["label"] == 1, test["theta_e_arcsec"] > WIDE_ARCSEC
        for words, chosen in (
            ("recall", lens),
            (f"recall_theta_e_above_{WIDE_ARCSEC}", lens & wide),
            (f"recall_theta_e_below_{WIDE_ARCSEC}", lens & ~wide),
            ("fpr", ~lens),
        ):
            count, n = int(called[chosen].sum()), int(chosen.sum())
            low, high = wilson_interval(count, n, judging.interval_level)
            row |= {words: count / n, f"{words}_low": float(low), f"{words}_high": float(high)}
        rows.append(row)
        print(pd.DataFrame(rows).round(4).to_string(index=False), flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(arguments.out, index=False, float_format="%.5g", lineterminator="\n")


if __name__ == "__main__":
    main()
