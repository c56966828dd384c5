"""No class can be told by the simulator's fingerprints: noise residuals and metadata carry nothing.

What a classifier gets is the noise alone, (image − its noise-free truth)/its true σ, or the metadata alone.
On objects that it has not seen its AUC must be one half within its interval; a faint fingerprint put in on
purpose must be found.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support.project import changed
from threadpoolctl import threadpool_limits

from lensfinder.datasets.table import read_table
from lensfinder.params import Params
from lensfinder.surveys.jpas.bands import read_filters
from lensfinder.surveys.jpas.params import KindCounts
from lensfinder.surveys.jpas.simulation.catalogue import (
    Instrument,
    SceneBuilder,
    draw_catalogue,
    object_index,
)
from lensfinder.surveys.jpas.simulation.render import noise_sigma
from lensfinder.surveys.jpas.simulation.render_compiled import render_signal
from lensfinder.surveys.jpas.simulation.simulator import simulate_rows
from lensfinder.surveys.jpas.simulation.sources import open_neighbours
from lensfinder.workspace.paths import SurveyPaths

TRAIN = KindCounts(lensed_quasar=700, quasar_near_galaxy=440, quasar_alone=260)
TEST = KindCounts(lensed_quasar=500, quasar_near_galaxy=320, quasar_alone=180)
CLASSIFIERS = {
    "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500)),
    "forest": lambda: RandomForestClassifier(150, min_samples_leaf=10, random_state=0, n_jobs=2),
}


@pytest.fixture(scope="module")
def catalogue_and_residuals(paths: SurveyPaths, smoke_params: Params) -> tuple[pd.DataFrame, np.ndarray]:
    """A larger catalogue from the smoke populations, and the noise residual of every cube."""
    params = changed(smoke_params, {"jpas.counts.train": TRAIN, "jpas.counts.test": TEST})
    instrument = Instrument.build(params, read_filters(paths.tables))
    galaxies, quasars = read_table(paths.galaxies), read_table(paths.quasars)
    beside = open_neighbours(paths, params)
    catalogue, neighbours = draw_catalogue(params, galaxies, quasars, beside, instrument)
    builder = SceneBuilder.build(params, instrument, galaxies, quasars, neighbours)
    features = []
    for begin in range(0, len(catalogue), 100):
        rows = catalogue.iloc[begin : begin + 100]
        with threadpool_limits(1):
            signal = render_signal(builder.scenes(rows), instrument.camera)
            cubes = simulate_rows(rows, builder)
        sigma = noise_sigma(signal, instrument.camera).astype(np.float32)
        features.append(summaries((cubes.astype(np.float32) - signal) / sigma))
    return catalogue, np.concatenate(features)


def summaries(residual: np.ndarray) -> np.ndarray:
    """Moments and extremes per band, and 10 × 10 maps of the band-averaged noise and its square."""
    flat = residual.reshape(len(residual), -1, residual.shape[-1])
    spread = flat.std(axis=1)
    blocks = residual.mean(axis=-1).reshape(-1, 10, 5, 10, 5)
    squares = (residual**2).mean(axis=-1).reshape(-1, 10, 5, 10, 5)
    return np.concatenate(
        [
            flat.mean(axis=1),
            spread,
            (flat**3).mean(axis=1),
            (flat**4).mean(axis=1),
            flat.min(axis=1),
            flat.max(axis=1),
            blocks.mean(axis=(2, 4)).reshape(len(residual), -1),
            squares.mean(axis=(2, 4)).reshape(len(residual), -1),
        ],
        axis=1,
    )


def auc_in_standard_errors(catalogue: pd.DataFrame, features: np.ndarray, name: str) -> float:
    """Train on one sample, test on the other; (AUC − ½) in units of its error without information."""
    train = (catalogue["sample"] == "train").to_numpy()
    label = catalogue["label"].to_numpy()
    classifier = CLASSIFIERS[name]().fit(features[train], label[train])
    score = classifier.predict_proba(features[~train])[:, 1]
    positives, negatives = label[~train].sum(), (1 - label[~train]).sum()
    # Of the Mann–Whitney statistic.
    error = np.sqrt((positives + negatives + 1) / (12 * positives * negatives))
    return float((roc_auc_score(label[~train], score) - 0.5) / error)


LIMIT = stats.norm.isf(0.0005)


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_noise_tells_nothing(catalogue_and_residuals: tuple[pd.DataFrame, np.ndarray], name: str) -> None:
    assert abs(auc_in_standard_errors(*catalogue_and_residuals, name)) < LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_metadata_tells_nothing(catalogue_and_residuals: tuple[pd.DataFrame, np.ndarray], name: str) -> None:
    catalogue, _ = catalogue_and_residuals
    index = object_index(catalogue["object_id"].to_numpy())
    digits = np.array([[int(d) for d in name[-7:]] for name in catalogue["object_id"]])
    size = catalogue.groupby("sample")["tile"].transform("size").to_numpy()
    metadata = np.column_stack([index / size, digits, index % 2, index % 30, index % 256, catalogue["tile"]])
    assert abs(auc_in_standard_errors(catalogue, metadata.astype(float), name)) < LIMIT


@pytest.mark.slow
def test_a_fingerprint_of_half_a_percent_would_be_found(
    catalogue_and_residuals: tuple[pd.DataFrame, np.ndarray],
) -> None:
    catalogue, features = catalogue_and_residuals
    marked = features.copy()
    positive = catalogue["label"].to_numpy() == 1
    marked[positive, 56:112] *= 1.005  # spread of the noise in every band
    assert auc_in_standard_errors(catalogue, marked, "linear") > 2 * LIMIT


def test_dtype_and_bytes_are_the_same_for_every_class(paths: SurveyPaths, smoke_params: Params) -> None:
    """One array holds all classes: neither dtype, nor shape, nor a file's size can differ between them."""
    tables = {f"{name}.parquet" for name in ("catalogue", "galaxies", "quasars", "neighbours")}
    assert {path.name for path in paths.images_dir.iterdir()} == tables | {"cubes.npy", "densities.json"}
    header = paths.cubes.stat().st_size - smoke_params.jpas.counts.total * 50 * 50 * 56 * 2
    assert 0 < header <= 256
