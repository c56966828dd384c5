"""Stage train refuses what cannot be trained before TensorFlow is even imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.euclid_dataset import good_euclid_dataset, small_euclid_params

from lensfinder.errors import UserError
from lensfinder.stages.train import train_model
from lensfinder.workspace.paths import SurveyPaths

PARAMS = small_euclid_params()


@pytest.fixture
def paths(tmp_path: Path) -> SurveyPaths:
    """As many VIS stamps as objects, but one of NISP fewer."""
    dataset = good_euclid_dataset(PARAMS)
    dataset.nisp = dataset.nisp[:-1]
    paths = dataset.write(tmp_path)
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
    with pytest.raises(
        UserError, match=r"nisp\.npy: has 209 images, and none for row 209 \(euclid-test-\d*59\)"
    ):
        train_model(paths, PARAMS, "set_1")
