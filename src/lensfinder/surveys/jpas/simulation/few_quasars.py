"""Numbers of tiles that suit a small sample of quasars: no two tiles share one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lensfinder.datasets.splits import split_catalogue
from lensfinder.params import Params
from lensfinder.surveys.jpas.params import TILES_MIN, Jpas
from lensfinder.surveys.jpas.simulation.layout import lay_out


def too_few_quasars(n: int, params: Params) -> str:
    """Say that ``n`` quasars are fewer than tiles, and what would do."""
    tiles = params.section(Jpas).sky.tiles
    fault = (
        f"jpas.quasars.source is sdss: {n} quasars cannot be dealt to jpas.sky.tiles = {tiles}, "
        "no two of which share one"
    )
    # With two quasars a tile, near and far, each tile can make lenses; one alone may be too near.
    most = _first_fitting(
        [*range(n // 2, TILES_MIN - 1, -1), *range(max(n // 2 + 1, TILES_MIN), n + 1)], params
    )
    if most:
        return (
            f"{fault}; set jpas.sky.tiles to {most} and jpas.sky.test_tiles to {n_test_tiles(most, params)}, "
            "or add files to jpas.quasars.sdss_folder"
        )
    least = _first_fitting(range(max(n + 1, TILES_MIN), tiles), params) or tiles
    return f"{fault}; add files to jpas.quasars.sdss_folder: at least {least} quasars are needed"


def n_test_tiles(tiles: int, params: Params) -> int:
    """Return as many tiles for the test of so many as come close to today's ratio."""
    sky = params.section(Jpas).sky
    return min(max(1, round(tiles * sky.test_tiles / sky.tiles)), tiles - 2)


def fits_gate(tiles: int, params: Params) -> bool:
    """Whether parts that are unions of so many tiles have the sizes and balance that the gate wants."""
    jpas = params.section(Jpas)
    sky = jpas.sky.model_copy(update={"tiles": tiles, "test_tiles": n_test_tiles(tiles, params)})
    layouts = lay_out(params.model_copy(update={"jpas": jpas.model_copy(update={"sky": sky})}))
    catalogue = pd.concat(
        [
            pd.DataFrame({"sample": sample, "tile": of.tile, "kind": of.kind, "object_id": ""})
            for sample, of in layouts.items()
        ],
        ignore_index=True,
    )
    catalogue["label"] = catalogue["kind"] == "lensed_quasar"
    splits = split_catalogue(catalogue, jpas.split.validation_fraction, params.seed)
    learned = splits[splits["part"] != "test"]
    size = (learned["part"] == "validation").mean() - jpas.split.validation_fraction
    balance = learned.groupby("part")["label"].mean() - jpas.counts.train.positive_fraction
    return bool(abs(size) <= jpas.gate.size_tolerance and np.all(abs(balance) <= jpas.gate.balance_tolerance))


def _first_fitting(numbers: Iterable[int], params: Params) -> int | None:
    return next((tiles for tiles in numbers if fits_gate(tiles, params)), None)
