"""Sizes as people read them."""

from __future__ import annotations

import pytest

from gateway.log.sizes import readable_size


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        *(
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (102_297, "99.9 KiB"),
            (102_399, "100 KiB"),
            (240_112, "234 KiB"),
        ),
        *((2**20 - 1, "1024 KiB"), (2**20, "1.0 MiB"), (10 * 2**30, "10.0 GiB"), (2**40, "1024 GiB")),
    ],
)
def test_sizes_for_people(octets: int, text: str) -> None:
    """Powers of 1,024; three digits at most before the next unit."""
    assert readable_size(octets) == text
