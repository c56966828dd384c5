"""Compiled Gaussian noise: xoshiro256++ (Blackman & Vigna 2021) under a ziggurat (Marsaglia & Tsang 2000;
Doornik 2005).

Noise is what bounds the simulation of a cube: NumPy's generator draws a normal number in about 12 ns, this
one in a quarter of that. Each object has a state of its own, from its own seed sequence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lensfinder.compiled import compiled, jitable
from lensfinder.typing import AnyArray, Float32Array, FloatArray

_LAYERS = 256
_TAIL_START = 3.6541528853610088  # r of 256 layers of equal area, Marsaglia & Tsang 2000, section 3
_LAYER_AREA = 0.00492867323399


def _ziggurat() -> tuple[FloatArray, FloatArray]:
    """Edges x of the layers (n+1,) and the density exp(−x²/2) at them."""
    x = np.empty(_LAYERS + 1)
    x[0] = _LAYER_AREA / np.exp(-0.5 * _TAIL_START**2)
    x[1] = _TAIL_START
    for i in range(2, _LAYERS):
        x[i] = np.sqrt(-2 * np.log(_LAYER_AREA / x[i - 1] + np.exp(-0.5 * x[i - 1] ** 2)))
    x[_LAYERS] = 0.0
    return x, np.exp(-0.5 * x**2)


_X, _DENSITY = _ziggurat()
# Of 32 random bits 8 choose the layer, 1 the sign, and 23 the place in the layer.
_SIZE_UNIT = 2.0**-23
_WIDTH = (_X[:_LAYERS] * _SIZE_UNIT).astype(np.float32)
# Below this integer the place lies in the part of the layer that is wholly under the curve.
_INSIDE = (_X[1:] / _X[:-1] / _SIZE_UNIT).astype(np.uint32)


@jitable
def _rotl(x: np.uint64, k: int) -> np.uint64:
    return (x << np.uint64(k)) | (x >> np.uint64(64 - k))


@compiled
def _uniform(state: AnyArray) -> float:
    """Next 64 random bits as a double in (0, 1]."""
    return (np.float64(_next(state) >> np.uint64(11)) + 1.0) * 2.0**-53


@jitable
def _next(state: AnyArray) -> np.uint64:
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    result: np.uint64 = _rotl(s0 + s3, 23) + s0
    t = s1 << np.uint64(17)
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = _rotl(s3, 45)
    state[0], state[1], state[2], state[3] = s0, s1, s2, s3
    return result


@jitable
def _cut(bits: np.uint64) -> tuple[np.int64, np.uint32, np.float32]:
    """Cut the lowest 32 bits into layer, place and sign."""
    layer = np.int64(bits & np.uint64(0xFF))
    sign = np.float32(1.0) - np.float32(2.0) * np.float32((bits >> np.uint64(8)) & np.uint64(1))
    return layer, np.uint32((bits >> np.uint64(9)) & np.uint64(0x7FFFFF)), sign


@compiled
def _beyond(state: AnyArray, layer: np.int64, place: np.uint32, sign: np.float32) -> np.float32:
    """Finish a draw that fell outside the wholly inner part of its layer (about 1 % of all)."""
    while True:
        if layer == 0:  # the tail, Marsaglia 1964
            while True:
                x = -np.log(_uniform(state)) / _TAIL_START
                y = -np.log(_uniform(state))
                if y + y > x * x:
                    return sign * np.float32(_TAIL_START + x)
        x = np.float64(place) * _SIZE_UNIT * _X[layer]
        if _DENSITY[layer] + _uniform(state) * (_DENSITY[layer + 1] - _DENSITY[layer]) < np.exp(-0.5 * x * x):
            return sign * np.float32(x)
        layer, place, sign = _cut(_next(state))
        if place < _INSIDE[layer]:
            size: np.float32 = sign * (np.float32(place) * _WIDTH[layer])
            return size


@compiled
def fill_normals(state: NDArray[np.uint64], out: Float32Array) -> None:
    """Fill flat float32 ``out`` with standard normals, two from every 64 bits; advances ``state`` (4,)."""
    s = state.copy()
    bits = np.uint64(0)
    for i in range(out.size):
        bits = bits >> np.uint64(32) if i & 1 else _next(s)
        layer, place, sign = _cut(bits)
        if place < _INSIDE[layer]:
            out[i] = sign * (np.float32(place) * _WIDTH[layer])
        else:
            out[i] = _beyond(s, layer, place, sign)
    state[:] = s
