"""What MLflow is told of a network's inputs, and that it can use a network of several."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pytest
from support.networks import REPRESENTATIONS, network

from lensfinder.networks.architectures import build_network
from lensfinder.networks.outputs import write_network
from lensfinder.tracking.network import SavedNetwork

MODEL = network("stamps")


def test_a_logged_network_of_two_inputs_predicts(tmp_path: Path) -> None:
    shapes = [(24, 24, 1), (8, 8, 3)]
    built = build_network(MODEL, REPRESENTATIONS["stamps"], shapes, seed=1, reads_flux=True)
    write_network(tmp_path / "model.keras", built)
    saved = SavedNetwork(tmp_path / "model.keras")
    assert saved.input_shapes() == {"vis": (24, 24, 1), "nisp": (8, 8, 3)}

    logged = tmp_path / "logged"
    mlflow.keras.save_model(
        saved, str(logged), metadata=saved.metadata(), pip_requirements=saved.requirements()
    )
    assert (logged / "data" / "model.keras").read_bytes() == (tmp_path / "model.keras").read_bytes()
    loaded = mlflow.pyfunc.load_model(str(logged))
    assert loaded.metadata.metadata["input_shapes"] == {"vis": [-1, 24, 24, 1], "nisp": [-1, 8, 8, 3]}
    rng = np.random.default_rng(2)
    images = {name: rng.normal(size=(5, *shape)) for name, shape in saved.input_shapes().items()}
    scores = built.predict_on_batch(images)
    for kind in loaded.metadata.metadata["input_types"]:
        given = {name: array.astype(kind) for name, array in images.items()}
        tolerance = 1e-2 if kind == "float16" else 1e-6  # what rounding to half precision costs
        np.testing.assert_allclose(loaded.predict(given), scores, rtol=0, atol=tolerance)
    with pytest.raises((ValueError, KeyError), match="nisp"):
        loaded.predict({"vis": images["vis"]})
    fresh = mlflow.pyfunc.load_model(str(logged))
    with pytest.raises(ValueError, match=r"expected shape=\(None, 8, 8, 3\)"):
        fresh.predict(images | {"nisp": images["nisp"][:, :7]})
