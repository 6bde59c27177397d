"""Any text as a name, and any octets as a field: total, bounded, and in known terms."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.message.header.name_defects import DEFECTS, name_defects
from gateway.message.header.name_forms import DROPPED, INVISIBLE, MAX_FORMS, name_forms
from gateway.message.header.names import Names
from gateway.message.mime.parse import parse

DISGUISES = st.sampled_from(
    ["%2E", "&#46;", "=2e", "\0", ":", "\\", "/", ". ", "\u202e", "\u200b", "\uff0e", '"', "'", ".exe"]
)
NAMES = st.lists(st.text(max_size=20) | DISGUISES, max_size=20).map("".join)
FIELDS = st.lists(
    st.binary(max_size=10)
    | st.sampled_from(
        [b";", b'"', b" filename=", b"filename*0*=", b"name*=utf-16''", b"=?utf-8?B?", b"\r\n ", b"\\", b"(", b"\x1b$B"]
    ),
    max_size=20,
).map(b"".join)


@given(NAMES)
@example("\uffa0.\u3164")
def test_any_name_has_forms(name: str) -> None:
    """The forms are bounded, without invisible characters and those that Windows drops."""
    forms = name_forms(name)
    assert len(forms) == len(set(forms)) <= MAX_FORMS
    for form in forms:
        assert form == form.rstrip(DROPPED) != ""
        assert not INVISIBLE.search(form)


@given(NAMES, NAMES)
def test_any_names_have_known_defects(one: str, other: str) -> None:
    """Codes of the table, each once."""
    found = [code for code, _ in name_defects(Names((one, other), folded=(f"{one}\x0b{other}",)))]
    assert set(found) <= set(DEFECTS)
    assert len(found) == len(set(found))


@given(FIELDS)
def test_any_field_is_read(value: bytes) -> None:
    """Every name that is shown has its forms among all."""
    part = parse(b"Content-Disposition: x;" + value + b"\r\n\r\nhi").root
    assert set(part.names) <= set(part.name_forms)
    assert isinstance(part.defects, tuple)
