"""Systems per second of `lensfinder.lensing.images.find_images` and of lenstronomy's general solver.

    python benchmarks/bench_image_finding.py [--systems 100] [--rounds 5]

Both solve the same circular lenses with shear (lenstronomy's NIE_POTENTIAL and SHEAR), in turns within one
process: other load on the machine meets both alike. Times are user CPU times of one thread. Ours also solves
`--batch` elliptical systems a round. lenstronomy's grid has steps of 0.06 arcsec.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from common import user_seconds
from lenstronomy.LensModel.lens_model import LensModel
from lenstronomy.LensModel.Solver.lens_equation_solver import LensEquationSolver

from lensfinder.lensing.caustics import multiple_image_radius_arcsec
from lensfinder.lensing.images import find_images
from lensfinder.lensing.lens import Lens


def draw(n: int, rng: np.random.Generator, circular: bool) -> tuple[Lens, np.ndarray, np.ndarray]:
    """Lenses with sources drawn evenly from the discs that hold their caustics."""
    lens = Lens(
        theta_e_arcsec=rng.uniform(0.5, 1.5, n),
        theta_g_arcsec=rng.uniform(0.005, 0.03, n),
        axis_ratio=np.ones(n) if circular else rng.uniform(0.4, 1.0, n),
        position_angle_rad=rng.uniform(0.0, np.pi, n),
        shear_1=rng.normal(0.0, 0.05, n),
        shear_2=rng.normal(0.0, 0.05, n),
    )
    radius = multiple_image_radius_arcsec(lens) * np.sqrt(rng.uniform(size=n))
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    return lens, radius * np.cos(angle), radius * np.sin(angle)


def solve_with_lenstronomy(lens: Lens, beta_x: np.ndarray, beta_y: np.ndarray) -> np.ndarray:
    """Numbers of images."""
    solver = LensEquationSolver(LensModel(["NIE_POTENTIAL", "SHEAR"]))
    counts = []
    for i, (theta_e, theta_g, _, _, gamma1, gamma2) in enumerate(zip(*lens.values, strict=True)):
        keywords = [
            {"theta_E": theta_e, "theta_c": theta_g, "e1": 0.0, "e2": 0.0},
            {"gamma1": gamma1, "gamma2": gamma2},
        ]
        window = 2.5 * (np.hypot(beta_x[i], beta_y[i]) + 1.3 * theta_e)
        images = solver.image_position_from_source(
            beta_x[i], beta_y[i], keywords, min_distance=0.06, search_window=window, arrival_time_sort=False
        )
        counts.append(len(images[0]))
    return np.array(counts)


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """User CPU seconds, and the numbers of images."""
    start = user_seconds()
    counts = work()
    return user_seconds() - start, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--systems", type=int, default=100, help="systems a round that both solve")
    parser.add_argument(
        "--batch", type=int, default=40_000, help="elliptical systems a round that ours solves"
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    np.random.seed(1)  # noqa: NPY002 - lenstronomy's solver draws from the global generator
    find_images(*draw(10, rng, circular=True))  # compiles, or loads what an earlier run compiled

    # Ours repeats its share: the clock of user time ticks in hundredths of a second.
    repeats = 100
    names = ("lensfinder, circular", "lenstronomy, circular", "lensfinder, elliptical")
    seconds: dict[str, list[float]] = {name: [] for name in names}
    counts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for _ in range(options.rounds):
        shared, alone = draw(options.systems, rng, circular=True), draw(options.batch, rng, circular=False)
        works: tuple[Callable[[], np.ndarray], ...] = (
            lambda shared=shared: [find_images(*shared).n_images for _ in range(repeats)][-1],
            lambda shared=shared: solve_with_lenstronomy(*shared),
            lambda alone=alone: find_images(*alone).n_images,
        )
        for name, work, times in zip(names, works, (repeats, 1, 1), strict=True):
            spent, found = timed(work)
            seconds[name].append(spent / times)
            counts[name].append(found)
    print(f"{'':24s}{'systems/s':>12s}{'slowest':>10s}{'fastest':>10s}{'even counts':>13s}{'images':>9s}")
    for name in names:
        rates = np.array([len(found) for found in counts[name]]) / np.array(seconds[name])
        found = np.concatenate(counts[name])
        even = int(np.sum(found % 2 == 0))
        print(
            f"{name:24s}{np.median(rates):12,.0f}{rates.min():10,.0f}{rates.max():10,.0f}"
            f"{f'{even} of {len(found)}':>13s}{found.mean():9.3f}"
        )
    ratio = np.array(seconds[names[1]]) / np.array(seconds[names[0]])
    print(f"lensfinder / lenstronomy on the same systems: {np.median(ratio):,.0f} times as fast")


if __name__ == "__main__":
    main()
