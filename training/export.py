"""`python -m training.export`: writes the trained network as ONNX, once in full precision and once in eight bits.

Reads `build/training/network.safetensors`; prints how well the scores of the two agree.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file

from training.encoder import Network
from training.fit import BASE, FOLDER, MAILS, NETWORK, tokenizer
from training.mails import RULES, read
from training.scores import Scorer

WHOLE, SMALL = FOLDER / "network.onnx", FOLDER / "small.onnx"
OPSET = 17
#: Mails whose scores are compared, and the correlation that each head must have at least.
COMPARED, LEAST_CORRELATION = 300, 0.99


class NotAlike(RuntimeError):
    """The scores in eight bits differ too much from those in full precision."""


def export(network: Network, path: Path) -> None:
    """Write the network in full precision."""
    network.eval()
    example = (torch.tensor([[101, 2054, 102]]), torch.tensor([[1, 1, 1]]))
    axes = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask")}
    torch.onnx.export(
        network,
        example,
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={**axes, "logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def quantised(path: Path, to: Path) -> None:
    """Write an eight-bit form: the words' vectors, and the matrices of the layers.

    Seven of the eight bits are used: processors without VNNI add two products in sixteen bits, which eight overflow.
    The heads, of a few kilobytes, stay in full precision.
    """
    matrices = [node.name for node in onnx.load(path).graph.node if node.op_type == "MatMul"]
    heads = [name for name in matrices if "/say/" in name or "/attend/" in name]
    quantize_dynamic(
        path,
        to,
        op_types_to_quantize=["MatMul", "Gather"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        nodes_to_exclude=heads,
    )


def correlations(whole: Any, small: Any) -> list[float]:
    """Return the correlation of the scores, for each head."""
    return [float(np.corrcoef(whole[:, head], small[:, head])[0, 1]) for head in range(whole.shape[1])]


def main() -> None:
    network = Network(len(RULES))
    network.load_state_dict(load_file(NETWORK))
    export(copy.deepcopy(network), WHOLE)
    quantised(WHOLE, SMALL)
    mails = [mail for mail in read(MAILS) if mail.use == "hold back"]
    compared = mails[:: max(1, len(mails) // COMPARED)][:COMPARED]
    words = tokenizer(BASE)
    whole, small = (Scorer(path, words).of(compared) for path in (WHOLE, SMALL))
    found = correlations(whole, small)
    sys.stdout.write(f"{SMALL.stat().st_size / 1e6:.1f} MB, correlations {', '.join(f'{one:.4f}' for one in found)}\n")
    if min(found) < LEAST_CORRELATION:
        raise NotAlike(f"a correlation of scores is below {LEAST_CORRELATION}: {min(found):.4f}")


if __name__ == "__main__":
    main()
