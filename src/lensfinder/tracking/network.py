"""A ``.keras`` file as what MLflow takes for a model, without building the network that it holds."""

from __future__ import annotations

import json
import shutil
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

PACKAGES = ("keras", "tensorflow", "numpy")


class SavedNetwork:
    """A network in a file.

    MLflow asks a Keras model only to save itself; this one copies its file, so that the run holds the very
    bytes that DVC keeps.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, path: str) -> None:
        """Write the network to another file."""
        shutil.copyfile(self.path, path)

    def input_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of one image of each input, by its name, read from the network's configuration."""
        with zipfile.ZipFile(self.path) as file:
            config: dict[str, Any] = json.loads(file.read("config.json"))
        inputs = [layer for layer in config["config"]["layers"] if layer["class_name"] == "InputLayer"]
        return {layer["config"]["name"]: tuple(layer["config"]["batch_shape"][1:]) for layer in inputs}

    def signature(self) -> ModelSignature:
        """Return the signature: float32 images of shape (-1, ...) to probabilities of shape (-1, 1)."""
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema, TensorSpec

        float32 = np.dtype(np.float32)
        shapes = self.input_shapes()
        # MLflow hands named tensors over in a dictionary, which only a network with several inputs takes.
        tensors: list[ColSpec | TensorSpec] = [
            TensorSpec(float32, (-1, *shape), name if len(shapes) > 1 else None)
            for name, shape in shapes.items()
        ]
        return ModelSignature(inputs=Schema(tensors), outputs=Schema([TensorSpec(float32, (-1, 1))]))

    def requirements(self) -> list[str]:
        """Return the packages, with versions, that the network was made with."""
        return [f"{package}=={version(package)}" for package in PACKAGES]
