from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from support.project import changed

from lensfinder.datasets.splits import split_catalogue
from lensfinder.params import Params
from lensfinder.surveys.jpas.params import Sky
from lensfinder.surveys.jpas.simulation.few_quasars import too_few_quasars
from lensfinder.surveys.jpas.simulation.layout import lay_out


@pytest.mark.parametrize("n", [99, 90, 45, 40, 39, 28, 12])
def test_proposed_numbers_of_tiles_are_valid_and_make_parts_of_the_wanted_sizes(
    n: int, params: Params
) -> None:
    proposed = re.search(
        r"jpas\.sky\.tiles to (\d+) and jpas\.sky\.test_tiles to (\d+)", too_few_quasars(n, params)
    )
    assert proposed
    tiles, test_tiles = map(int, proposed.groups())
    assert 0.35 * n < tiles <= 0.5 * n
    assert test_tiles / tiles == pytest.approx(0.2, abs=0.06)
    sky = {"tiles": tiles, "test_tiles": test_tiles}
    Sky.model_validate(params.jpas.sky.model_dump() | sky)
    layouts = lay_out(changed(params, {f"jpas.sky.{name}": value for name, value in sky.items()}))
    catalogue = pd.concat(
        pd.DataFrame({"sample": sample, "tile": of.tile, "kind": of.kind}) for sample, of in layouts.items()
    ).reset_index(drop=True)
    catalogue = catalogue.assign(object_id="", label=0)
    part = split_catalogue(catalogue, params.jpas.split.validation_fraction, params.seed)["part"]
    assert set(catalogue["tile"]) == set(range(tiles))
    assert np.mean(part[part != "test"] == "validation") == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("n", [0, 3, 5])
def test_so_few_quasars_that_no_number_of_tiles_works_are_told_how_many_are_needed(
    n: int, params: Params
) -> None:
    assert f"{n} quasars cannot be dealt to jpas.sky.tiles = 100" in too_few_quasars(n, params)
    assert "at least 6 quasars are needed" in too_few_quasars(n, params)
