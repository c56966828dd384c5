from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.table import write_table
from lensfinder.errors import UserError
from lensfinder.surveys.euclid.columns import SET_COLUMNS
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.surveys.jpas.parts import PARTS as JPAS_PARTS
from lensfinder.surveys.jpas.paths import JpasPaths


def table(rows: list[int], labels: list[int], parts: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "object_id": [f"euclid-{row}" for row in rows],
            "row": np.array(rows, dtype=np.int64),
            "label": np.array(labels, dtype=np.int8),
            "kind": "lensed_source",
            "part": parts,
        }
    )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Training set and test of a model."""
    files = PARTS.files(EuclidPaths(tmp_path).splits, "set_1")
    write_table(files[0], table([4, 0, 2], [1, 0, 0], ["train", "validation", "train"]), SET_COLUMNS)
    write_table(files[1], table([7, 8, 9], [1, -1, 0], ["test"] * 3), SET_COLUMNS)
    return files


def test_training_set_and_test_make_the_parts_of_a_model(files: list[Path]) -> None:
    parts = read_parts(files)
    assert list(parts["row"]) == [4, 0, 2, 7, 9]  # 8 is neither lens nor non-lens
    assert list(parts["part"]) == ["train", "validation", "train", "test", "test"]
    assert set(parts["label"]) == {0, 1}
    assert list(parts.index) == list(range(5))


def test_a_survey_with_one_table_is_read_as_it_is(tmp_path: Path) -> None:
    whole = table([0, 1], [1, 0], ["train", "test"]).assign(tile=np.array([5, 6], dtype=np.int32))
    (path,) = JPAS_PARTS.files(JpasPaths(tmp_path).splits)
    path.parent.mkdir(parents=True)
    whole.to_parquet(path)
    pd.testing.assert_frame_equal(read_parts([path]), whole, check_dtype=False)


def test_what_does_not_fit_is_named(files: list[Path], tmp_path: Path) -> None:
    write_table(files[1], table([7, 4], [1, 1], ["test"] * 2), SET_COLUMNS)
    with pytest.raises(UserError, match=r"assessable_1\.parquet: 1 row\(s\) named twice .*euclid-4, row 4"):
        read_parts(files)
    files[1].unlink()
    table([7], [1], ["test"]).drop(columns="label").to_parquet(files[1])
    with pytest.raises(UserError, match=r"assessable_1\.parquet: column\(s\) missing: label"):
        read_parts(files)
    with pytest.raises(UserError, match=r"set_9\.parquet: no such file"):
        read_parts(PARTS.files(EuclidPaths(tmp_path).splits, "set_9"))
