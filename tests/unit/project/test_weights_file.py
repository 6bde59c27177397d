"""The shipped weights of the language model: their shape, and what they say of mails that leave no doubt."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from tokenizers import Tokenizer

from training import base
from training.mails import RULES, TOKENS

MOST_BYTES = 25_000_000
LEAST, MOST = -10.0, 20.0


@dataclass(frozen=True, slots=True)
class Weights:
    """The file, opened."""

    session: Any
    metadata: Mapping[str, str]

    @property
    def heads(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.metadata["heads"])
        return found

    @property
    def tokenizer(self) -> Any:
        return Tokenizer.from_str(zlib.decompress(base64.b64decode(self.metadata["tokenizer"])).decode())

    def weigh(self, subject: str, text: str) -> dict[str, float]:
        """Return the weight that the gateway would add to each rule's words."""
        ids = np.array([self.tokenizer.encode(subject, text).ids], dtype=np.int64)
        (logits,) = self.session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return {
            head["rule"]: max(LEAST, min(MOST, head["points"] * float(one) + head["bias"]))
            for head, one in zip(self.heads, logits[0], strict=True)
        }


@pytest.fixture(scope="module")
def path(root: Path) -> Path:
    return root / "gateway/language_model/weights.onnx"


@pytest.fixture(scope="module")
def weights(path: Path) -> Weights:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return Weights(session, session.get_modelmeta().custom_metadata_map)


def test_it_is_small_enough_for_a_package(path: Path) -> None:
    assert path.stat().st_size <= MOST_BYTES


def test_a_head_a_rule(weights: Weights) -> None:
    assert [head["rule"] for head in weights.heads] == list(RULES)
    assert all(set(head) == {"rule", "points", "bias"} and head["points"] > 0 for head in weights.heads)


def test_the_graph_takes_tokens_and_gives_log_odds(weights: Weights) -> None:
    inputs = {one.name: (one.type, len(one.shape)) for one in weights.session.get_inputs()}
    assert inputs == dict.fromkeys(("input_ids", "attention_mask"), ("tensor(int64)", 2))
    (output,) = weights.session.get_outputs()
    assert (output.name, output.shape[1]) == ("logits", len(RULES))


def test_it_says_what_it_was_made_of(weights: Weights) -> None:
    """The date, the number of mails, the hash of the labelled files, and the base encoder with its hash."""
    line = r"2\d{3}-\d\d-\d\d, \d{4,} mails, labelled files [0-9a-f]{64}, base (.+)"
    said = re.fullmatch(line, weights.metadata["trained"])
    assert said
    assert said[1] == base.NAME


def test_a_long_pair_is_cut_to_a_window_and_nothing_is_padded(weights: Weights) -> None:
    assert int(weights.metadata["tokens"]) == TOKENS
    assert len(weights.tokenizer.encode("Lunch", "We meet at noon. " * 200)) == TOKENS
    assert len(weights.tokenizer.encode("Lunch", "We meet at noon.")) < 12


def test_padding_changes_nothing_much(weights: Weights) -> None:
    ids = weights.tokenizer.encode("Bank", "Please pay to our new account from now on.").ids
    short = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), dtype=np.int64)}
    padded = {name: np.pad(row, ((0, 0), (0, 20))) for name, row in short.items()}
    (alone,), (beside,) = (weights.session.run(None, given) for given in (short, padded))
    assert np.allclose(alone, beside, atol=0.5)


@pytest.mark.parametrize(
    ("rule", "subject", "text"),
    [
        (
            "payment_change",
            "Invoice 2291",
            "Dear customer, we have moved our business to another bank. From June on please pay to 20-30-40 12345678.",
        ),
        (
            "language",
            "You",
            "You useless fat pig, everybody here is sick of you. Stay away from me or you'll regret it.",
        ),
        (
            "commitment",
            "Re: Quotation 318",
            "We accept your quotation 318 as it stands, at 12,400 pounds. Please treat this as our order and begin.",
        ),
        (
            "broadcast",
            "FW: FW: Good luck",
            "Send this to ten friends within the hour and luck will find you. Don't break the chain! Pass it on.",
        ),
        (
            "confidential",
            "as promised",
            "Here are the salaries of our drivers, keep them to yourself: Wayne 34,812, Mick 36,100, Jodie 31,450.",
        ),
        (
            "personal",
            "our boiler",
            "Dear Sirs, the boiler in our flat is broken again and my wife is freezing. Please send somebody soon.",
        ),
    ],
)
def test_a_plain_finding_weighs_for_its_rule(weights: Weights, rule: str, subject: str, text: str) -> None:
    """The heads stand in their order. One other may weigh more: a chain letter that threatens is abusive too."""
    found = weights.weigh(subject, text)
    assert found[rule] > 3
    assert rule in sorted(found, key=lambda one: found[one])[-2:]


@pytest.mark.parametrize(
    ("subject", "text", "stops"),
    [
        (
            "re: [satalk] rules",
            "the regular expression in that rule matches the header twice. you can see it with spamassassin -d < "
            "message. i changed it to match at the start of the line, and the test suite passes now with perl 5.8. the "
            "old rule is kept in the file, as a comment.",
            True,
        ),
        ("banque", "nous avons change de banque.", False),
        ("you", "you useless fat pig, everybody here is sick of you. stay away from me or you'll regret it.", False),
    ],
)
def test_where_nothing_is_there_it_stops_after_the_first_layer(
    path: Path, weights: Weights, subject: str, text: str, stops: bool
) -> None:
    model = onnx.load(path)
    model.graph.output.append(onnx.helper.make_tensor_value_info("exit1.stops", onnx.TensorProto.BOOL, []))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    ids = np.array([weights.tokenizer.encode(subject, text).ids], dtype=np.int64)
    assert session.run(["exit1.stops"], {"input_ids": ids, "attention_mask": np.ones_like(ids)}) == [stops]
    assert (max(weights.weigh(subject, text).values()) == LEAST) == stops


def test_ordinary_mail_weighs_against_every_rule(weights: Weights) -> None:
    text = "Hello Dean, the meeting on the drainage survey is moved to Thursday at ten, in room 4. Drawings C4 apply."
    assert max(weights.weigh("Survey meeting", text).values()) < 0
