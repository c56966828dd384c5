"""The network that reads stamps of two cameras, a branch each."""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import layers

from lensfinder.networks.architectures import MOMENTUM, convolution
from lensfinder.params import Model
from lensfinder.surveys.euclid.params import StampModel

# Pixels of a patch's side, 0.4" of VIS and 0.9" of NISP. Against a first convolution at every second pixel
# patches halve the time of a step, and leave no light out: 32 filters are more than the 16 and 27 numbers of
# a patch, so that a thin faint arc passes.
VIS_PATCH, NISP_PATCH = 4, 3
# In a stamp divided by its maximum arcs are a few hundredths, beside a deflector of 1: stretched, both are of
# order one.
FAINT = 0.03


def two_branch_cnn(images: Mapping[str, keras.KerasTensor], model: Model) -> keras.KerasTensor:
    """Stamps, ``vis`` (y, x, 1) and ``nisp`` (y, x, 3): a branch each, which meet in one dense layer.

    A branch keeps the largest response of every filter wherever it is: an arc is an arc on every side of its
    lens. Its first convolution sees the image as patches side by side; the others are 3 × 3. The dense layer
    is batch-normalised too.
    """
    assert isinstance(model, StampModel)
    branches = []
    for x, (first, *others), patch in (
        (images["vis"], model.filters, VIS_PATCH),
        (images["nisp"], model.nisp_filters, NISP_PATCH),
    ):
        if model.normalisation != "asinh":
            x = x / (keras.ops.abs(x) + FAINT)
        x = convolution(x, first, size=patch, strides=patch)
        for filters in others:
            x = convolution(x, filters)
        branches.append(layers.GlobalMaxPooling2D()(x))
    # What the branches leave is nearly all positive. Adam moves all of the weights at once, and within the
    # first steps by so much that rectifiers may fall silent for good: hence normalised.
    x = layers.Dense(model.dense_units, use_bias=False)(layers.Concatenate()(branches))
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))
