"""The client that waits for the answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.client import NotRunning, ask
from gateway.control.refusal import Refused
from tests.unit.control.conftest import Answering


def test_a_question_and_its_result(answering: Answering) -> None:
    """One line of JSON each way."""
    folder = answering(rb'{"result": [1, "\u00e9"]}' + b"\n")
    assert ask(folder, "held", {"id": "x"}) == [1, "\u00e9"]
    assert (folder / "question").read_bytes() == b'{"do": "held", "with": {"id": "x"}}\n'


def test_a_refusal_is_raised(answering: Answering) -> None:
    """With its codes."""
    with pytest.raises(Refused, match="not now") as refused:
        ask(answering(b'{"refused": "not now", "codes": ["personal"]}\n'), "held", {})
    assert refused.value.codes == ("personal",)


@pytest.mark.parametrize("answer", [b"", b'{"result": [1'])
def test_an_answer_that_was_cut_is_none(answering: Answering, answer: bytes) -> None:
    """The gateway was killed in the middle."""
    with pytest.raises(NotRunning, match="gave no answer"):
        ask(answering(answer), "held", {})


def test_without_a_socket_nobody_answers(tmp_path: Path) -> None:
    """Nor at a socket whose gateway was killed."""
    with pytest.raises(NotRunning, match="no gateway answers at"):
        ask(tmp_path, "held", {})
