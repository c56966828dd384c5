from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lensfinder.networks.checkpoint import State, read_state, write_state


def state(scale: float = 1.0) -> State:
    rng = np.random.default_rng(1)
    weights = [scale * rng.normal(size=shape).astype(np.float32) for shape in ((3, 4), (4,), ())]
    return State(
        history=[{"epoch": 1, "val_loss": 0.1 * scale}, {"epoch": 2, "val_loss": 1 / 3}],
        seconds=[1.5, 2.5],
        variables=[*weights, np.array([7, 2**40])],
        optimiser=[np.array(12), *weights],
        best=weights,
    )


def test_a_state_comes_back_bit_by_bit(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    write_state(path, state(2.0))
    write_state(path, state())
    assert [file.name for file in tmp_path.iterdir()] == ["state.npz"]
    back, expected = read_state(path, like=state(0.0)), state()
    assert back is not None
    assert (back.history, back.seconds) == (expected.history, expected.seconds)
    for group in ("variables", "optimiser", "best"):
        for one, other in zip(getattr(back, group), getattr(expected, group), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def test_no_state_is_no_news(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_state(tmp_path / "state.npz", like=state()) is None
    assert caplog.text == ""


@pytest.mark.parametrize(
    "damage", ["truncated", "flipped", "empty", "no archive", "other shapes", "array missing"]
)
def test_a_damaged_state_is_named_and_ignored(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.npz"
    write_state(path, state())
    content = bytearray(path.read_bytes())
    arrays = dict(np.load(path))
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        at = content.index(arrays["best_0"].tobytes())
        content[at + 5] ^= 0xFF
        path.write_bytes(content)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "no archive":
        path.write_bytes(b"epoch 2")
    elif damage == "other shapes":
        arrays["best_0"] = arrays["best_0"].T
        np.savez(path, **arrays)
    else:
        del arrays["optimiser_1"]
        np.savez(path, **arrays)
    assert read_state(path, like=state()) is None
    assert str(path) in caplog.text
    assert "starts afresh" in caplog.text
