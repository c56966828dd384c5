"""Which recipe trains best? Trials on training and validation parts, kept in results/recipes/trials.csv.

python benchmarks/try_recipes.py SURVEY MODEL NAME [--seeds 2] [-S training.epochs_max=20] [-S …]

Works on the datasets and splits of this checkout (`make repro` makes them), in one thread. NAME is what the
trial is called in the table; -S changes `training` or the model, as in `dvc exp run`. The test part is not
read.
"""

from __future__ import annotations

import csv
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml
from common import ROOT, described

from lensfinder.datasets.files import open_images_of
from lensfinder.datasets.parts import read_parts
from lensfinder.datasets.table import read_table
from lensfinder.evaluation.measures import count, rank, roc_auc
from lensfinder.networks.predict import predict_scores
from lensfinder.networks.training import train
from lensfinder.params import read_params
from lensfinder.surveys.registry import survey_of
from lensfinder.workspace.paths import ModelPaths

TRIALS = ROOT / "results" / "recipes" / "trials.csv"
COLUMNS = [
    "survey",
    "model",
    "name",
    "changes",
    "seed",
    "n_train",
    "val_auc",
    "val_loss",
    "user_seconds",
    "seconds",
]


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("survey")
    parser.add_argument("model")
    parser.add_argument("name")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("-S", dest="changes", action="append", default=[])
    arguments = parser.parse_args()
    params, survey = read_params(ROOT / "params.yaml"), survey_of(arguments.survey)
    section, paths = params.survey(arguments.survey), survey.paths(ROOT, arguments.survey)
    changes: dict[str, dict[str, object]] = {"training": {"threads": 1}, "model": {}}
    for change in arguments.changes:
        key, _, value = change.partition("=")
        part, _, field = key.partition(".")
        changes[part][field] = yaml.safe_load(value)
    model, training = (
        type(of).model_validate({**of.model_dump(), **changes[part]})
        for part, of in (("model", section.models[arguments.model]), ("training", section.training))
    )
    representation = survey.representations[model.representation]
    parts = read_parts(survey.parts.files(paths.splits, arguments.model))
    images = open_images_of(representation.files(ROOT), len(read_table(paths.catalogue)))
    learned = {part: parts[parts["part"] == part] for part in ("train", "validation")}
    rows, labels = ({part: of[name].to_numpy() for part, of in learned.items()} for name in ("row", "label"))
    for seed in range(1, arguments.seeds + 1):
        start, user = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        with tempfile.TemporaryDirectory() as folder:
            out = ModelPaths(Path(folder) / "model", Path(folder), Path(folder) / "metrics.json")
            result = train(
                images,
                *(rows["train"], labels["train"], rows["validation"], labels["validation"]),
                *(model, representation, training, seed, Path(folder) / "work", out),
            )
            score = predict_scores(out.model, representation, images, rows["validation"], 128, 1)
        row = {
            "survey": arguments.survey,
            "model": arguments.model,
            "name": arguments.name,
            "changes": " ".join(arguments.changes),
            "seed": seed,
            "n_train": len(rows["train"]),
            "val_auc": f"{float(roc_auc(count(rank(labels['validation'], np.float64(score))))):.5f}",
            "val_loss": f"{result.history[result.kept_epoch - 1]['val_loss']:.5f}",
            "user_seconds": f"{resource.getrusage(resource.RUSAGE_SELF).ru_utime - user:.0f}",
            "seconds": f"{time.perf_counter() - start:.0f}",
        }
        print(row, flush=True)
        new = not TRIALS.is_file()
        TRIALS.parent.mkdir(parents=True, exist_ok=True)
        with TRIALS.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)


if __name__ == "__main__":
    main()
