"""The network and its tokenizer, from one ONNX file; onnxruntime runs it on one thread. For the model's process alone.

The file's metadata hold the tokenizer, the heads and the most tokens of a window (docs/language-model.md). The
libraries are loaded with the file and not with this module: the process has locked itself by then, so that no library
can reach the network or leave a file, as onnxruntime does that reports its use (from 1.29 on).
"""

from __future__ import annotations

import base64
import json
import os
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.language_model.written import windows

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

#: Windows of one message that are read: of more, the first and the last.
FIRST_WINDOWS, LAST_WINDOWS = 6, 2
#: Sentences of a window that are left out one by one: where it has more, those with the most tokens.
MOST_LEFT_OUT = 12
#: The place of the subject among the sentences.
SUBJECT = -1

#: Runs of sentences, [first, end); all of them are one.
Runs = Sequence[tuple[int, int]]
WHOLE: Runs = ((0, sys.maxsize),)

#: One thread is enough for one question at a time, and a locked process can start none. Nobody is told of what is read.
_ENVIRONMENT = {
    **{"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
    **{"ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1"},
}


class Unusable(ValueError):
    """The weights file is no language model of ours: the sentence says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence as tokens; a sentence that is longer than a window makes several."""

    sentence: int
    encoding: Encoding

    def __len__(self) -> int:
        return len(self.encoding)


class Encoder:
    """The language model, ready to read.

    It keeps what it read of one message until another comes: sentences and further heads come of it cheaper.
    """

    def __init__(self, path: Path) -> None:
        """Load the file. Raises Unusable, and what onnxruntime raises for a file that is none of its own."""
        os.environ.update(_ENVIRONMENT)
        onnxruntime, self._tokenizers, self._numpy = map(import_module, ("onnxruntime", "tokenizers", "numpy"))
        self._session = onnxruntime.InferenceSession(path, _options(onnxruntime), providers=["CPUExecutionProvider"])
        metadata = self._session.get_modelmeta().custom_metadata_map
        try:
            self._tokenizer = self._read_tokenizer(metadata["tokenizer"])
            self.heads: list[dict[str, Any]] = json.loads(metadata["heads"])
            self._tokens = int(metadata["tokens"])
            self.trained = metadata["trained"]
        except KeyError as error:
            raise Unusable(f"its metadata lack {error}") from error
        self._marks = self._tokenizer.num_special_tokens_to_add(is_pair=True)
        self._nothing = self._encoded([""])[0]
        self._message = 0
        self._said: dict[tuple[int, ...], list[float]] = {}  # of that message, by the tokens that were read
        found = len(self.log_odds("A subject", ["A sentence."])[0])  # onnxruntime makes some things at the first run
        if found != len(self.heads):
            raise Unusable(f"it has {found} outputs and names {len(self.heads)} heads")

    def _read_tokenizer(self, text: str) -> Tokenizer:
        made: Tokenizer = self._tokenizers.Tokenizer.from_str(zlib.decompress(base64.b64decode(text)).decode())
        made.no_truncation()
        made.no_padding()
        return made

    def turn_to(self, message: int) -> None:
        """Forget what was read of another message."""
        if message != self._message:
            self._message, self._said = message, {}

    def log_odds(self, subject: str, sentences: Sequence[str], runs: Runs = WHOLE) -> list[list[float]]:
        """Return the log-odds of all heads for each window that is read of these runs of sentences."""
        title, pieces = self._cut(subject, sentences, runs)
        return [self._run(title, window) for window in self._windows(title, pieces, runs)]

    def contributions(
        self, subject: str, sentences: Sequence[str], head: int, runs: Runs = WHOLE
    ) -> list[tuple[int, float]]:
        """Return what sentences add to a head's log-odds: what is lost where they are left out, one by one.

        They are those of the window with the highest log-odds, and the subject.
        """
        title, pieces = self._cut(subject, sentences, runs)
        cut = self._windows(title, pieces, runs)
        window, whole = max(((one, self._run(title, one)[head]) for one in cut), key=lambda found: found[1])
        found = [(SUBJECT, whole - self._run(self._nothing, window)[head])] if len(title) else []
        for left_out in sorted(window, key=len, reverse=True)[:MOST_LEFT_OUT]:
            rest = [one for one in window if one is not left_out]
            found.append((left_out.sentence, whole - self._run(title, rest)[head]))
        return found

    def _cut(self, subject: str, sentences: Sequence[str], runs: Runs) -> tuple[Encoding, list[Piece]]:
        title = self._encoded([subject])[0]
        room = self._room(title)
        numbers = sorted({one for first, end in runs for one in range(len(sentences))[first:end]})
        pieces = []
        for number, encoding in zip(numbers, self._encoded([sentences[one] for one in numbers]), strict=True):
            encoding.truncate(room)
            pieces += [Piece(number, one) for one in (encoding, *encoding.overflowing)]
        title.truncate(max(self._tokens - self._marks - room, 0))
        return title, pieces

    def _room(self, title: Encoding) -> int:
        """Return the tokens of a window that are left for sentences: at least half of them."""
        return max(self._tokens - self._marks - len(title), self._tokens // 2)

    def _windows(self, title: Encoding, pieces: list[Piece], runs: Runs) -> list[list[Piece]]:
        room, cut = self._room(title), []
        for first, end in runs:
            run = [one for one in pieces if first <= one.sentence < end]
            cut += [run[one.first : one.end] for one in windows(run, len, room)]
        if len(cut) > FIRST_WINDOWS + LAST_WINDOWS:
            return cut[:FIRST_WINDOWS] + cut[-LAST_WINDOWS:]
        return cut

    def _encoded(self, texts: Sequence[str]) -> list[Encoding]:
        clean = [one.encode("utf-8", "replace").decode() for one in texts]
        return self._tokenizer.encode_batch(clean, add_special_tokens=False)

    def _run(self, title: Encoding, window: Sequence[Piece]) -> list[float]:
        """Read one window, unless it was read. They are read one by one: together they would change their rounding."""
        text = self._tokenizers.Encoding.merge([one.encoding for one in window]) if window else self._nothing
        tokens = tuple(self._tokenizer.post_process(title, text).ids)
        if tokens not in self._said:
            ids = self._numpy.array([tokens], dtype=self._numpy.int64)
            inputs = {"input_ids": ids, "attention_mask": self._numpy.ones_like(ids)}
            (logits,) = self._session.run(["logits"], inputs)
            self._said[tokens] = [float(one) for one in logits[0]]
        return self._said[tokens]


def _options(onnxruntime: Any) -> Any:
    """Return options for one thread that gives back its memory."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3  # errors alone
    return options
