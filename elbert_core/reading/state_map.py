"""Where the state that the exit head reads stands after each layer, on a flat map.

The head's last step is linear: logits = W u + b, with u the state after its pooler and tanh. So the
regions in which each label wins have straight borders, and a map can keep them exactly where the
labels are few:

* two labels: x is the difference of the logits, which alone decides (right of 0 the second label
  wins); y is the first principal component of what the difference does not see.
* three labels: the plane of the classifier's weight differences. Nothing outside it decides.
* more labels: the two main directions of those differences. Each layer's state is projected, the
  rest is held at the layers' mean, and the regions are those of the head on that plane: they are
  approximate, and `faithful` says at which layers they are right.

Pure numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HeadStates:
    """What the linear step of an exit head reads of one text.

    Attributes:
        states: (layers, width), after each layer.
        weights: (labels, width) of the linear step.
        bias: (labels,).
    """

    states: NDArray[np.floating]
    weights: NDArray[np.floating]
    bias: NDArray[np.floating]

    def __post_init__(self) -> None:
        """Raise InputError when the arrays do not fit each other."""
        if self.states.ndim != 2 or len(self.states) < 1:
            raise InputError(f"states must be (layers, width), got {self.states.shape}")
        width = self.states.shape[1]
        if self.weights.ndim != 2 or len(self.weights) < 2 or self.weights.shape[1] != width:
            raise InputError(
                f"weights must be (labels, {width}) with at least 2 labels, "
                f"got {self.weights.shape}"
            )
        if self.bias.shape != (len(self.weights),):
            raise InputError(f"bias must be ({len(self.weights)},), got {self.bias.shape}")
        if not all(np.isfinite(a).all() for a in (self.states, self.weights, self.bias)):
            raise InputError("states and weights must be finite, got NaN or infinity")

    @property
    def logits(self) -> FloatArray:
        """(layers, labels)."""
        found: FloatArray = self.states.astype(np.float64) @ self.weights.T.astype(np.float64)
        return found + self.bias


@dataclass(frozen=True, slots=True)
class Region:
    """A box of the map in which one label wins: x..x2 and y..y2."""

    label: int
    x: float
    x2: float
    y: float
    y2: float


@dataclass(frozen=True, slots=True, eq=False)
class StateMap:
    """One text's way over the map.

    Attributes:
        points: (layers, 2), x and y after each layer.
        labels: (layers,) the label that really leads after each layer.
        base, slope: the logits on the map are base + slope @ (x, y); (labels,) and (labels, 2).
        exact: whether every state lies in the region of its label by construction.
    """

    points: FloatArray
    labels: NDArray[np.int64]
    base: FloatArray
    slope: FloatArray
    exact: bool

    def logits(self, points: FloatArray) -> FloatArray:
        """(n, 2) places of the map -> (n, labels)."""
        found: FloatArray = points @ self.slope.T + self.base
        return found

    @property
    def faithful(self) -> NDArray[np.bool_]:
        """(layers,) whether the layer's point lies in the region of its own label."""
        found: NDArray[np.bool_] = self.logits(self.points).argmax(axis=1) == self.labels
        return found

    def frame(self, *, margin: float = 0.12) -> tuple[float, float, float, float]:
        """Lowest and highest x, lowest and highest y that a picture needs.

        For two labels the border at x = 0 is always inside.
        """
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        if len(self.base) == 2:
            low[0], high[0] = min(low[0], 0.0), max(high[0], 0.0)
        span = high - low
        span = np.where(span > 1e-9, span, 1.0)
        low, high = low - margin * span, high + margin * span
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])

    def regions(
        self, frame: tuple[float, float, float, float], *, columns: int = 64
    ) -> Iterator[Region]:
        """Boxes that fill the frame, one column after another, by the label that wins there.

        Two labels need two boxes. For more, the border inside a column is that of its middle.
        """
        left, right, low, high = frame
        if len(self.base) == 2:
            border = min(max(0.0, left), right)
            if border > left:
                yield Region(0, left, border, low, high)
            if right > border:
                yield Region(1, border, right, low, high)
            return
        edges = np.linspace(left, right, columns + 1)
        for x, x2 in zip(edges[:-1], edges[1:], strict=True):
            at = self.base + self.slope[:, 0] * (x + x2) / 2
            for label in range(len(self.base)):
                # label wins where at[label] + s[label] y >= at[k] + s[k] y for every other k
                gap, tilt = at[label] - at, self.slope[label, 1] - self.slope[:, 1]
                flat = np.abs(tilt) < 1e-12
                if (gap[flat] < 0).any():
                    continue
                bounds = -gap[~flat] / tilt[~flat]
                y = max([low, *bounds[tilt[~flat] > 0]])
                y2 = min([high, *bounds[tilt[~flat] < 0]])
                if y2 > y:
                    yield Region(label, float(x), float(x2), float(y), float(y2))


def state_map(head: HeadStates) -> StateMap:
    """The map of one text."""
    states = head.states.astype(np.float64)
    weights, bias = head.weights.astype(np.float64), head.bias.astype(np.float64)
    labels = head.logits.argmax(axis=1).astype(np.int64)
    if len(weights) == 2:
        return _two_labels(states, weights, bias, labels)
    centred = weights - weights.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    directions = np.stack([_upright(one) for one in directions])
    if len(directions) < 2:  # states of width 1
        directions = np.vstack([directions, np.zeros_like(directions)])
    points = states @ directions.T
    middle = states.mean(axis=0)
    rest = middle - (middle @ directions.T) @ directions
    return StateMap(
        points=points,
        labels=labels,
        base=weights @ rest + bias,
        slope=weights @ directions.T,
        exact=len(weights) == 3,
    )


def _two_labels(
    states: FloatArray, weights: FloatArray, bias: FloatArray, labels: NDArray[np.int64]
) -> StateMap:
    difference = weights[1] - weights[0]
    x = states @ difference + (bias[1] - bias[0])
    length = float(np.linalg.norm(difference))
    unit = difference / length if length > 0 else difference
    rest = states - np.outer(states @ unit, unit)
    rest = rest - rest.mean(axis=0)
    direction = np.linalg.svd(rest, full_matrices=False)[2][0]
    y = rest @ direction
    if y[-1] < y[0]:  # the sign of a principal component is free: the way leads upwards
        y = -y
    return StateMap(
        points=np.stack([x, y], axis=1),
        labels=labels,
        base=np.zeros(2),
        slope=np.array([[0.0, 0.0], [1.0, 0.0]]),
        exact=True,
    )


def _upright(direction: FloatArray) -> FloatArray:
    """The direction or its opposite: the largest part is positive, so that maps do not flip."""
    return direction if direction[np.abs(direction).argmax()] > 0 else -direction
