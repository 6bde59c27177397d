"""The small language model of the tests, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders.weights import write_weights


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("weights") / "weights.onnx")
