from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.project import lay_out_params

from lensfinder.errors import UserError
from lensfinder.params import read_params
from lensfinder.workspace.presets import apply_preset, available_presets
from lensfinder.workspace.provenance import flatten


@pytest.fixture
def params_path(tmp_path: Path) -> Path:
    return lay_out_params(tmp_path, "laptop")  # whatever preset is active in the checkout under test


def flat_yaml(path: Path) -> dict[str, Any]:
    return flatten(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["smoke", "talk"])
def test_laptop_undoes_a_preset_byte_by_byte(params_path: Path, name: str) -> None:
    before = params_path.read_bytes()
    apply_preset(name, params_path)
    assert params_path.read_bytes() != before
    apply_preset("laptop", params_path)
    assert params_path.read_bytes() == before


def test_the_order_in_which_presets_were_applied_leaves_no_trace(params_path: Path) -> None:
    apply_preset("talk", params_path)
    talk = params_path.read_bytes()
    apply_preset("smoke", params_path)
    apply_preset("talk", params_path)
    assert params_path.read_bytes() == talk


def test_a_preset_changes_its_own_values_and_nothing_else(params_path: Path) -> None:
    before = flat_yaml(params_path)
    overlay = flat_yaml(params_path.parent / "presets" / "smoke.yaml")
    apply_preset("smoke", params_path)
    assert flat_yaml(params_path) == before | overlay | {"preset": "smoke"}


def test_comments_keep_their_words_and_columns(params_path: Path) -> None:
    before = params_path.read_text(encoding="utf-8").splitlines()
    apply_preset("talk", params_path)
    after = params_path.read_text(encoding="utf-8").splitlines()
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert old.partition("#")[2] == new.partition("#")[2]
        assert "#" not in old or old.index("#") == new.index("#")


def test_a_value_that_the_user_set_by_hand_stays(params_path: Path) -> None:
    text = params_path.read_text(encoding="utf-8").replace("seed: 20260917", "seed: 4242")
    params_path.write_text(text, encoding="utf-8")
    apply_preset("smoke", params_path)
    assert read_params(params_path).seed == 4242


def test_talk_has_the_counts_of_the_talk(params_path: Path) -> None:
    apply_preset("talk", params_path)
    counts = read_params(params_path).jpas.counts
    assert (counts.train.lensed_quasar, counts.train.quasar_near_galaxy, counts.train.quasar_alone) == (
        12_749,
        10_567,
        5_820,
    )
    assert counts.test.lensed_quasar == 4_251
    assert counts.test.quasar_near_galaxy + counts.test.quasar_alone == 8_470
    assert counts.total == 41_857


def test_unknown_preset_lists_those_available(params_path: Path) -> None:
    assert available_presets(params_path) == ["laptop", "smoke", "talk"]
    with pytest.raises(UserError, match=r"no preset 'tlak'; available: laptop, smoke, talk"):
        apply_preset("tlak", params_path)


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        (
            "jpas: {training: {epoch_max: 3}}",
            r"jpas\.training\.epoch_max: params\.yaml has no such parameter",
        ),
        ("jpas: {training: 3}", r"jpas\.training = 3"),
        ("seed: {low: 1}", r"seed = "),
        ("jpas: {training: {epochs_max: -3}}", r"jpas\.training\.epochs_max = -3"),
        ("jpas: {sky: {test_tiles: 99}}", r"test_tiles \(99\) must leave two"),
        ("- jpas", r"own\.yaml: expected parameters by name"),
        ("jpas: {", r"own\.yaml: not valid YAML"),
    ],
)
def test_wrong_overlay_is_refused_and_changes_nothing(params_path: Path, overlay: str, message: str) -> None:
    before = params_path.read_bytes()
    (params_path.parent / "presets" / "own.yaml").write_text(overlay, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        apply_preset("own", params_path)
    assert params_path.read_bytes() == before
    assert sorted(path.name for path in params_path.parent.iterdir()) == ["params.yaml", "presets"]
