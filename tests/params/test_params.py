from __future__ import annotations

from pathlib import Path

import pytest
from support.project import PARAMS, changed_file

from lensfinder.errors import UserError
from lensfinder.params import read_params


def test_the_projects_own_parameters_are_valid() -> None:
    params = read_params(PARAMS)
    counts = params.jpas.counts
    assert counts.test.total / counts.total == pytest.approx(0.2)
    assert counts.train.positive_fraction == pytest.approx(counts.test.positive_fraction)


@pytest.mark.parametrize(
    ("dotted", "value", "message"),
    [
        ("jpas.systems.theta_e_min_arcsec", -0.5, r"systems\.theta_e_min_arcsec = -0\.5.*greater than 0"),
        ("jpas.systems.theta_e_min", 0.5, r"jpas\.systems\.theta_e_min = 0\.5.*not permitted"),
        ("jpas.observation.exposure_s", None, r"jpas\.observation\.exposure_s.*required"),
        ("jpas.training.batch_size", "thirty", r"jpas\.training\.batch_size = 'thirty'.*integer"),
        ("jpas.quasars.source", "boss", r"quasars\.source = 'boss'.*'synthetic' or 'sdss'"),
        ("jpas.quasars.redshift", {"low": 3, "high": 2}, r"quasars\.redshift.*low \(3\.0\) must be less"),
        ("jpas.sky.test_tiles", 99, r"test_tiles \(99\) must leave two of the 100"),
        ("jpas.models.pseudo_spectra.free_rotation_and_zoom", True, r"pseudo_spectra: .*no meaning"),
        (
            "jpas.models.cube.representation",
            "white",
            r"models\.cube\.representation = white: .*cube or pseudo",
        ),
        ("jpas.systems.pair_separation_arcsec", {"low": 3, "high": 9}, r"high \(9\.0\) does not fit"),
        ("seed", float("nan"), r"seed = nan"),
    ],
)
def test_wrong_values_are_refused_by_field_and_value(
    tmp_path: Path, dotted: str, value: object, message: str
) -> None:
    with pytest.raises(UserError, match=rf"(?s)params\.yaml: 1 wrong value.*{message}"):
        read_params(changed_file(tmp_path / "params.yaml", PARAMS, dotted, value))


@pytest.mark.parametrize(
    ("dotted", "value", "message"),
    [
        ("jpas.ablations.white.base", "stamps", r"ablations\.white\.base = stamps: .*cube, pseudo_spectra"),
        (
            "jpas.ablations.white.changes",
            {"colour": 1},
            r"ablations\.white\.changes: colour: .*not permitted",
        ),
        ("jpas.ablations.white.changes.representation", "stamps", r"white\.changes: .*no stamps"),
        ("jpas.ablations.white.against", ["white"], r"ablations\.white\.against: 'white' is no other"),
        ("jpas.ablations.colours.changes.symmetries", True, r"colours\.changes: symmetries.*no meaning"),
        ("jpas.ablations.colours.changes.shift_max_pixels", 1, r"colours\.changes: .*no meaning for colours"),
        ("jpas.ablations.colours.changes.normalisation", "per_band_max", r"every colour 1"),
        (
            "jpas.ablations.one_pseudo_spectrum.changes.free_rotation_and_zoom",
            True,
            r"one_pseudo_spectrum\.changes: .*no meaning for pseudo-spectra",
        ),
        ("jpas.cv.models", ["white"], r"cv\.models: 'white' is none of the survey's"),
        ("jpas.cv.folds", list(range(1, 52)), r"cv\.folds \(51\) must leave each two of the 100 tiles"),
        ("jpas.hard_negatives.ring_radius_arcsec", {"low": 1, "high": 6}, r"hard_negatives: .*does not fit"),
        ("jpas.models.cube.free_rotation_and_zoom", True, r"colours\.changes: .*no meaning for colours"),
    ],
)
def test_what_does_not_fit_one_study_concerns_only_those_who_ask_for_it(
    tmp_path: Path, dotted: str, value: object, message: str
) -> None:
    file = changed_file(tmp_path / "params.yaml", PARAMS, dotted, value)
    read_params(file)
    with pytest.raises(UserError, match=rf"(?s)params\.yaml: 1 wrong value.*{message}"):
        read_params(file, ["jpas"], ["ablations", "cv", "hard_negatives"])


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at the root of the repository"):
        read_params(tmp_path / "params.yaml")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_than_utf_8_is_named_with_the_file(tmp_path: Path, encoding: str) -> None:
    text = PARAMS.read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text, encoding=encoding, errors="ignore")
    with pytest.raises(UserError, match=r"params\.yaml: not UTF-8 .* save it again"):
        read_params(tmp_path / "params.yaml")


def test_no_yaml(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("seed: [1")
    with pytest.raises(UserError, match="not valid YAML"):
        read_params(tmp_path / "params.yaml")
