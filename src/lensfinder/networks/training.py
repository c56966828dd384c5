"""Training that an interruption cannot change."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from lensfinder.datasets.representation import Representation
from lensfinder.errors import CheckFailed
from lensfinder.networks import backend
from lensfinder.networks.architectures import build_network
from lensfinder.networks.checkpoint import State, read_state, write_state
from lensfinder.networks.inputs import Batches, training_batches
from lensfinder.networks.outputs import write_history, write_network
from lensfinder.networks.progress import EpochBar, epoch_line
from lensfinder.params import Model, Training
from lensfinder.typing import AnyArray
from lensfinder.workspace.jsonfiles import write_json

# Without gradients to keep, larger batches are faster; results do not depend on it but for the last bits.
VALIDATION_BATCH_SIZE = 128

WARM_UP = 0.05
"""Part of all steps in which the learning rate of a cosine schedule rises."""


class TrainingPaths(Protocol):
    """Where a training leaves its files; :class:`lensfinder.workspace.paths.ModelPaths` is one."""

    @property
    def model(self) -> Path:
        """Network with its best weights, from flux to probability."""

    @property
    def history(self) -> Path:
        """Loss and accuracy after every epoch."""

    @property
    def training(self) -> Path:
        """What the training was given and when it stopped."""


@dataclass(frozen=True)
class TrainingResult:
    """How a training went.

    Attributes
    ----------
    history
        One row an epoch, with the columns of :data:`.outputs.HISTORY_COLUMNS`.
    kept_epoch
        Epoch whose weights were kept; the first is 1.
    resumed_after
        Epochs that an interrupted run had finished before; 0 for a training that began here.
    seconds
        Wall time of all epochs, those before an interruption included.
    parameters
        Number of trainable weights.
    """

    history: list[dict[str, float]]
    kept_epoch: int
    resumed_after: int
    seconds: float
    parameters: int


def train(
    images: Sequence[AnyArray],
    rows_train: AnyArray,
    labels_train: AnyArray,
    rows_validation: AnyArray,
    labels_validation: AnyArray,
    model: Model,
    representation: Representation,
    training: Training,
    seed: int,
    work_dir: Path,
    out: TrainingPaths,
    on_epoch: Callable[[int, dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train as ``training`` says, and write the weights that it keeps.

    After each epoch all that the next one depends on is written to ``work_dir``; called again with the same
    arguments after an interruption, the training goes on there and ends with the same bytes as an undisturbed
    one.

    Parameters
    ----------
    images
        float16 arrays of all objects, usually memory-mapped, one an input of the network: (n, y, x, bands)
        or (n, 2, bands, pixels).
    rows_train, labels_train, rows_validation, labels_validation
        Rows of ``images`` and their labels (1: lens).
    model, representation, training
        What to train, what ``images`` are, and how to train.
    seed
        Root of initial weights, order, augmentation and dropout.
    work_dir
        Folder of the interrupted state, which must belong to these very inputs; not deleted at the end.
    out
        Paths of the files to write.
    on_epoch
        Called after each epoch, before its state is written (so at least once for every epoch, whatever
        happens), with the epoch (from 1) and its row of the history and ``"seconds"``.

    Raises
    ------
    CheckFailed
        If there is nothing to train or to validate on, or if the losses or weights do not stay finite.
    """
    for part, rows in (("training", rows_train), ("validation", rows_validation)):
        if len(rows) == 0:
            raise CheckFailed(f"train: there are no {part} objects")
    threads = backend.use_threads(training.threads)
    input_shapes = [array.shape[1:] for array in images]
    steps = training.epochs_max * math.ceil(len(rows_train) / training.batch_size)
    network = compiled_network(model, representation, training, input_shapes, seed, steps)
    validation = Batches(
        images, rows_validation, labels_validation, model, representation, VALIDATION_BATCH_SIZE
    )

    state_path = work_dir / "state.npz"
    work_dir.mkdir(parents=True, exist_ok=True)
    state = read_state(state_path, like=_state_of(network)) or _state_of(network)
    _restore(network, state)
    resumed_after = len(state.history)
    if resumed_after:
        print(f"resumed after epoch {resumed_after}", flush=True)

    while not _finished(state.history, training):
        epoch = len(state.history) + 1
        start = time.perf_counter()
        batches = training_batches(
            images, rows_train, labels_train, model, representation, training.batch_size, seed, epoch
        )
        bar = EpochBar(epoch, training.epochs_max, len(batches))
        # The batches are in random order already; Keras would shuffle them from Python's global random state.
        fitted = network.fit(batches, shuffle=False, epochs=1, verbose=0, callbacks=[bar]).history
        val_loss, val_accuracy = network.evaluate(validation, verbose=0)
        row = {
            "epoch": epoch,
            "loss": float(fitted["loss"][0]),
            "accuracy": float(fitted["accuracy"][0]),
            "val_loss": float(val_loss),
            "val_accuracy": float(val_accuracy),
            "learning_rate": float(network.optimizer.learning_rate),
        }
        _check_finite(network, row, training)
        state.history.append(row)
        state.seconds.append(time.perf_counter() - start)
        state.variables, state.optimiser = _values(network.variables), _values(network.optimizer.variables)
        if _kept_epoch(state.history, training) == epoch:
            state.best = _values(network.weights)
        print(epoch_line(row, _best_epoch(state.history), state.seconds, training.epochs_max), flush=True)
        if on_epoch is not None:
            on_epoch(epoch, row | {"seconds": state.seconds[-1]})
        write_state(state_path, state)

    network.set_weights(state.best)
    result = TrainingResult(
        history=state.history,
        kept_epoch=_kept_epoch(state.history, training),
        resumed_after=resumed_after,
        seconds=sum(state.seconds),
        parameters=sum(math.prod(weight.shape) for weight in network.trainable_weights),
    )
    for path in (out.model, out.history, out.training):
        path.parent.mkdir(parents=True, exist_ok=True)
    # A fresh copy, because Keras would write the optimiser's moments along with a compiled network.
    trained = build_network(model, representation, input_shapes, seed, reads_flux=True)
    trained.set_weights(state.best)
    write_network(out.model, trained)
    write_history(out.history, state.history)
    counts = {"n_train": len(rows_train), "n_validation": len(rows_validation)}
    write_json(out.training, counts | _summary(result, model, training, seed, threads))
    return result


def compiled_network(
    model: Model,
    representation: Representation,
    training: Training,
    input_shapes: Sequence[Sequence[int]],
    seed: int,
    steps: int,
) -> keras.Model:
    """Return a new network with its loss (binary cross-entropy) and optimiser, for so many steps in all."""
    network = build_network(model, representation, input_shapes, seed)
    rate = training.learning_rate
    if training.schedule == "cosine":
        warm_up = max(1, round(WARM_UP * steps))
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, steps - warm_up, warmup_target=rate, warmup_steps=warm_up
        )
    network.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=training.weight_decay)
        if training.weight_decay
        else keras.optimizers.Adam(rate),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=training.label_smoothing),
        metrics=["accuracy"],
        jit_compile=False,  # XLA is slower on CPUs
    )
    network.optimizer.build(network.trainable_variables)
    return network


def _values(variables: list[keras.Variable]) -> list[AnyArray]:
    return [np.array(variable) for variable in variables]


def _state_of(network: keras.Model) -> State:
    weights = _values(network.weights)
    return State([], [], _values(network.variables), _values(network.optimizer.variables), weights)


def _restore(network: keras.Model, state: State) -> None:
    for variables, values in (
        (network.variables, state.variables),
        (network.optimizer.variables, state.optimiser),
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _best_epoch(history: list[dict[str, float]]) -> int:
    return 1 + int(np.argmin([row["val_loss"] for row in history]))


def _kept_epoch(history: list[dict[str, float]], training: Training) -> int:
    return _best_epoch(history) if training.keep == "best" else len(history)


def _finished(history: list[dict[str, float]], training: Training) -> bool:
    epochs = len(history)
    stopped = training.keep == "best" and epochs > 0 and epochs - _best_epoch(history) >= training.patience
    return epochs >= training.epochs_max or stopped


def _check_finite(network: keras.Model, row: dict[str, float], training: Training) -> None:
    # The loss alone does not tell: a rectifier turns NaN into 0, and a dead network has a finite loss.
    if not all(
        np.all(np.isfinite(values)) for values in (*network.get_weights(), row["loss"], row["val_loss"])
    ):
        raise CheckFailed(
            f"train: weights or losses are not finite after epoch {row['epoch']:.0f} (loss {row['loss']}, "
            f"validation loss {row['val_loss']}): look for NaN or infinite pixels in the images, or try a "
            f"training.learning_rate below {training.learning_rate}"
        )


def _summary(
    result: TrainingResult, model: Model, training: Training, seed: int, threads: int
) -> dict[str, Any]:
    kept = result.history[result.kept_epoch - 1]
    return {
        "epochs": len(result.history),
        "kept_epoch": result.kept_epoch,
        "val_loss": kept["val_loss"],
        "val_accuracy": kept["val_accuracy"],
        "parameters": result.parameters,
        "model": model.model_dump(mode="json"),
        "training": training.model_dump(mode="json"),
        "seed": seed,
        # What decides the last bits.
        "threads": threads,
        "onednn": backend.ONEDNN == "1",
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
