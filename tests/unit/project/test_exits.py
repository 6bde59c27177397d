"""The exits of the language model's network, in a network of two layers that add one to each vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import ModelProto, checker, helper, numpy_helper
from onnx.parser import parse_graph

from training.exits import Exit, add_exits, vectors

#: Two words that differ by their sign, two layers that add one to what is above zero, and two heads.
TABLE = np.array([[-3.0, 0.0], [3.0, 0.0]], np.float32)
NETWORK = """
words (int64[b, t] input_ids, int64[b, t] attention_mask) => (float[b, 2] logits) {
    mask = Cast <to = 1> (attention_mask)
    last_mask = Unsqueeze (mask, two)
    h0 = Gather (table, input_ids)
    h1 = Add (h0, one)
    h2 = Add (h1, one)
    h3 = Mul (h2, last_mask)
    logits = ReduceMax <axes = [1], keepdims = 0> (h3)
}
"""


def network() -> ModelProto:
    """Return the network without exits."""
    graph = parse_graph(NETWORK)
    arrays = {"table": TABLE, "one": np.ones(2, np.float32), "two": np.array([2])}
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    names = {f"h{layers}": vectors(layers) for layers in (1, 2)}
    for node in graph.node:
        node.input[:] = [names.get(one, one) for one in node.input]
        node.output[:] = [names.get(one, one) for one in node.output]
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def one_exit(layers: int, says: float, limit: float) -> Exit:
    """Return an exit that says a figure of its own, and more where the first number of a vector is above zero."""
    first = np.array([[10.0], [0.0]], np.float32)
    out, bias = np.array([[1.0, 1.0]]), np.array([says, says])
    return Exit(layers, 2, first, first, np.zeros(1), out, bias, np.array([limit, limit]), np.array([-6.0, -20.0]))


def said(model: ModelProto, *ids: int) -> Any:
    checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    row = np.array([ids])
    (logits,) = session.run(["logits"], {"input_ids": row, "attention_mask": np.ones_like(row)})
    return logits.tolist()


def with_exits(*exits: Exit) -> ModelProto:
    model = network()
    add_exits(model, exits)
    return model


SURE, UNSURE = one_exit(1, says=-7, limit=-5), one_exit(1, says=-7, limit=-8)
LATER = one_exit(2, says=-9, limit=-8)


@pytest.mark.parametrize(
    ("exits", "ids", "logits"),
    [
        ((), [0, 0], [-1, 2]),
        ((SURE,), [0, 0], [-7, -20]),
        ((UNSURE,), [0, 0], [-1, 2]),
        ((SURE, LATER), [0, 0], [-7, -20]),
        ((LATER, UNSURE), [0, 0, 0], [-9, -20]),
        ((SURE, LATER), [0, 0, 1], [5, 2]),
    ],
)
def test_a_text_stops_at_the_first_exit_where_all_heads_are_below_their_limits(
    exits: Sequence[Exit], ids: Sequence[int], logits: Sequence[float]
) -> None:
    assert said(with_exits(*exits), *ids) == [logits]


def test_one_head_that_is_not_below_its_limit_goes_on() -> None:
    assert said(with_exits(replace(SURE, limits=np.array([-5.0, -8.0]))), 0, 0) == [[-1, 2]]


def test_a_short_text_goes_on() -> None:
    assert said(with_exits(SURE), 0) == [[-1, 2]]


def test_what_stands_behind_an_exit_is_in_its_branch() -> None:
    """With it go the constants that it alone needs."""
    (rest,) = (one.g for one in with_exits(SURE).graph.node[-1].attribute if one.name == "else_branch")
    assert [node.op_type for node in rest.node] == ["Cast", "Unsqueeze", "Add", "Mul", "ReduceMax"]
    assert [tensor.name for tensor in rest.initializer] == ["two"]
