"""Scores of mails by an ONNX file: for each rule the highest log-odds of a mail's windows, as the gateway has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from gateway.language_model.written import windows
from training.mails import TOKENS, Labelled

#: Tokens around a pair: [CLS] subject [SEP] text [SEP].
MARKS = 3
#: Windows of one message that the gateway reads: of a longer message the beginning and the end.
FIRST_WINDOWS, LAST_WINDOWS = 6, 2


class Scorer:
    """Score mails with one thread, a window at a time: in eight bits a batch's other texts would move the scores."""

    def __init__(self, path: Path, words: Any) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._words = words

    def of(self, mails: Sequence[Labelled]) -> Any:
        """Return an array with a row a mail and a column a head."""
        return np.array([self._highest(mail) for mail in mails])

    def _highest(self, mail: Labelled) -> Any:
        room = max(TOKENS - MARKS - self._length(mail.subject), TOKENS // 2)
        cut = list(windows(mail.sentences, self._length, room))
        if len(cut) > FIRST_WINDOWS + LAST_WINDOWS:
            cut = cut[:FIRST_WINDOWS] + cut[-LAST_WINDOWS:]
        texts = [" ".join(mail.sentences[one.first : one.end]) for one in cut]
        return np.max([self._logits(mail.subject, text) for text in texts], axis=0)

    def _length(self, text: str) -> int:
        return len(self._words.encode(text, add_special_tokens=False))

    def _logits(self, subject: str, text: str) -> Any:
        ids = np.array([self._words.encode(subject, text).ids], dtype=np.int64)
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return logits[0]
