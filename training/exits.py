"""Exits of the network: after some layers it may stop, where a read-out of their vectors says that nothing is there.

The read-out predicts the log-odds that the last layer would give. Where they are below the limits of all heads, the
answer is the least that counts; else the other layers run, and answer as they would without exits, to the bit. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

LOGITS = "logits"
#: Octets from which on weights are large: the matrices of a layer are, the heads aren't.
LARGE_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Exit:
    """The read-out after so many layers, as arrays. A feature is a mean over the tokens to which it attends."""

    layers: int
    least_tokens: int  # of a text that may stop
    attend: Any  # from vectors to features
    say: Any
    say_bias: Any
    out: Any  # from features to heads
    out_bias: Any
    limits: Any  # of the heads' log-odds
    least: Any  # the log-odds from which on a head speaks against a finding as much as it can


def vectors(layers: int) -> str:
    """Return the tensor of the tokens' vectors after so many layers, as `training.export` names it."""
    return f"/layers.{layers - 1}/outer_norm/LayerNormalization_output_0"


def add_exits(model: ModelProto, exits: Sequence[Exit]) -> None:
    """Give exits to a network whose last node makes the log-odds.

    onnxruntime joins operations whose constants it knows, and it knows those of the same graph alone. So constants and
    small weights go with the nodes that read them. Large ones stay: of those in a branch it keeps a second copy.
    """
    graph = model.graph
    nodes, weights = list(graph.node), list(graph.initializer)
    for one in sorted(exits, key=lambda one: -one.layers):  # a later exit stands in what an earlier one leaves out
        name = f"exit{one.layers}"
        nodes, rest = divided(nodes, vectors(one.layers))
        rest[-1].output[0] = f"{name}.rest"
        read = {tensor for node in nodes for tensor in node.input}
        theirs = [tensor for tensor in weights if tensor.ByteSize() < LARGE_BYTES and tensor.name not in read]
        stop = [helper.make_node("Min", [f"{name}.odds", f"{name}.least"], [f"{name}.said"])]
        branches = {"then_branch": _branch(graph, stop, []), "else_branch": _branch(graph, rest, theirs)}
        nodes += [*_read_out(one, name), helper.make_node("If", [f"{name}.stops"], [LOGITS], name, **branches)]
        weights = [*(tensor for tensor in weights if tensor not in theirs), *_arrays(one, name)]
    top = _branch(graph, nodes, weights)
    for field in ("node", "initializer", "value_info"):
        graph.ClearField(field)
        getattr(graph, field).extend(getattr(top, field))


def divided(nodes: Sequence[NodeProto], tensor: str) -> tuple[list[NodeProto], list[NodeProto]]:
    """Divide nodes in the order of their work: those that a tensor is made by, and all others."""
    needed, making = {tensor}, []
    for number, node in reversed(list(enumerate(nodes))):
        if not needed.isdisjoint(node.output):
            needed.update(node.input)
            making.append(number)
    return [nodes[number] for number in reversed(making)], [n for number, n in enumerate(nodes) if number not in making]


def _branch(whole: GraphProto, nodes: Sequence[NodeProto], weights: Sequence[TensorProto]) -> GraphProto:
    """Return a graph of some nodes, with what the whole one knows of their tensors' shapes."""
    made = {tensor for node in nodes for tensor in node.output}
    (logits,) = whole.output
    output = helper.make_value_info(nodes[-1].output[0], logits.type)
    shapes = [one for one in whole.value_info if one.name in made]
    return helper.make_graph(nodes, nodes[-1].output[0], [], [output], weights, value_info=shapes)


def _read_out(one: Exit, name: str) -> Iterator[NodeProto]:
    """Yield the nodes that make `odds` and `stops` of an exit."""
    for operation, inputs, output, attributes in (
        ("MatMul", (vectors(one.layers), f"{name}.attend"), "attention", {}),
        ("Softmax", (f"{name}.attention",), "shares", {"axis": 1}),
        ("MatMul", (vectors(one.layers), f"{name}.say"), "said_by_each", {}),
        ("Mul", (f"{name}.shares", f"{name}.said_by_each"), "parts", {}),
        ("ReduceSum", (f"{name}.parts", f"{name}.tokens"), "sums", {"keepdims": 0}),
        ("Add", (f"{name}.sums", f"{name}.say_bias"), "features", {}),
        ("Relu", (f"{name}.features",), "positive", {}),
        ("MatMul", (f"{name}.positive", f"{name}.out"), "weighed", {}),
        ("Add", (f"{name}.weighed", f"{name}.out_bias"), "odds", {}),
        ("Sub", (f"{name}.odds", f"{name}.limits"), "above", {}),
        ("ReduceMax", (f"{name}.above",), "highest", {"keepdims": 0}),
        ("Less", (f"{name}.highest", f"{name}.nothing"), "below", {}),
        ("Size", ("input_ids",), "length", {}),
        ("GreaterOrEqual", (f"{name}.length", f"{name}.least_tokens"), "long", {}),
        ("And", (f"{name}.below", f"{name}.long"), "stops", {}),
    ):
        node = helper.make_node(operation, inputs, [f"{name}.{output}"])
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        yield node


def _arrays(one: Exit, name: str) -> Iterator[TensorProto]:
    arrays = {field.name: getattr(one, field.name) for field in fields(one) if field.type == "Any"}
    for what, array in {**arrays, "nothing": 0.0}.items():
        yield numpy_helper.from_array(np.array(array, np.float32), f"{name}.{what}")
    yield numpy_helper.from_array(np.array([1], np.int64), f"{name}.tokens")
    yield numpy_helper.from_array(np.array(one.least_tokens, np.int64), f"{name}.least_tokens")
