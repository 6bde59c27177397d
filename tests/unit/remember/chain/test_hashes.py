"""The encoding of a row is unambiguous, and stays what it is."""

from __future__ import annotations

from itertools import combinations

from gateway.remember.chain.hashes import (
    COLUMNS,
    LATER_COLUMNS,
    NOTHING,
    RECIPIENT_COLUMNS,
    hash_after_break,
    row_hash,
    seal,
    with_later,
)
from gateway.remember.database.schema import audit, audit_recipients, history

KEY = bytes(32)


def test_no_two_rows_have_one_encoding():
    """Wherever a value ends, of whatever type it is, and whose recipient somebody is."""
    rows = [
        *(
            (["ab", "c"], ()),
            (["a", "bc"], ()),
            (["abc"], ()),
            (["abc", ""], ()),
            (["", "abc"], ()),
            (["ab", None], ()),
        ),
        *(
            (["1"], ()),
            ([1], ()),
            ([1.0], ()),
            ([b"1"], ()),
            ([None], ()),
            ([{"octets": "31"}, 0], ()),
            ([b"1", 0, 0], ()),
        ),
        *((["\udcff"], ()), (["\\udcff"], ()), (['"'], ()), (['","'], ()), (["a"], [["b"]]), (["a"], [["b"], []])),
        *((["a"], [["b", "c"]]), (["a"], [["b"], ["c"]]), (["a", "b"], ())),
    ]
    hashes = [row_hash(KEY, NOTHING, "audit", values, recipients) for values, recipients in rows]
    assert [pair for pair in combinations(hashes, 2) if len(set(pair)) == 1] == []


def test_key_chain_and_the_row_before_count():
    """So do the purposes of a hash."""
    hashes = {
        row_hash(KEY, NOTHING, "audit", ["a"]),
        row_hash(KEY, NOTHING, "history", ["a"]),
        row_hash(KEY, b"x" * 32, "audit", ["a"]),
        row_hash(b"x" * 32, NOTHING, "audit", ["a"]),
        hash_after_break(KEY, "audit", 1),
        hash_after_break(KEY, "audit", 2),
        hash_after_break(KEY, "history", 1),
        seal(KEY, "audit", "head", 1, NOTHING, 0, ""),
        seal(KEY, "audit", "start", 1, NOTHING, 0, ""),
    }
    assert len(hashes) == 9


def test_hashes_stay_what_they_are():
    """Another encoding would make every row of every store a changed one."""
    values = ["m1", 1740832215123456, "é\udcff", None]
    found = row_hash(KEY, NOTHING, "audit", values, [[0, "b@example.com", "b@example.com", "inbound", "relay"]])
    assert found.hex() == "d7c72f67ae0c2cbd1566493cb61c0d2f3d4a994210729aab69460da6578a5323"
    assert (
        seal(KEY, "audit", "head", 1, NOTHING, 5, "").hex()
        == "8cf7619032c31b3544c15dd7f7431efedabf2c8bfa8f1d940a0735b17b1fbbe1"
    )


def test_every_column_is_hashed():
    """All but the place in the chain, and what leads from a recipient to its message."""
    for name, table in (("audit", audit), ("history", history)):
        assert [c.name for c in table.c if c.name not in ("number", "hash")] == [*COLUMNS[name], *LATER_COLUMNS[name]]
    assert [c.name for c in audit_recipients.c if c.name not in ("id", "at")] == list(RECIPIENT_COLUMNS)


def test_a_later_column_counts_where_it_says_something():
    """A row that was written before it has the hash that it had; nobody can empty it or fill it unseen."""
    rows = [with_later("audit", ["m1"], [text, ""]) for text in ("{}", "{} ", '{"a.b":"reject"}', None)]
    rows += [with_later("audit", ["m1"], ["{}", login]) for login in ("ann", "bob")]
    assert rows[0] == ["m1"]
    assert with_later("history", ["m1"], []) == ["m1"]
    assert len({row_hash(KEY, NOTHING, "audit", values) for values in rows}) == 6
