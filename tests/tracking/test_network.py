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
    built = build_network(MODEL, REPRESENTATIONS["stamps"], [(24, 24, 1), (8, 8, 3)], seed=1)
    write_network(tmp_path / "model.keras", built)
    saved = SavedNetwork(tmp_path / "model.keras")
    assert saved.input_shapes() == {"vis": (24, 24, 1), "nisp": (8, 8, 3)}

    logged = tmp_path / "logged"
    mlflow.keras.save_model(
        saved, str(logged), signature=saved.signature(), pip_requirements=saved.requirements()
    )
    assert (logged / "data" / "model.keras").read_bytes() == (tmp_path / "model.keras").read_bytes()
    loaded = mlflow.pyfunc.load_model(str(logged))
    assert loaded.metadata.signature.inputs.input_names() == ["vis", "nisp"]
    rng = np.random.default_rng(2)
    images = {
        name: rng.normal(size=(5, *shape)).astype(np.float32) for name, shape in saved.input_shapes().items()
    }
    np.testing.assert_allclose(loaded.predict(images), built.predict_on_batch(images), rtol=1e-5)
    with pytest.raises(mlflow.exceptions.MlflowException, match="nisp"):
        loaded.predict({"vis": images["vis"]})
