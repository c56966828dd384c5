"""Stage train refuses what cannot be trained before TensorFlow is even imported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import project

from lensfinder.datasets.table import write_table
from lensfinder.errors import UserError
from lensfinder.params import read_params
from lensfinder.stages.train import train_model
from lensfinder.surveys.euclid.columns import SET_COLUMNS
from lensfinder.surveys.euclid.parts import PARTS
from lensfinder.surveys.euclid.paths import EuclidPaths
from lensfinder.workspace.paths import SurveyPaths

PARAMS = read_params(project.PARAMS)


@pytest.fixture
def paths(tmp_path: Path) -> SurveyPaths:
    """Six VIS stamps, but five of NISP, for six objects."""
    paths = EuclidPaths(tmp_path)
    objects = pd.DataFrame(
        {
            "object_id": [f"euclid-{row}" for row in range(6)],
            "row": np.arange(6),
            "label": np.array([0, 1] * 3, dtype=np.int8),
            "kind": "no_source",
            "part": ["train", "train", "validation", "validation", "test", "test"],
        }
    )
    write_table(PARTS.files(paths.splits, "set_1")[0], objects[:4], SET_COLUMNS)
    write_table(PARTS.files(paths.splits, "set_1")[1], objects[4:], SET_COLUMNS)
    paths.images_dir.mkdir(parents=True)
    np.save(paths.vis, np.zeros((6, 12, 12, 1), dtype=np.float16))
    np.save(paths.nisp, np.zeros((5, 4, 4, 3), dtype=np.float16))
    paths.validation.parent.mkdir()
    paths.validation.write_text("{}")
    return paths


@pytest.mark.parametrize(
    ("survey", "models"), [("jpas", "cube, pseudo_spectra"), ("euclid", "set_1, .*, set_6, control")]
)
def test_an_unknown_model_is_refused_with_those_that_there_are(
    tmp_path: Path, survey: str, models: str
) -> None:
    with pytest.raises(UserError, match=rf"params\.yaml: {survey} has no model 'set_7'; .* {models}"):
        train_model(SurveyPaths(tmp_path, survey), PARAMS, "set_7")


def test_nothing_is_trained_before_the_gate(paths: SurveyPaths) -> None:
    paths.validation.unlink()
    with pytest.raises(UserError, match=r"euclid\.json: no such file; .*lensfinder validate"):
        train_model(paths, PARAMS, "set_1")


def test_images_that_lack_a_row_of_the_splits_are_named(paths: SurveyPaths) -> None:
    with pytest.raises(UserError, match=r"nisp\.npy: has 5 images, and none for row 5 \(euclid-5\)"):
        train_model(paths, PARAMS, "set_1")
