"""Parts of a cube, and what is hidden of it: by hand, and against sums over the cube itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from support.project import PARAMS

from lensfinder.datasets.store import open_images
from lensfinder.errors import UserError
from lensfinder.params import Params
from lensfinder.studies.ablations import ABLATIONS
from lensfinder.studies.ablations.represent import ABLATED_OF_CUBES, represent_ablations
from lensfinder.studies.ablations.representations import ABLATED, REPRESENTATIONS
from lensfinder.studies.occlusion.images import hidden, patches, single_bands
from lensfinder.surveys.jpas.paths import JpasPaths
from lensfinder.surveys.jpas.pseudo_spectra import OF_CUBES, pseudo_spectra
from lensfinder.typing import AnyArray
from lensfinder.workspace.paths import StudyPaths

MADE = {**OF_CUBES, **ABLATED_OF_CUBES}

SHAPES = {"one_pseudo_spectrum": (1, 6, 10), "white": (10, 10, 1), "colours": (1, 1, 6)}


@pytest.fixture
def cubes() -> AnyArray:
    """Whole numbers, which float16 adds exactly as long as sums stay below 2048."""
    return np.random.default_rng(1).integers(-4, 9, (5, 10, 10, 6)).astype(np.float16)


def test_a_pixel_of_light_appears_where_it_belongs() -> None:
    cube = np.zeros((1, 10, 10, 6), np.float16)
    cube[0, 7, 2, 3] = 5  # y = 7, x = 2, band 3
    seen = {name: MADE[name](cube)[0] for name in SHAPES}
    assert {name: of.shape for name, of in seen.items()} == SHAPES
    assert {name: [tuple(i) for i in np.argwhere(of == 5)] for name, of in seen.items()} == {
        "one_pseudo_spectrum": [(0, 3, 2)],
        "white": [(7, 2, 0)],
        "colours": [(0, 0, 3)],
    }


def test_parts_are_sums_of_one_another(cubes: AnyArray) -> None:
    white, colours, one = (MADE[name](cubes) for name in ("white", "colours", "one_pseudo_spectrum"))
    assert white.dtype == colours.dtype == one.dtype == np.float16
    np.testing.assert_array_equal(one, pseudo_spectra(cubes)[:, :1])
    np.testing.assert_array_equal(one.sum(axis=3)[:, 0], colours[:, 0, 0])
    np.testing.assert_array_equal(white.sum(axis=(1, 2, 3)), colours.sum(axis=(1, 2, 3)))
    np.testing.assert_array_equal(white[3, 4, 5, 0], cubes[3, 4, 5].sum())


def test_sums_are_not_rounded_on_the_way() -> None:
    # 2048 + 1 is 2048 in float16: added up in half precision, all the ones would be lost.
    cube = np.ones((1, 10, 10, 6), np.float16)
    cube[0, 0, 0] = 2048
    assert MADE["colours"](cube)[0, 0, 0, 0] == np.float16(2048 + 99)


@pytest.mark.parametrize("name", ["pseudo_spectra", *ABLATED])
def test_asinh_turns_over_near_the_noise_of_a_pixel(name: str) -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, (20, 50, 50, 56)).astype(np.float16)
    [form] = REPRESENTATIONS[name].forms
    assert MADE[name](noise).astype(float).std() == pytest.approx(form.asinh_softening_ujy, rel=0.1)


def test_the_stage_writes_every_part_of_every_cube(tmp_path: Path, params: Params) -> None:
    paths = JpasPaths(tmp_path)
    n = 2 * params.jpas.simulation.chunk_size + 3
    cubes = np.random.default_rng(5).normal(0, 1, (n, 10, 10, 6)).astype(np.float16)
    paths.images_dir.mkdir(parents=True)
    np.save(paths.cubes, cubes)
    represent_ablations(paths, params)
    for name in ABLATED:
        (path,) = REPRESENTATIONS[name].files(paths.root)
        np.testing.assert_array_equal(open_images(path), MADE[name](cubes))
    made = sorted(path.name for path in path.parent.iterdir())
    assert made == sorted(f"{name}.npy" for name in ABLATED)


def test_no_stage_writes_into_the_output_of_another() -> None:
    study = StudyPaths(JpasPaths(PARAMS.parent), ABLATIONS.name)
    stages = YAML(typ="safe").load(study.pipeline.read_text(encoding="utf-8"))["stages"].values()
    # An output with options is a mapping of one path.
    outs = [out if isinstance(out, str) else next(iter(out)) for stage in stages for out in stage["outs"]]
    assert all("/ablations/jpas" in out for out in outs)
    assert not [(a, b) for a in outs for b in outs if a != b and b.startswith(f"{a}/")]


def test_hidden_regions_cover_all_once_and_come_back(cubes: AnyArray) -> None:
    before = cubes.copy()
    for regions in (single_bands(6), patches(10, 5)):
        covered = np.zeros(cubes.shape[1:], int)
        for region in regions:
            with hidden(cubes, region):
                assert np.all(cubes[(slice(None), *region)] == 0)
                dark = (cubes == 0) & (before != 0)
                where = np.zeros(cubes.shape[1:], bool)
                where[region] = True
                assert not dark[:, ~where].any()
            covered[region] += 1
            np.testing.assert_array_equal(cubes, before)
        assert np.all(covered == 1)
    assert [patches(10, 5)[1][axis].start for axis in (0, 1)] == [0, 5]  # along x first


def test_light_comes_back_after_a_failure(cubes: AnyArray) -> None:
    before = cubes.copy()
    with pytest.raises(KeyboardInterrupt), hidden(cubes, single_bands(6)[2]):
        raise KeyboardInterrupt
    np.testing.assert_array_equal(cubes, before)


def test_squares_that_do_not_fill_the_stamp_are_refused() -> None:
    with pytest.raises(UserError, match=r"48 × 48 .*multiple of 5"):
        patches(48, 5)
