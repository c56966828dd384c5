from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.networks import REPRESENTATIONS, network
from support.project import TESTS

from lensfinder.errors import CheckFailed, UserError
from lensfinder.networks.predict import predict_scores
from lensfinder.networks.training import TrainingResult, train
from lensfinder.params import Model, Training
from lensfinder.typing import AnyArray
from lensfinder.workspace.paths import ModelPaths

CUBE, STAMPS = REPRESENTATIONS["cube"], REPRESENTATIONS["stamps"]
N_TRAIN, N_VALIDATION = 70, 30
EPOCHS = 4
SEED = 11
ROWS = np.random.default_rng(0).permutation(N_TRAIN + N_VALIDATION)

# Run in a process of its own, which kills itself when the third epoch is over but not yet saved.
KILLED = """
import os, signal, sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
import test_training as tests
import tensorflow as tf
from lensfinder.networks import backend

# As many threads as the process has settled on that goes on with this.
backend.use_threads(int(sys.argv[4]))
tf.zeros(1) + 1

def on_epoch(epoch, row):
    if epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)

tests.run(Path(sys.argv[3]), on_epoch=on_epoch)
"""


def model(representation: str = "cube") -> Model:
    return network(representation, shift_max_pixels=1, dense_units=8, dropout=0.3)


def training(**changes: object) -> Training:
    values = {"batch_size": 16, "epochs_max": EPOCHS, "patience": 10, "learning_rate": 0.003, "threads": 0}
    values |= {"schedule": "constant", "keep": "best", "weight_decay": 0.0, "label_smoothing": 0.0}
    return Training.model_validate(values | {"replicas": 1, "seed": 0} | changes)


COSINE = {"schedule": "cosine", "keep": "last", "weight_decay": 0.01, "label_smoothing": 0.1}


def images_and_labels(representation: str = "cube") -> tuple[list[AnyArray], AnyArray]:
    """Noise with one bright pixel (0) or two (1)."""
    rng = np.random.default_rng(1)
    n = N_TRAIN + N_VALIDATION
    shapes = [(36, 36, 1), (12, 12, 3)] if representation == "stamps" else [(12, 12, 3)]
    arrays: list[AnyArray] = [rng.normal(size=(n, *shape)).astype(np.float16) for shape in shapes]
    labels = np.arange(n) % 2
    for images in arrays:
        step = images.shape[1] // 12
        images[:, 6 * step, 6 * step] += 8
        images[labels == 1, 3 * step, 4 * step] += 8
    return arrays, labels


def paths(root: Path) -> ModelPaths:
    return ModelPaths(root / "models", root / "evaluation", root / "metrics.json")


def run(
    root: Path, representation: str = "cube", images: list[AnyArray] | None = None, **options: object
) -> TrainingResult:
    made, labels = images_and_labels(representation)
    images = made if images is None else images
    on_epoch = options.pop("on_epoch", None)
    objects = [rows for part in (ROWS[:N_TRAIN], ROWS[N_TRAIN:]) for rows in (part, labels[part])]
    of_model = model(representation), REPRESENTATIONS[representation], training(**options)
    return train(images, *objects, *of_model, SEED, root / "work", paths(root), on_epoch)


def contents(root: Path) -> dict[str, bytes]:
    files = paths(root)
    return {path.name: path.read_bytes() for path in (files.model, files.history, files.training)}


def assert_same_state(root: Path, other: Path) -> None:
    """Compare the last epoch's weights, moments and generators bit by bit; the record holds wall times."""
    with np.load(root / "work" / "state.npz") as state, np.load(other / "work" / "state.npz") as other_state:
        assert state.files == other_state.files
        assert len(state.files) > 30
        for name in set(state.files) - {"record"}:
            np.testing.assert_array_equal(state[name], other_state[name], err_msg=name)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("undisturbed")
    run(root)
    return root


def test_outputs_tell_what_happened(undisturbed: Path) -> None:
    files = paths(undisturbed)
    names = sorted(path.name for path in files.model_dir.iterdir())
    assert names == ["history.csv", "model.keras", "training.json"]
    with files.history.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    summary = json.loads(files.training.read_text())
    best = int(np.argmin([float(row["val_loss"]) for row in rows]))
    assert summary["kept_epoch"] == best + 1
    assert summary["val_loss"] == float(rows[best]["val_loss"])
    assert (summary["epochs"], summary["n_train"], summary["n_validation"]) == (4, N_TRAIN, N_VALIDATION)
    assert summary["model"]["filters"] == [4, 6, 8]


def test_best_weights_are_kept(undisturbed: Path) -> None:
    images, labels = images_and_labels()
    rows = ROWS[N_TRAIN:]
    scores = predict_scores(paths(undisturbed).model, CUBE, images, rows)
    right = np.where(labels[rows] == 1, scores, 1 - scores)
    best = json.loads(paths(undisturbed).training.read_text())["val_loss"]
    assert -np.mean(np.log(right.astype(np.float64))) == pytest.approx(best, rel=1e-5)


def test_early_stopping_waits_for_its_patience(tmp_path: Path) -> None:
    result = run(tmp_path, epochs_max=20, patience=2, learning_rate=0.1)
    losses = [row["val_loss"] for row in result.history]
    assert len(losses) < 20
    assert len(losses) - result.kept_epoch == 2
    assert losses[result.kept_epoch - 1] == min(losses)


def test_a_cosine_rises_then_falls_to_nothing_and_the_last_weights_are_kept(tmp_path: Path) -> None:
    result = run(tmp_path, epochs_max=6, patience=1, learning_rate=0.01, **COSINE)
    rates = [row["learning_rate"] for row in result.history]
    assert len(rates) == 6  # whatever the validation loss says
    assert all(after < before for before, after in pairwise(rates))
    assert rates[0] == pytest.approx(0.01, rel=0.1)
    assert rates[-1] == pytest.approx(0.0, abs=1e-6)
    assert result.kept_epoch == 6
    images, labels = images_and_labels()
    scores = predict_scores(paths(tmp_path).model, CUBE, images, ROWS[N_TRAIN:]).astype(np.float64)
    smooth = 0.9 * labels[ROWS[N_TRAIN:]] + 0.05
    loss = -np.mean(smooth * np.log(scores) + (1 - smooth) * np.log(1 - scores))
    assert loss == pytest.approx(result.history[-1]["val_loss"], rel=1e-5)


def test_weight_decay_makes_weights_smaller(tmp_path: Path) -> None:
    def size(root: Path) -> float:
        archive = zipfile.ZipFile(paths(root).model)
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
            found: list[float] = []
            weights.visititems(
                lambda name, of: (
                    found.append(float(np.sum(of[()] ** 2)))
                    if "dense" in name and hasattr(of, "shape")
                    else None
                )
            )
        return sum(found)

    run(tmp_path / "free", **{**COSINE, "weight_decay": 0.0})
    run(tmp_path / "held", **{**COSINE, "weight_decay": 1.0})
    assert size(tmp_path / "held") < size(tmp_path / "free")


def test_an_interrupted_cosine_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    def interrupt(epoch: int, row: dict[str, float]) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    run(whole, **COSINE)
    with pytest.raises(KeyboardInterrupt):
        run(interrupted, on_epoch=interrupt, **COSINE)
    assert run(interrupted, **COSINE).resumed_after == 1
    assert contents(interrupted) == contents(whole)
    assert_same_state(interrupted, whole)


@pytest.mark.slow
def test_killed_training_ends_as_an_undisturbed_one(undisturbed: Path, tmp_path: Path) -> None:
    folders = [str(folder) for folder in (Path(__file__).parent, TESTS, tmp_path)]
    threads = json.loads(paths(undisturbed).training.read_text())["threads"]
    killed = subprocess.run([sys.executable, "-c", KILLED, *folders, str(threads)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not paths(tmp_path).model_dir.exists()

    seen: list[int] = []
    result = run(tmp_path, on_epoch=lambda epoch, row: seen.append(epoch))
    assert (result.resumed_after, seen) == (2, [3, 4])
    assert contents(tmp_path) == contents(undisturbed)
    assert_same_state(tmp_path, undisturbed)

    # Once more, as after a kill between the last epoch and the outputs: nothing is left to train.
    for path in paths(tmp_path).model_dir.iterdir():
        path.unlink()
    assert run(tmp_path).resumed_after == EPOCHS
    assert contents(tmp_path) == contents(undisturbed)


def test_interrupted_training_on_stamps_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    def interrupt(epoch: int, row: dict[str, float]) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    whole, interrupted = tmp_path / "whole", tmp_path / "interrupted"
    run(whole, "stamps", epochs_max=2)
    with pytest.raises(KeyboardInterrupt):
        run(interrupted, "stamps", epochs_max=2, on_epoch=interrupt)
    assert run(interrupted, "stamps", epochs_max=2).resumed_after == 1
    assert contents(interrupted) == contents(whole)
    assert_same_state(interrupted, whole)

    images, labels = images_and_labels("stamps")
    rows = ROWS[N_TRAIN:]
    scores = predict_scores(paths(whole).model, STAMPS, images, rows)
    right = np.where(labels[rows] == 1, scores, 1 - scores)
    best = json.loads(paths(whole).training.read_text())["val_loss"]
    assert -np.mean(np.log(right.astype(np.float64))) == pytest.approx(best, rel=1e-5)
    with pytest.raises(UserError, match=r"'nisp': \(12, 12, 3\).*'nisp': \(12, 12, 2\)"):
        predict_scores(paths(whole).model, STAMPS, [images[0], images[1][..., :2]], rows)
    with pytest.raises(UserError, match=r"'vis': \(36, 36, 1\).*'cube': \(12, 12, 3\)"):
        predict_scores(paths(whole).model, CUBE, images[1:], rows)


def test_a_damaged_state_does_not_stop_a_training(
    undisturbed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "work").mkdir()
    target = tmp_path / "work" / "state.npz"
    target.write_bytes((undisturbed / "work" / "state.npz").read_bytes()[:5000])
    assert run(tmp_path, epochs_max=1).resumed_after == 0
    assert str(target) in caplog.text


def test_a_loss_that_is_not_a_number_stops_with_advice(tmp_path: Path) -> None:
    images, _ = images_and_labels()
    images[0][ROWS[0], 2, 2, 1] = np.nan
    with pytest.raises(CheckFailed, match=r"not finite after epoch 1 .*learning_rate below 0\.003"):
        run(tmp_path, images=images)
    assert not paths(tmp_path).model_dir.exists()


def test_predictions_do_not_depend_on_the_batch(undisturbed: Path) -> None:
    images, _ = images_and_labels()
    path = paths(undisturbed).model
    together = predict_scores(path, CUBE, images, ROWS)
    assert together.dtype == np.float32
    np.testing.assert_array_equal(predict_scores(path, CUBE, images, ROWS), together)
    apart = predict_scores(path, CUBE, images, ROWS[::-1], batch_size=7)
    np.testing.assert_allclose(apart[::-1], together, rtol=1e-4)


def test_prediction_names_a_file_that_is_no_network(undisturbed: Path, tmp_path: Path) -> None:
    images, _ = images_and_labels()
    broken = tmp_path / "model.keras"
    with pytest.raises(UserError, match=r"model\.keras"):
        predict_scores(broken, CUBE, images, ROWS)
    broken.write_bytes(b"no network")
    with pytest.raises(UserError, match=r"model\.keras"):
        predict_scores(broken, CUBE, images, ROWS)
    with pytest.raises(UserError, match=r"\(12, 12, 3\).*\(10, 12, 3\)"):
        predict_scores(paths(undisturbed).model, CUBE, [images[0][:, :10]], ROWS)
