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
INPUT_TYPES = ("float16", "float32", "float64")


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
        """Return the signature: probabilities of shape (-1, 1).

        In a signature an input has one type, and MLflow would refuse all others. A network takes flux of any
        floating-point type and checks its shape itself; :meth:`metadata` tells it.
        """
        from mlflow.models import ModelSignature
        from mlflow.types import Schema, TensorSpec

        return ModelSignature(outputs=Schema([TensorSpec(np.dtype(np.float32), (-1, 1))]))

    def metadata(self) -> dict[str, Any]:
        """Return what is to be known of the inputs: shape of each, by its name, types and unit.

        Several are handed over in a dictionary, the only one as an array.
        """
        shapes = {name: [-1, *shape] for name, shape in self.input_shapes().items()}
        return {"input_shapes": shapes, "input_types": list(INPUT_TYPES), "input_unit": "uJy"}

    def requirements(self) -> list[str]:
        """Return the packages, with versions, that the network was made with."""
        return [f"{package}=={version(package)}" for package in PACKAGES]
