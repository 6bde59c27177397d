"""Source code of ours in attached files, by the header that reserves it."""

from __future__ import annotations

from functools import cache

import pytest

from filters.confidential.source_code import SourceCode
from gateway.matching import Lexicon
from gateway.message.mime.parse import parse
from tests.unit.filters.confidential.conftest import shipped


@cache
def source_code() -> SourceCode:
    return SourceCode(shipped().rules, ("Example Ltd", ""), Lexicon(shipped().rules.lists))


def found(content: str, name: str = "tool.py") -> list[str]:
    raw = (
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
        f"Content-Type: text/plain; name={name}\r\nContent-Disposition: attachment; filename={name}\r\n\r\n"
        f"{content}\r\n--b--\r\n"
    )
    return [one.quote for one in source_code().found(parse(raw.encode()), ("example.co.uk",))]


@pytest.mark.parametrize(
    "header",
    [
        "# Copyright 2026 Example Ltd. All rights reserved.",
        "// (c) example ltd - proprietary and confidential",
        "/* Owner: dev@example.co.uk. Unauthorised copying is forbidden. */",
    ],
)
def test_ours(header: str) -> None:
    assert found(f"{header}\r\nimport os\r\n") == ["tool.py"]


@pytest.mark.parametrize(
    "header",
    [
        "# Copyright 2026 Somebody Else. All rights reserved.",
        "# Copyright 2026 Example Ltd",
        "# Copyright 2026 Example Ltd. All rights reserved. Redistribution and use in source and binary forms",
        "# SPDX-License-Identifier: MIT. Copyright Example Ltd, all rights reserved",
    ],
)
def test_not_ours_or_everybodys(header: str) -> None:
    assert found(f"{header}\r\nimport os\r\n") == []


def test_a_letter_is_no_source_code() -> None:
    assert found("Copyright 2026 Example Ltd. All rights reserved.", name="letter.txt") == []
