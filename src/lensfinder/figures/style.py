"""The look of every figure, and how it becomes a file that is the same bytes every time.

Colours are those of Okabe & Ito (2008), which colour-blind readers tell apart; models differ by marker and
dash too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lensfinder.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, PURPLE, BLACK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#222222"
SKY = "#56B4E9"
_SERIES = (
    (BLUE, "-", "o"),
    (RED, "--", "s"),
    (GREEN, "-.", "^"),
    (PURPLE, ":", "D"),
    (ORANGE, "-", "v"),
    (SKY, "--", "P"),
    (BLACK, "-.", "X"),
)


def series(count: int) -> list[tuple[str, str, str]]:
    """Colour, dash and marker of the first, second, … of ``count`` models."""
    return list(islice(cycle(_SERIES), count))


DPI = 110

_RC = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.constrained_layout.use": True,
}


@contextmanager
def styled() -> Iterator[None]:
    """Give figures made inside the project's look, whatever the user's own matplotlibrc says."""
    import matplotlib
    from matplotlib import rc_context

    # The default backend belongs to the caller: resetting it would import a window toolkit.
    defaults = {key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"}
    with rc_context({**defaults, **_RC}):  # type: ignore[dict-item]
        yield


def new_figure(
    width_inch: float,
    height_inch: float,
    rows: int = 1,
    columns: int = 1,
    *,
    sharex: bool = False,
    sharey: bool = False,
    width_ratios: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Figure with a grid of axes, as a flat list; pyplot's global state is left alone."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inch, height_inch), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.subplots(
        rows, columns, sharex=sharex, sharey=sharey, squeeze=False, width_ratios=width_ratios
    )
    return figure, list(axes.flat)


def log_x(axes: Axes, steps: Sequence[int] = (1, 2, 5)) -> None:
    """Make the x axis logarithmic, with plain numbers at ``steps`` times each power of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=steps))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def save_figure(figure: Figure, path: Path) -> None:
    """Write a PNG without version or date, and never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with styled():
        figure.savefig(partial, format="png", dpi=DPI, metadata={"Software": None})
    os.replace(partial, path)


def save_figures(folder: Path, drawn: Mapping[str, tuple[Figure, str]]) -> list[tuple[str, str]]:
    """Write figures, each with a caption, by their names in place of those of an earlier run.

    Returns
    -------
    Path of each, from the folder above, and its caption.
    """
    for stale in folder.glob("*.png"):
        stale.unlink()
    for name, (figure, _) in drawn.items():
        save_figure(figure, folder / f"{name}.png")
    return [(f"{folder.name}/{name}.png", caption) for name, (_, caption) in drawn.items()]


def error_bars(value: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Lengths (2, n) below and above, as ``errorbar`` wants them; rounding never makes one negative."""
    lengths: FloatArray = np.maximum(np.array([value - low, high - value]), 0.0)
    return lengths


def with_bars(
    pairs: Sequence[tuple[float, Mapping[str, Any]]], scale: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """Values (n,) times ``scale``, and error bars (2, n) from their intervals as metrics files write them."""
    rows = [(value, bounds["low"], bounds["high"]) for value, bounds in pairs]
    value, low, high = scale * np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return value, error_bars(value, low, high)
