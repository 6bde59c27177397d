"""Each decision says in a line a message what became of it."""

from __future__ import annotations

from tests.unit.cli.conftest import Site, with_program


def test_json_has_an_object_a_message(site: Site) -> None:
    """Without the line that counts."""
    ids = [site.take(with_program(id=str(n))) for n in range(2)]
    rows = site.rows("quarantine", "delete", *ids, "--reason", "spam")
    assert [row["id"] for row in rows] == ids
    assert {row["bin_days"] for row in rows} == {7}


def test_options_that_belong_together(site: Site) -> None:
    id = site.take(with_program())
    assert "belong together" in site.run("quarantine", "release", id, "--how", "telephone", code=2).stderr
    assert "goes with --fraud" in site.run("quarantine", "delete", id, "--account", "x", "--reason", "y", code=2).stderr
    assert site.run("quarantine", "note", id, "--text", " ", code=2).stderr == "--text must say something\n"


def test_an_extension_says_until_when(site: Site) -> None:
    id = site.take(with_program())
    assert " is kept until 20" in site.run("quarantine", "extend", id, "--days", "60", "--reason", "court").stdout
    again = site.run("quarantine", "extend", id, "--days", "5", "--reason", "court", code=1)
    assert " already: nothing was changed" in again.stdout + again.stderr
    assert "is kept until" not in again.stdout
    (entry,) = site.rows("quarantine", "show", id)
    assert [h["operation"] for h in entry["history"]].count("extend") == 1
    site.run("quarantine", "extend", id, "--days", "366", "--reason", "court", code=2)
