"""Catalogue, stamps and parts."""

from pathlib import Path

import numpy as np
import pandas as pd

from lensfinder.datasets.representation import InputForm, Representation
from lensfinder.datasets.scores import Columns, score_columns
from lensfinder.datasets.splits import TileParts, split_columns
from lensfinder.datasets.table import Column, write_table
from lensfinder.params import Params
from lensfinder.workspace.paths import SurveyPaths
from toy.params import Toy

SIDE, BANDS = 8, 2
TILE = Column("int32", "", "sky tile")
CATALOGUE = {
    "object_id": Column("str", "", "name of the object"),
    "tile": TILE,
    "sample": Column("str", "", "train or test"),
    "kind": Column("str", "", "pair or single"),
    "label": Column("int8", "", "1 for a lens, else 0"),
    "flux_ujy": Column("float64", "uJy", "of each bright pixel"),
}
COLUMNS = Columns(catalogue=CATALOGUE, scores=score_columns({"tile": TILE}))
PARTS = TileParts(CATALOGUE, split_columns("a lens"))
STAMPS = InputForm("stamps", "datasets/toy/images/stamps.npy", False, 1.0)
NETWORKS = {"cube_cnn": "lensfinder.networks.architectures:cube_cnn"}
REPRESENTATIONS = {"stamps": Representation("stamps", (STAMPS,), NETWORKS)}


def simulate(work: Path, paths: SurveyPaths, params: Params) -> None:
    """Draw as many lenses as others, every fourth tile for the test."""
    toy, rng = params.section(Toy), np.random.default_rng(params.seed)
    n = toy.tiles * toy.objects_per_tile
    tile, label = np.arange(n) // toy.objects_per_tile, np.arange(n) % 2
    flux = rng.uniform(5.0, 20.0, n)
    catalogue = pd.DataFrame(
        {
            "object_id": [f"toy-{row:04d}" for row in range(n)],
            "tile": tile,
            "sample": np.where(tile % 4 == 0, "test", "train"),
            "kind": np.where(label == 1, "pair", "single"),
            "label": label,
            "flux_ujy": flux,
        }
    )
    images = rng.normal(size=(n, SIDE, SIDE, BANDS))
    images[:, 2, 2] += flux[:, None]
    images[label == 1, 5, 5] += flux[label == 1, None]
    np.save(work / "stamps.npy", images.astype(np.float16))
    write_table(work / paths.catalogue.name, catalogue, CATALOGUE)
