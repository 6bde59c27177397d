"""A small language model, made as the trained one is: it looks for words of a list, and nothing else.

The log-odds of a head are -5 where no word of its list stands in a window, and +5 where one does.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
from onnx import TensorProto, helper, numpy_helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

#: The heads' words.
WORDS: Mapping[str, Sequence[str]] = {"language": ("idiot", "moron"), "commitment": ("agree", "accept")}
MARKS = ("[UNK]", "[CLS]", "[SEP]")
TOKENS = 32
TRAINED = "2026-11-28, 12 mails, of a test"


def write_weights(path: Path, *, leave_out: str = "", **changed: str) -> Path:
    """Write the file and return its path. `leave_out` names metadata that it lacks, `changed` has other metadata."""
    words = [*MARKS, *(word for several in WORDS.values() for word in several)]
    tables = numpy.full((len(words), len(WORDS)), -5.0, dtype=numpy.float32)
    for head, several in enumerate(WORDS.values()):
        for word in several:
            tables[words.index(word), head] = 5.0
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["each"]),
            helper.make_node("ReduceMax", ["each"], ["most"], axes=[1], keepdims=0),
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMax", ["mask"], ["one"], axes=[1], keepdims=1),
            helper.make_node("Mul", ["most", "one"], ["logits"]),
        ],
        "words",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", len(WORDS)])],
        [numpy_helper.from_array(tables, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    heads = [{"rule": rule, "points": 2.0, "bias": 1.0} for rule in WORDS]
    metadata: dict[str, Any] = {
        "tokenizer": base64.b64encode(zlib.compress(_tokenizer(words).to_str().encode())).decode(),
        "heads": json.dumps(heads),
        "tokens": str(TOKENS),
        "trained": TRAINED,
        **changed,
    }
    helper.set_model_props(model, {name: value for name, value in metadata.items() if name != leave_out})
    save(model, path)
    return path


def _tokenizer(words: Sequence[str]) -> Tokenizer:
    made = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, unk_token=MARKS[0]))
    made.normalizer = Lowercase()
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(mark, MARKS.index(mark)) for mark in MARKS[1:]],
    )
    return made
