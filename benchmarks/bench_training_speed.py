"""Throughput of training and prediction, and how much of a step is the network's own.

    python benchmarks/bench_training_speed.py              # random images
    python benchmarks/bench_training_speed.py --root .     # simulated ones, where datasets/ has them

For each network of ``params.yaml``: images per second of a whole epoch (reading memory-mapped files,
normalising, augmenting, training), of the same steps on one batch that already is a tensor in memory, of the
input alone, of validation, and of scores from a file of a network. The ratio of the first two is the share of
a step that is the network's, in wall time and in CPU time (what the input takes beside the network counts in
full there). They are timed by turns, and medians are taken, so that other work on the machine disturbs all
alike.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lensfinder.datasets.representation import Representation
from lensfinder.networks import backend
from lensfinder.networks.architectures import build_network
from lensfinder.networks.inputs import Batches, training_batches
from lensfinder.networks.outputs import write_network
from lensfinder.networks.predict import predict_scores
from lensfinder.networks.training import VALIDATION_BATCH_SIZE, compiled_network
from lensfinder.params import Model, Training, read_params
from lensfinder.surveys.registry import survey_of
from lensfinder.typing import AnyArray

# Training and validation objects of the talk: J-PAS, and the largest set of the Euclid track.
TALK_OBJECTS = {"jpas": (23_309, 5_827), "euclid": (25_233, 6_308)}
SHAPES = {
    "cube": [(50, 50, 56)],
    "pseudo_spectra": [(2, 56, 50)],
    "stamps": [(200, 200, 1), (66, 66, 3)],
}


def random_images(path: Path, shape: tuple[int, ...], n: int) -> AnyArray:
    rng = np.random.default_rng(0)
    images = np.lib.format.open_memmap(path, "w+", np.float16, (n, *shape))
    for row in range(n):
        images[row] = rng.standard_normal(shape, dtype=np.float32) + 1
    images.flush()
    return np.load(path, mmap_mode="r")


def images_of(representation: str, simulated: tuple[Path, ...], folder: Path, n: int) -> list[AnyArray]:
    """Open simulated images, or make ``n`` random ones in ``folder`` where there are none."""
    if all(path.is_file() for path in simulated):
        return [np.load(path, mmap_mode="r") for path in simulated]
    return [
        random_images(folder / f"{representation}_{i}.npy", shape, n)
        for i, shape in enumerate(SHAPES[representation])
    ]


def seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu, wall = usage.ru_utime + usage.ru_stime, time.perf_counter()
    work()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter() - wall, usage.ru_utime + usage.ru_stime - cpu


def measure(
    model: Model,
    representation: Representation,
    training: Training,
    images: list[AnyArray],
    objects: int,
    repeats: int,
    talk_objects: tuple[int, int],
    folder: Path,
) -> None:
    import tensorflow as tf  # not before lensfinder.networks, which sets its environment

    rng = np.random.default_rng(1)
    rows = rng.choice(len(images[0]), objects, replace=objects > len(images[0]))
    labels = rng.integers(0, 2, objects)
    shapes = [array.shape[1:] for array in images]
    network = compiled_network(model, representation, training, shapes, seed=0)
    file = folder / "model.keras"
    write_network(file, build_network(model, representation, shapes, seed=0, reads_flux=True))

    def batches(epoch: int) -> Batches:
        return training_batches(images, rows, labels, model, representation, training.batch_size, 0, epoch)

    steps = len(batches(0))
    first = batches(0)[0]
    in_memory = tf.data.Dataset.from_tensors(first).repeat(steps)
    validation = Batches(images, rows, labels, model, representation, VALIDATION_BATCH_SIZE)
    work: dict[str, Callable[[int], object]] = {
        "epoch": lambda epoch: network.fit(batches(epoch), shuffle=False, verbose=0),
        "network": lambda epoch: network.fit(in_memory, shuffle=False, verbose=0),
        "input": lambda epoch: drain(batches(epoch)),
        "validation": lambda epoch: network.evaluate(validation, verbose=0),
        "prediction": lambda epoch: predict_scores(file, representation, images, rows),
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
        print(f"  {name:10s} {objects / wall[name]:9,.0f} objects/s   {per_object:6.3f} ms CPU an object")
    trained, validated = talk_objects
    talk_epoch = (trained * wall["epoch"] + validated * wall["validation"]) / objects
    print(f"  {trained:,} training and {validated:,} validation objects: {talk_epoch:.0f} s an epoch")
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
    parser.add_argument("--root", type=Path, help="project with simulated images; random ones without")
    parser.add_argument("--representations", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--objects", type=int, default=3000, help="objects an epoch")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()

    params = read_params(arguments.params)
    networks = {
        model.representation: (survey, model)
        for survey in TALK_OBJECTS
        for model in params.survey(survey).models.values()
    }
    threads = backend.use_threads(params.jpas.training.threads)
    print(f"{threads} threads, {arguments.objects:,} objects an epoch")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for representation in arguments.representations:
            survey, model = networks[representation]
            read = survey_of(survey).representations[representation]
            paths = read.files(arguments.root or folder)
            images = images_of(representation, paths, folder, arguments.objects)
            training, talk_objects = params.survey(survey).training, TALK_OBJECTS[survey]
            measure(model, read, training, images, arguments.objects, arguments.repeats, talk_objects, folder)


if __name__ == "__main__":
    main()
