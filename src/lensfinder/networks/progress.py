"""What a user sees of a training: a bar within an epoch on a terminal, and one line after each."""

from __future__ import annotations

from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class EpochBar(keras.callbacks.Callback):  # type: ignore[misc]
    """Progress bar over the batches of one epoch; silent where the output is no terminal."""

    def __init__(self, epoch: int, epochs_max: int, n_batches: int) -> None:
        super().__init__()
        console = Console()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task(f"epoch {epoch}/{epochs_max}", total=n_batches)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Show the bar."""
        self.bar.start()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Advance by a batch."""
        self.bar.advance(self.task)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Take the bar away."""
        self.bar.stop()


def epoch_line(row: dict[str, float], best_epoch: int, seconds: list[float], epochs_max: int) -> str:
    """Return one line on the epoch that just ended; ``seconds`` are the wall times of all epochs so far."""
    epoch = int(row["epoch"])
    left = (epochs_max - epoch) * sum(seconds) / len(seconds)
    return (
        f"epoch {epoch}/{epochs_max}  loss {row['loss']:.4f}  accuracy {row['accuracy']:.4f}  "
        f"val_loss {row['val_loss']:.4f}  val_accuracy {row['val_accuracy']:.4f}  best epoch {best_epoch}  "
        f"{seconds[-1]:.1f} s, at most {duration(left)} left"
    )


def duration(seconds: float) -> str:
    """Return a time as a user would say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
