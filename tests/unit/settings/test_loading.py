"""The whole configuration: defaults, what depends on what, included files, and all problems at once."""

from __future__ import annotations

import pickle
import socket
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings.loading import load as load_settings
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

TWO_LISTENERS = """\
organisation: {{name: Example Ltd, domains: [example.co.uk]}}
listeners:
  - {{name: a, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://a", {more}}}
  - {{name: b, address: "127.0.0.1:2526", direction: inbound, next_hop: "smtp://a"}}
"""


def test_a_minimal_configuration_has_the_shipped_defaults(load: Load, folder: Path) -> None:
    """The organisation and one listener are enough."""
    settings = load()
    assert settings.data_dir == folder / "var"
    assert settings.store == f"sqlite:///{folder}/var/mailwarden.db"
    assert settings.limits.message_bytes == 50 * 2**20
    assert settings.limits.recipients == 500
    assert settings.defer_limit == timedelta(hours=4)
    assert (settings.retention.quarantine_days, settings.retention.audit_days) == (30, 180)
    assert settings.quarantine_max_bytes == 10 * 2**30
    assert settings.listeners[0].verify_recipients
    assert not settings.listeners[0].after_queue
    assert settings.listeners[0].bare_newline == "normalise"
    assert settings.workers is None
    assert settings.filters == ()
    assert settings.directory.people == ()


def test_the_machine_and_the_first_domain_fill_in_names(load: Load) -> None:
    """Host name, the notices' sender and the contact."""
    settings = load()
    assert settings.hostname in (socket.getfqdn(), socket.gethostname())
    assert settings.notices_from == "postmaster@example.co.uk"
    assert settings.organisation.contact == "postmaster@example.co.uk"


def test_a_machine_is_never_called_localhost(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some resolvers know it by no other name: other mail servers distrust that in EHLO."""
    monkeypatch.setattr(socket, "getfqdn", lambda: "localhost.localdomain")
    monkeypatch.setattr(socket, "gethostname", lambda: "mx7")
    assert load().hostname == "mx7"


def test_subdomains_alone_still_have_a_postmaster(load: Load) -> None:
    """The leading dot is no part of an address."""
    whole = "organisation: {name: X, domains: [.example.com]}\nlisteners: [{name: a, address: 'a:1', "
    assert load(whole=whole + "direction: inbound, next_hop: 'smtp://a'}]\n").notices_from == "postmaster@example.com"


def test_the_shipped_clauses_stand_below_our_own(load: Load) -> None:
    """A text may be reworded and a clause added; the others stay."""
    shipped = load().clauses
    settings = load("clauses: {security.viruses: Ours., house.rule: New.}\n")
    assert settings.clauses["security.viruses"] == "Ours."
    assert settings.clauses["house.rule"] == "New."
    assert settings.clauses["payments.changes"] == shipped["payments.changes"]


def test_a_mistyped_clause_is_told(problems: Callable[..., list[str]]) -> None:
    """Else the shipped text would stay in force. Nor does a filter choose the clause."""
    (said,) = problems("clauses: {payments.change: Ours.}\n")
    assert said.endswith(
        "clauses[payments.change]: no finding cites a clause of this id (did you mean payments.changes?)"
    )
    (said,) = problems("filters: [attachments: {clause: payments.changes}]\n")
    assert "clause: unknown key: every finding has its own clause; `clauses` (policy.yaml) gives it" in said


def test_false_and_zero_are_values_and_null_is_unset(load: Load) -> None:
    """An overriding false counts; an empty key doesn't."""
    one, _ = load(whole=TWO_LISTENERS.format(more="verify_recipients: false, bare_newline: ")).listeners
    assert not one.verify_recipients
    assert one.bare_newline == "normalise"
    assert load("limits:\nroutes: ~\n").limits.recipients == 500


def test_a_misspelt_key_without_a_value_is_told(problems: Problems) -> None:
    """It would count as unset."""
    assert problems("limits: {recipents: }\n") == [
        "gateway.yaml:3:10: limits.recipents: unknown key (did you mean recipients?)"
    ]


def test_zero_is_judged_not_ignored(problems: Problems) -> None:
    """0 is a value, and here a wrong one."""
    assert problems("limits: {recipients: 0}\n") == ["gateway.yaml:3:22: limits.recipients: must be at least 1"]


def test_paths_are_relative_to_the_file_that_names_them(load: Load, folder: Path) -> None:
    """Paths in an included file are relative to that file's folder."""
    (folder / "sub").mkdir()
    (folder / "sub/more.yaml").write_text("data_dir: data\n")
    assert load("include: [sub/more.yaml]\n").data_dir == folder / "sub/data"


def test_an_absolute_store_is_left_where_it_is(load: Load) -> None:
    """Four slashes make an absolute path."""
    assert load("store: sqlite:////srv/m.db\n").store == "sqlite:////srv/m.db"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://m:secret@host/m", "a password doesn't stand in the URL: use store_password_file"),
        ("postgres://m:secret@host/m", "a password doesn't stand in the URL: use store_password_file"),
        ("postgresql://m@host/m?password=x", "a password doesn't stand in the URL: use store_password_file"),
        ("postgres://m@host/m", "postgresql:// is expected (did you mean postgresql://m@host/m?)"),
        ("postgresql+psycopg://m@host/m", "postgresql:// is expected (did you mean postgresql://m@host/m?)"),
        ("postgresql://m@host", "postgresql://USER@HOST/DATABASE is expected"),
        ("postgresql://m@host/", "postgresql://USER@HOST/DATABASE is expected"),
        ("postgresql://m@host:x/m", "postgresql://USER@HOST/DATABASE is expected"),
        ("postgresql://m@host/m#x", "postgresql://USER@HOST/DATABASE is expected"),
        ("postgresql://m@host/m?ssl_mode=require", "ssl_mode can't be set in the URL (did you mean sslmode?)"),
        ("postgresql://m@host/m?options=-c", "options can't be set in the URL"),
        ("sqlite://m.db", "sqlite:/// and a path is expected (did you mean sqlite:///m.db?)"),
        ("mysql://x", "sqlite:/// and a path, or postgresql:// is expected, not mysql://x"),
        ("mysql://m:secret@host/m", "sqlite:/// and a path, or postgresql:// is expected"),
        ("sqlite:///", "sqlite:/// and the path of a file is expected, without ?, # and %"),
        ("sqlite:///:memory:", "sqlite:/// and the path of a file is expected, without ?, # and %"),
        ("sqlite:///m.db?mode=ro", "sqlite:/// and the path of a file is expected, without ?, # and %"),
    ],
)
def test_a_store_that_can_not_be_used_is_refused(problems: Problems, url: str, sentence: str) -> None:
    """SQLite in a file, or PostgreSQL without its password."""
    assert problems(f"store: '{url}'\n") == [f"gateway.yaml:3:8: store: {sentence}"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://mailwarden@db.example.com:5433/mailwarden",
        "postgresql:///mailwarden?host=/run/postgresql",
        "postgresql://mailwarden@db/mailwarden?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem",
    ],
)
def test_a_store_on_a_server_is_left_as_it_is(load: Load, folder: Path, url: str) -> None:
    """The password is in a file, if the server needs one."""
    (folder / "secret").write_text("x\n")
    settings = load(f"store: {url}\nstore_password_file: secret\n")
    assert (settings.store, settings.store_password_file) == (url, folder / "secret")
    assert load(f"store: {url}\n").store_password_file is None


@pytest.mark.parametrize("store", ["", "store: sqlite:///m.db\n"])
def test_a_file_takes_no_password(problems: Problems, folder: Path, store: str) -> None:
    """It would only look safer than it is."""
    (folder / "secret").write_text("x\n")
    (said,) = problems(f"{store}store_password_file: secret\n")
    assert said.endswith("store_password_file: only a store at postgresql:// has a password")


def test_a_certificate_may_hold_its_key(load: Load, folder: Path) -> None:
    """`key` is needed only where it is a file of its own."""
    _make_certificate(folder / "tls.pem")
    one, two = load(whole=TWO_LISTENERS.format(more="certificate: tls.pem")).listeners
    assert (one.certificate, one.key, two.certificate) == (folder / "tls.pem", None, None)


def test_a_certificate_that_is_none_is_told(load: Load, folder: Path) -> None:
    """A file that OpenSSL can't read as a certificate is a mistake in the configuration, not a surprise at start-up."""
    (folder / "tls.pem").write_text("x")
    with pytest.raises(ConfigurationError, match="certificate and key can't be used"):
        load(whole=TWO_LISTENERS.format(more="certificate: tls.pem"))


def _make_certificate(file: Path) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    names = ("-keyout", str(file), "-out", str(file) + ".crt", "-subj", "/CN=gw.example.co.uk")
    subprocess.run(["openssl", "req", "-x509", *curve, *names], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(str(file) + ".crt").read_text())


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("key: gateway.yaml", "3:84: listeners[0].key: a key needs a certificate"),
        ("certificate: nope", "3:97: listeners[0].certificate: no such file: {folder}/nope"),
        ("implicit_tls: true", "3:84: listeners[0].implicit_tls: TLS needs a certificate"),
        ("xclient: true", "3:84: listeners[0].xclient: unknown key"),
        ("after_queue: on",
         "3:97: listeners[0].after_queue: true or false is expected, not the text on (did you mean true?)"),
        ("proxies: [0.0.0.0/0]",
         "3:94: listeners[0].proxies[0]: 0.0.0.0/0 is the whole Internet: that would make an open relay"),
    ],
)  # fmt: skip
def test_what_a_listener_can_not_be(problems: Problems, folder: Path, more: str, line: str) -> None:
    """Each with its own sentence."""
    assert problems(whole=TWO_LISTENERS.format(more=more)) == ["gateway.yaml:" + line.format(folder=folder)]


def test_an_outbound_listener_trusts_somebody(problems: Problems) -> None:
    """Else nobody could send through it."""
    lines = problems(whole=TWO_LISTENERS.format(more="x: ").replace("direction: inbound", "direction: outbound", 1))
    assert "listeners[0].direction: an outbound listener needs trusted_networks" in lines[0]


def test_listeners_differ_in_name_and_address(problems: Problems) -> None:
    """Even where something else is wrong with them."""
    text = TWO_LISTENERS.format(more="after_queue: 5").replace("name: b", "name: a").replace("2526", "2525")
    assert [line.partition(": ")[2] for line in problems(whole=text)] == [
        "listeners[0].after_queue: true or false is expected, not the number 5",
        "listeners[1].name: another listener has the name a too",
        "listeners[1].address: another listener has the address 127.0.0.1:2525 too",
    ]


def test_a_domain_has_one_route(problems: Problems) -> None:
    """Letter case makes no other domain."""
    assert problems("routes: {Example.com: 'smtp://a', example.COM: 'smtp://b'}\n") == [
        "gateway.yaml:3:35: routes[example.COM]: the domain stands twice; letter case makes no difference"
    ]


def test_limits_fit_together(problems: Problems) -> None:
    """The largest message must get in, and the relay needs its time."""
    assert "limits.bytes_in_flight: must be at least message_bytes" in problems("limits: {bytes_in_flight: 1 MiB}\n")[0]
    assert "limits.reply_seconds: must be at least judge_seconds and 20" in problems("limits: {reply_seconds: 79}\n")[0]


def test_limits_may_just_fit(load: Load) -> None:
    """At the limit is inside it."""
    limits = load("limits: {bytes_in_flight: 50 MiB, reply_seconds: 80}\n").limits
    assert (limits.bytes_in_flight, limits.reply_seconds) == (limits.message_bytes, 80)


def test_people_and_groups_are_the_contracts(load: Load) -> None:
    """The directory's people as filters are given them."""
    people = "[{name: Ann, addresses: [a@example.co.uk], groups: [finance]}]"
    text = f"directory:\n  people: {people}\n  groups: {{it: ['*@x.example']}}\n"
    directory = load("include: [directory.yaml]\n", directory_yaml=text).directory
    assert directory.persons[0].name == "Ann"
    assert directory.persons[0].groups == {"finance"}
    assert directory.group_names == {"finance", "it"}


def test_an_address_is_one_persons(problems: Problems) -> None:
    """Two people can't share one."""
    people = "[{name: A, addresses: [x@example.com]}, {name: B, addresses: [X@example.com]}]"
    assert problems(f"directory: {{people: {people}}}\n") == [
        "gateway.yaml:3:83: directory.people[1].addresses[0]: X@example.com is an address of A too (gateway.yaml:3)"
    ]


def test_problems_of_all_files_are_told_at_once(problems: Problems) -> None:
    """The main file's first, each file from the top."""
    lines = problems(
        "limts: {}\nretention: {audit_days: -1}\ninclude: [filters.yaml, nope.yaml]\n",
        filters_yaml="filters:\n  - virus: {clamd: 5}\n  - nope\n",
    )
    assert lines == [
        "gateway.yaml:3:1: limts: unknown key (did you mean limits?)",
        "gateway.yaml:4:25: retention.audit_days: must be at least 1",
        "gateway.yaml:5:25: include: no such file: nope.yaml",
        "filters.yaml:2:20: filters[0].virus.clamd: text is expected: put it in quotes",
        "filters.yaml:3:5: filters[1]: unknown filter: known are attachments, virus",
    ]


def test_a_syntax_error_does_not_hide_the_other_files(problems: Problems) -> None:
    """Files that can be read are judged."""
    lines = problems("include: [a.yaml, b.yaml]\n", a_yaml="x: [\n", b_yaml="worker: 2\n")
    assert [line.partition(":")[0] for line in lines] == ["a.yaml", "b.yaml"]
    assert lines[1] == "b.yaml:1:1: worker: unknown key (did you mean workers?)"


def test_a_key_stands_in_one_file_only(problems: Problems) -> None:
    """Nothing overrides anything in silence."""
    assert problems("include: [a.yaml]\n", a_yaml="organisation: {}\n") == [
        "a.yaml:1:1: organisation: stands in gateway.yaml:1 already"
    ]


def test_files_may_include_files_but_not_themselves(problems: Problems) -> None:
    """A circle ends with a problem."""
    assert problems("include: [a.yaml]\n", a_yaml="include: [b.yaml]\n", b_yaml="include: [a.yaml]\n") == [
        "b.yaml:1:11: include: a.yaml includes itself in the end"
    ]


@pytest.mark.parametrize(
    ("include", "line"),
    [
        ("a.yaml", "3:10: include: a list of files is expected"),
        ("[5]", "3:11: include[0]: the name of a file is expected"),
        ("[.]", "3:11: include: {folder} is a directory, not a file"),
    ],
)
def test_what_can_not_be_included(problems: Problems, folder: Path, include: str, line: str) -> None:
    """A list of files, by name."""
    shown = "." if include == "[.]" else ""
    assert problems(f"include: {include}\n") == ["gateway.yaml:" + line.format(folder=shown)]


@pytest.mark.parametrize(("text", "line"), [("5\n", "gateway.yaml:1:1: keys and values are expected"),
                                            ("- a\n", "gateway.yaml:1:1: keys and values are expected")])  # fmt: skip
def test_a_file_has_keys_and_values(problems: Problems, text: str, line: str) -> None:
    """Not a list, not a word."""
    assert problems(whole=text) == [line]


def test_an_empty_file_lacks_what_is_needed(problems: Problems) -> None:
    """There are no defaults for whose mail it is and where it comes in."""
    assert problems(whole="") == ["gateway.yaml: organisation: is missing", "gateway.yaml: listeners: is missing"]


def test_a_missing_main_file_is_a_problem(folder: Path) -> None:
    """Like every other file."""
    with pytest.raises(ConfigurationError, match=r"^nope\.yaml: no such file$"):
        load_settings(folder / "nope.yaml", {})


def test_files_elsewhere_are_shown_in_full(load: Load, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative only below the current directory."""
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    with pytest.raises(ConfigurationError) as caught:
        load("x: 1\n")
    assert str(caught.value) == f"{folder}/gateway.yaml:3:1: x: unknown key"


def test_error_lines_carry_no_terminal_escapes(problems: Problems) -> None:
    """Keys and values are shown, not obeyed; long ones are cut."""
    (line,) = problems('log: {level: "\\e[31m' + "x" * 100 + '"}\n')
    assert "\x1b" not in line
    assert "\\x1b[31mxxx" in line
    assert line.endswith("x…")
    assert problems('"\\e]0;x\\a": 1\n') == [r"gateway.yaml:3:1: [\x1b]0;x\x07]: unknown key"]


def test_settings_are_frozen(load: Load) -> None:
    """Nothing changes them after they are loaded."""
    settings = load()
    with pytest.raises(ValidationError):
        settings.hostname = "other"


def test_settings_travel_to_other_processes(load: Load) -> None:
    """The supervisor may hand them to its workers."""
    settings = load("filters: [virus: {clamd: x}]\n")
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_errors_travel_to_other_processes(folder: Path) -> None:
    """The lines are the same there."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(folder / "nope.yaml", {})
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_keys_that_need_a_restart_are_named(load: Load) -> None:
    """Addresses, the data's folder, the store and the number of workers; nothing else."""
    before = load(whole=TWO_LISTENERS.format(more="after_queue: false"))
    same = load(whole=TWO_LISTENERS.format(more="after_queue: true") + "log: {level: debug}\n")
    moved = load(whole=TWO_LISTENERS.format(more="x: ~").replace("x: ~", "").replace("2526", "2527") + "workers: 3\n")
    elsewhere = load(whole=TWO_LISTENERS.format(more="after_queue: false") + "data_dir: elsewhere\n")
    assert before.restart_keys(same) == ()
    assert before.restart_keys(moved) == ("workers", "listeners.address")
    assert before.restart_keys(elsewhere) == ("data_dir", "store")
