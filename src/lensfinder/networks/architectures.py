"""The networks: one family, whether it reads the cube, pseudo-spectra or the stamps of two cameras.

Convolutions of stride 2 halve the image again and again, each followed by batch normalisation, and a dense
layer judges what is left. Of cubes and pseudo-spectra that is flattened, not pooled: where the light is, is
what tells a lens from a pair.

- **Cube**, (y, x, bands): a 1 × 1 convolution first mixes the 56 bands into ``filters[0]`` images, so that
  nothing afterwards is as deep as the cube; the other filters are 3 × 3 convolutions over y and x. A white
  image is a cube of one band. Colours are a cube of one pixel, of which the network makes a few dense layers:
  only the middle of a 3 × 3 kernel ever meets it.
- **Pseudo-spectra**, (2, bands, pixels): both images pass through the same convolutions over band and
  position, with the same weights; then the larger of the two responses is kept, so that exchanging them
  changes nothing. Of one alone, (1, bands, pixels), the only response is kept.
- **Stamps**, VIS (y, x, 1) and NISP (y, x, 3): a branch each, which keep the largest response of every filter
  wherever it is (an arc is an arc on every side of its lens) and meet in one dense layer, batch-normalised
  too. The first convolution of a branch sees the image as patches side by side; the others are 3 × 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from lensfinder.networks.forms import forms_of
from lensfinder.params import Model, StampModel

# Short, because an epoch of a small training set has few steps; Keras's 0.99 lags behind for the first
# epochs.
MOMENTUM = 0.9
# Pixels of a patch's side, 0.4" of VIS and 0.9" of NISP. Against a first convolution at every second pixel
# patches halve the time of a step, and leave no light out: 32 filters are more than the 16 and 27 numbers of
# a patch, so that a thin faint arc passes.
VIS_PATCH, NISP_PATCH = 4, 3
# In a stamp divided by its maximum arcs are a few hundredths, beside a deflector of 1: stretched, both are of
# order one.
FAINT = 0.03


def build_network(model: Model, input_shapes: Sequence[Sequence[int]], seed: int) -> keras.Model:
    """Build an untrained network.

    Parameters
    ----------
    model
        ``filters`` of the convolutions, ``dense_units``, ``dropout`` and the representation to read.
    input_shapes
        Shape of one image of each input: (y, x, bands) or (1 or 2, bands, pixels).
    seed
        Root of the initial weights and of dropout.

    Returns
    -------
    keras.Model
        From images of shape (batch, *input_shape) to probabilities of shape (batch, 1). Several inputs
        are a dictionary, by the names of :func:`.forms.forms_of`.
    """
    keras.backend.clear_session()  # names of layers count from one, whatever was built before
    keras.utils.set_random_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
    images, features = _inputs_and_features(model, input_shapes)
    x = layers.Dropout(model.dropout, seed=seed)(features)
    return keras.Model(images, layers.Dense(1, activation="sigmoid")(x), name=model.representation)


def _inputs_and_features(
    model: Model, input_shapes: Sequence[Sequence[int]]
) -> tuple[keras.KerasTensor | dict[str, keras.KerasTensor], keras.KerasTensor]:
    if isinstance(model, StampModel):
        names = [form.name for form in forms_of(model.representation)]
        stamps = {
            name: layers.Input(tuple(shape), name=name)
            for name, shape in zip(names, input_shapes, strict=True)
        }
        return stamps, _of_stamps(stamps["vis"], stamps["nisp"], model)
    [shape] = input_shapes
    [form] = forms_of(model.representation)
    images = layers.Input(tuple(shape))
    flat = _of_pseudo_spectra(images, model) if form.pseudo_spectra else _of_cube(images, model)
    return images, layers.Dense(model.dense_units, activation="relu")(flat)


def _of_cube(cubes: keras.KerasTensor, model: Model) -> keras.KerasTensor:
    x = _convolution(cubes, model.filters[0], size=1, strides=1)
    for filters in model.filters[1:]:
        x = _convolution(x, filters)
    return layers.Flatten()(x)


def _of_pseudo_spectra(pseudo_spectra: keras.KerasTensor, model: Model) -> keras.KerasTensor:
    n_images, n_bands, n_pixels = pseudo_spectra.shape[1:]
    # The images of an object are one after the other.
    x = keras.ops.reshape(pseudo_spectra, (-1, n_bands, n_pixels, 1))
    for filters in model.filters:
        x = _convolution(x, filters)
    features = layers.Flatten()(x)
    return keras.ops.max(keras.ops.reshape(features, (-1, n_images, features.shape[-1])), axis=1)


def _of_stamps(vis: keras.KerasTensor, nisp: keras.KerasTensor, model: StampModel) -> keras.KerasTensor:
    branches = []
    for x, (first, *others), patch in (
        (vis, model.filters, VIS_PATCH),
        (nisp, model.nisp_filters, NISP_PATCH),
    ):
        if model.normalisation != "asinh":
            x = x / (keras.ops.abs(x) + FAINT)
        x = _convolution(x, first, size=patch, strides=patch)
        for filters in others:
            x = _convolution(x, filters)
        branches.append(layers.GlobalMaxPooling2D()(x))
    # What the branches leave is nearly all positive. Adam moves all of the weights at once, and within the
    # first steps by so much that rectifiers may fall silent for good: hence normalised.
    x = layers.Dense(model.dense_units, use_bias=False)(layers.Concatenate()(branches))
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))


def _convolution(x: keras.KerasTensor, filters: int, size: int = 3, strides: int = 2) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
