"""Throughput of training, and how much of a step is the network's own.

    python benchmarks/bench_training_speed.py                      # random images
    python benchmarks/bench_training_speed.py --datasets datasets/jpas

For each model of ``params.yaml``: images per second of a whole epoch (reading a memory-mapped file,
normalising, augmenting, training), of the same steps on one batch that already is a tensor in memory, and of
the input alone. The ratio of the first two is the share of a step that is the network's, in wall time and in
CPU time (what the input takes beside the network counts in full there). They are timed by turns, and medians
are taken, so that other work on the machine disturbs all alike.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lensfinder.networks import backend
from lensfinder.networks.inputs import Batches, training_batches
from lensfinder.networks.training import compiled_network
from lensfinder.params import Model, Training, read_params
from lensfinder.typing import AnyArray

TALK_OBJECTS = 23_309
SHAPES = {"cube": (50, 50, 56), "pseudo_spectra": (2, 56, 50)}
FILES = {"cube": "images/cubes.npy", "pseudo_spectra": "pseudo_spectra/pseudo_spectra.npy"}


def random_images(path: Path, shape: tuple[int, ...], n: int) -> AnyArray:
    rng = np.random.default_rng(0)
    images = np.lib.format.open_memmap(path, "w+", np.float16, (n, *shape))
    for row in range(n):
        images[row] = rng.standard_normal(shape, dtype=np.float32) + 1
    images.flush()
    return np.load(path, mmap_mode="r")


def seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu, wall = usage.ru_utime + usage.ru_stime, time.perf_counter()
    work()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter() - wall, usage.ru_utime + usage.ru_stime - cpu


def measure(model: Model, training: Training, images: AnyArray, objects: int, repeats: int) -> None:
    import tensorflow as tf  # not before lensfinder.networks, which sets its environment

    rng = np.random.default_rng(1)
    rows = rng.choice(len(images), objects, replace=objects > len(images))
    labels = rng.integers(0, 2, objects)
    network = compiled_network(model, training, images.shape[1:], seed=0)

    def batches(epoch: int) -> Batches:
        return training_batches(images, rows, labels, model, training.batch_size, 0, epoch)

    steps = len(batches(0))
    first = batches(0)[0]
    in_memory = tf.data.Dataset.from_tensors(first).repeat(steps)
    work: dict[str, Callable[[int], object]] = {
        "epoch": lambda epoch: network.fit(batches(epoch), shuffle=False, verbose=0),
        "network": lambda epoch: network.fit(in_memory, shuffle=False, verbose=0),
        "input": lambda epoch: drain(batches(epoch)),
    }
    for each in work.values():
        each(0)  # compile, trace, fill the page cache
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for epoch in range(1, repeats + 1):
        for name, each in work.items():
            seconds[name].append(seconds_of(lambda each=each, epoch=epoch: each(epoch)))
    wall, cpu = ({name: np.median([pair[i] for pair in seconds[name]]) for name in work} for i in (0, 1))

    print(f"\n{model.representation}: {network.count_params():,} weights, batch {training.batch_size}")
    for name in work:
        per_object = 1e3 * cpu[name] / objects
        print(f"  {name:8s} {objects / wall[name]:9,.0f} objects/s   {per_object:6.3f} ms CPU an object")
    print(f"  {TALK_OBJECTS:,} objects: {TALK_OBJECTS * wall['epoch'] / objects:.0f} s an epoch")
    shares = [
        f"{time['network'] / time['epoch']:.1%} of the {name}"
        for name, time in (("wall", wall), ("CPU", cpu))
    ]
    print(f"  the network's share of a step: {' and '.join(shares)} time")


def drain(batches: Batches) -> None:
    for index in range(len(batches)):
        batches[index]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("--datasets", type=Path, help="folder of simulated images; random ones without")
    parser.add_argument("--objects", type=int, default=3000, help="objects an epoch")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()

    jpas = read_params(arguments.params).jpas
    threads = backend.use_threads(jpas.training.threads)
    print(f"{threads} threads, {arguments.objects:,} objects an epoch")
    with tempfile.TemporaryDirectory() as folder:
        for model in jpas.models.values():
            name = model.representation
            if arguments.datasets:
                images = np.load(arguments.datasets / FILES[name], mmap_mode="r")
            else:
                images = random_images(Path(folder) / f"{name}.npy", SHAPES[name], arguments.objects)
            measure(model, jpas.training, images, arguments.objects, arguments.repeats)


if __name__ == "__main__":
    main()
