"""Does the Euclid-like population give the counts of the talk? Asked of 50,000 catalogue rows, with a figure.

python benchmarks/check_population.py [--stamps 50000] [--figure population.png]
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT, described, stamp_simulator

from lensfinder.datasets.chunks import in_threads
from lensfinder.evaluation.intervals import wilson_interval
from lensfinder.figures.style import save_figure
from lensfinder.params import read_params
from lensfinder.progress import Progressing
from lensfinder.surveys.euclid.figures.population import population_figure
from lensfinder.surveys.euclid.selection_counts import TALK_ASSESSABLE, TALK_LENSES, TALK_STAMPS
from lensfinder.surveys.euclid.simulation.fields import FIELD_STAMPS


def measure(stamps: int) -> pd.DataFrame:
    """Catalogue of the training sample's first stamps, without their images."""
    simulator = stamp_simulator()
    frames: list[pd.DataFrame] = [pd.DataFrame()] * -(-stamps // FIELD_STAMPS)
    with Progressing("measure", len(frames) * FIELD_STAMPS, "stamps") as progress:

        def work(chunk: slice) -> None:
            frames[chunk.start] = simulator.measure("train", chunk.start)
            progress.advance(FIELD_STAMPS)

        in_threads([slice(field, field + 1) for field in range(len(frames))], work, workers=0)
    return pd.concat(frames, ignore_index=True)


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--stamps", type=int, default=50_000)
    parser.add_argument("--figure", type=Path, default=Path("population.png"))
    arguments = parser.parse_args()
    catalogue = measure(arguments.stamps)
    selection = read_params(ROOT / "params.yaml").euclid.selection
    n = len(catalogue)
    lenses = (catalogue["mag_eff"] >= selection.training_mag_eff_min) & (catalogue["n_source_im"] > 0)
    ends = selection.left_out_mag_eff
    found = {
        name: int((lenses & (catalogue["n_pix_source"] > bound)).sum())
        for name, bound in selection.training_n_pix_above.items()
    } | {"left_out": int(catalogue["mag_eff"].between(ends.low, ends.high, inclusive="neither").sum())}
    print(f"of 100,000, from {n:,} rows{'':10}95 % interval      talk   ratio")
    for name, count in found.items():
        low, high = (100_000 * float(end) for end in wilson_interval(count, n, 0.95))
        per = 100_000 * count / n
        talk = TALK_LENSES.get(name, TALK_STAMPS - TALK_ASSESSABLE)
        print(f"{name:20} {per:8,.0f}   {low:8,.0f}–{high:<8,.0f} {talk:8,}   {per / talk:.3f}")
    total = catalogue["sampling_weight"].sum() / n
    print(
        f"sampling weights add up to {total:.4f} of the stamps; with a source behind, by weight, "
        f"{np.average(catalogue['kind'] == 'lensed_source', weights=catalogue['sampling_weight']):.3f}"
    )
    save_figure(population_figure(catalogue), arguments.figure)
    print(arguments.figure)


if __name__ == "__main__":
    main()
