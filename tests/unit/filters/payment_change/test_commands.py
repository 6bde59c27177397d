"""`mailwarden payments …`, and changes of payment details at the command line: a real store, and no gateway running."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml

from filters.payment_change import commands as module
from filters.registry import FILTERS
from gateway.contract import parse_account
from gateway.remember.database.secret import key_for
from gateway.remember.ledger_keys import LedgerKeys, handle
from tests.support.builders.payment_filter import PaymentFilter, bill
from tests.unit.cli.conftest import Site
from tests.unit.filters.payment_change.test_wording import RULES

OLD, NEW, BRITISH = "DE89 3704 0044 0532 0130 00", "FR14 2004 1010 0505 0001 3M02 606", "60-16-13 31926819"
VERIFIED = ("--verified-by", "Ann Lee", "--how", "telephone", "--contact", "+44 20 7946 0000")
WHY = ("--reason", "asked")
FILTER = "filters:\n  - paying\n  - payment_change: {mode: off, rules: rules.yaml}\n"


@cache
def rules_with_free_mail() -> str:
    """Return small rules, which each command reads, with providers of free mail: the filter that has them is off."""
    return yaml.safe_dump(RULES | {"free_mail": ["freemail.example", "hotmail.*"]})


@pytest.fixture(autouse=True)
def _paying(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up a chain with the tests' filter alone, a list of free mail in a filter that is off, and a store."""
    monkeypatch.setitem(FILTERS, "paying", PaymentFilter)
    (site.config.parent / "rules.yaml").write_text(rules_with_free_mail())
    site.gateway.filters = FILTER
    site.gateway.write()
    site.take(b"From: x@y.example\r\nSubject: Hello\r\n\r\nHello\r\n")


def csv_file(tmp_path: Path, text: str, name: str = "suppliers.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def entered(site: Site, tmp_path: Path, text: str = f"supplier.example,{OLD}\n") -> str:
    return site.run("payments", "import", str(csv_file(tmp_path, text)), *WHY).stdout


# --- import ----------------------------------------------------------------------------------------------------------


def test_an_import_makes_accounts_known(site: Site, tmp_path: Path) -> None:
    """Verified at once: the supplier's bill with it goes through, one with another is held."""
    assert entered(site, tmp_path) == (
        "1 accounts entered as verified, columns separated by commas; 1 of them were not known before.\n"
    )
    site.take(bill(OLD))
    assert site.rows("quarantine", "list") == []
    site.take(bill(NEW, id="n@x"))
    assert [row["codes"] for row in site.rows("quarantine", "list")] == [["paying.account"]]


@pytest.mark.parametrize(
    "text",
    [
        f"supplier.example,{OLD}\nb.example,{BRITISH}\n",
        f"counterparty,account\nsupplier.example,{OLD}\n\nb.example,{BRITISH}\n",
        f"Account;Name;Counterparty\r\n{OLD};Supplier Ltd;supplier.example\r\n{BRITISH};B;b.example\r\n",
        f'\ufeffsupplier.example,"{OLD}"\n"b.example",{BRITISH}',
        f"billing.supplier.example,{OLD}\nB.Example,{BRITISH}\n",
        f"supplier.example\t{OLD}\nb.example\t{BRITISH}\n",
        f"\nName\tCounterparty\tAccount\nSupplier, Ltd; UK\tsupplier.example\t{OLD}\n\tb.example\t{BRITISH}\n",
        f"Counterparty;Account;Name, if any\nsupplier.example;{OLD};x\nb.example;{BRITISH};\n",
        f"ap@supplier.example,{OLD}\nJoe@mail.B.example,{BRITISH}\n",
    ],
    ids=["bare", "named", "semicolons", "quoted", "subdomain", "tabs", "named, tabs", "a comma in a name", "addresses"],
)
def test_what_spreadsheets_write_is_read(site: Site, tmp_path: Path, text: str) -> None:
    """The first row may name the columns; a subdomain or an address stands for its organisation."""
    assert entered(site, tmp_path, text).startswith("2 accounts entered")
    rows = site.rows("payments", "list")
    assert [(row["name"], row["kind"]) for row in rows] == [("b.example", "uk"), ("supplier.example", "iban")]


def test_every_mistake_is_told_with_its_line(site: Site, tmp_path: Path) -> None:
    """Exit code 2, and nothing of the file is entered."""
    wrong = OLD.replace("0130", "0131")
    path = csv_file(
        tmp_path,
        f"supplier.example,{OLD}\nsupplier.example,{wrong}\nnowhere,{OLD}\n{OLD}\nb.example,\nb.example,DEUTDEFF\n",
    )
    done = site.run("payments", "import", str(path), code=2)
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [f"{path}:{n}" for n in range(2, 7)]
    told = done.stderr.splitlines()
    assert f"'{wrong}' is not an IBAN, a UK sort code" in told[0]
    assert "with the right check digits; other:NUMBER is taken as it is" in told[0]
    assert told[1].endswith("'nowhere' is neither a domain nor an address")
    assert told[2].endswith(told[3][-len("a counterparty and an account are expected") :])
    assert "names a bank" in told[4]
    assert site.rows("payments", "list") == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("freemail.example", "is free mail, where anybody has an address: name the address"),
        ("Hotmail.co.uk", "is free mail, where anybody has an address: name the address"),
        ("co.uk", "is a public suffix, under which anybody has a domain: name the domain"),
        ("joe@co.uk", "is a public suffix, under which anybody has a domain: name the domain"),
        ("example.co.uk", "is ours: the ledger has the accounts of others"),
        ("bob@mail.example.co.uk", "is ours: the ledger has the accounts of others"),
    ],
)
def test_whom_the_ledger_is_never_asked_for_is_not_entered(
    site: Site, tmp_path: Path, name: str, sentence: str
) -> None:
    """It would have no effect, and nobody would know."""
    path = csv_file(tmp_path, f"a.example\t{OLD}\n{name}\t{OLD}\n")
    assert site.run("payments", "import", str(path), code=2).stderr == f"{path}:2: '{name}' {sentence}\n"
    assert site.rows("payments", "list") == []


def test_what_was_imported_by_an_address_takes_effect(site: Site, tmp_path: Path) -> None:
    """The organisation's bills go through, whoever of it sends them; free mail is one person's."""
    entered(site, tmp_path, f"ap@supplier.example,{OLD}\njoe@freemail.example,{BRITISH}\n")
    site.take(bill(OLD, sender="else@supplier.example"))
    assert site.rows("quarantine", "list") == []
    assert len(site.rows("payments", "list", "ap@supplier.example")) == 1
    assert site.rows("payments", "list", "eve@freemail.example") == []


@pytest.mark.parametrize("trouble", [typer.Exit(1), KeyboardInterrupt()])
def test_an_import_that_ends_midway_says_how_far_it_came(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: BaseException
) -> None:
    """A second import does no harm: entered accounts stay as they are."""
    path = csv_file(tmp_path, f"a.example,{OLD}\nb.example,{OLD}\nc.example,{OLD}\n")
    questions: list[str] = []

    def operate(config: Path | None, do: str, **arguments: object) -> object:
        questions.append(do)
        if questions.count("payments.import") > 1:
            raise trouble
        return real(config, do, **arguments)

    real = module.operate
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    monkeypatch.setattr(module, "operate", operate)
    said = site.run("payments", "import", str(path), code=1 if isinstance(trouble, typer.Exit) else 130).stderr
    assert "2 of 3 rows were entered before that and stay entered: import the same file again for the rest" in said
    monkeypatch.setattr(module, "operate", real)
    (done,) = site.rows("payments", "import", str(path))
    assert done == {"entered": 3, "new": 1, "separator": "commas"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no row with counterparty and account"),
        (b"\n\n", "no row with counterparty and account"),
        (b"\xff\xfe,", "not UTF-8"),
        (b'a.example,1\nb.example,"x', "2: unexpected end of data"),
        (None, "No such file or directory"),
    ],
)
def test_an_unusable_file_is_one_sentence(site: Site, tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """Exit code 2."""
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    assert site.run("payments", "import", str(path), code=2).stderr.endswith(f"{sentence}\n")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_long_file_goes_in_several_questions(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Counted together."""
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    text = "".join(f"s{n}.example,other:AU 062-000 1234567{n}\n" for n in range(count))
    (done,) = site.rows("payments", "import", str(csv_file(tmp_path, text)))
    assert done == {"entered": count, "new": count, "separator": "commas"}


# --- list ------------------------------------------------------------------------------------------------------------


def test_a_list_has_no_numbers(site: Site, tmp_path: Path) -> None:
    """Named by domain, by hash for an address; handles tell accounts apart."""
    entered(site, tmp_path, f"supplier.example,{OLD}\njoe@freemail.example,{BRITISH}\n")
    shown = " ".join(site.run("payments", "list").stdout.split())
    assert "supplier.example iban " in shown
    assert "(hash " in shown
    assert "0 verified" in shown
    for secret in ("3704", "3192", "freemail"):
        assert secret not in shown
        assert secret not in json.dumps(site.rows("payments", "list"))


def test_one_counterparty_is_listed_by_its_name(site: Site, tmp_path: Path) -> None:
    """An address finds its counterparty, though the store has only a hash; one account of it can be listed too."""
    entered(site, tmp_path, f"supplier.example,{OLD}\nsupplier.example,{NEW}\njoe@freemail.example,{BRITISH}\n")
    assert len(site.rows("payments", "list", "www.supplier.example")) == 2
    assert [r["kind"] for r in site.rows("payments", "list", "Joe@freemail.example")] == ["uk"]
    assert len(site.rows("payments", "list", "supplier.example", "--account", OLD)) == 1
    assert site.rows("payments", "list", "supplier.example", "--account", BRITISH) == []
    assert site.run("payments", "list", "other.example").stdout == "No account is known.\n"


def test_a_list_that_was_cut_says_so(site: Site, tmp_path: Path) -> None:
    """On standard error."""
    entered(site, tmp_path, f"supplier.example,{OLD}\nsupplier.example,{NEW}\n")
    assert "--limit" in site.run("payments", "list", "--limit", "1").stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["list", "no domain"], "'no domain' is neither a domain nor an address\n"),
        (["list", "--account", OLD], "--account needs the counterparty"),
        (["list", "a.example", "--account", "12"], "'12' is not an IBAN"),
        (["block", "other:x", *WHY], "has no number of 5 to 64 characters"),
        (["block", "@no domain", *WHY], "is no address"),
        (["block", "other:062-000 12345678", *WHY], "would not be recognised in mail: that is an IBAN, a UK sort code"),
        (["block", "other:123456", *WHY], "or other:NUMBER with 7 to 17 digits, the account number as it stands"),
        (["block", "bob@example.co.uk", *WHY], "'bob@example.co.uk' is ours: mail of our own people is not blocked"),
        (["block", "@Mail.Example.co.uk", *WHY], "is ours: mail of our own people is not blocked"),
        (["block", "@co.uk", *WHY], "is a public suffix: a block is for one domain"),
        (["block", OLD, "--reason", "\u200b"], "--reason must say why"),
        (["forget", "a.example", *WHY], "no such account is known from a.example"),
        (["forget", "ap@a.example", *WHY], "from ap@a.example; the accounts of a business are kept under its domain"),
        (["unblock", "a@b.example", *WHY], "a@b.example is not blocked"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(site: Site, arguments: list[str], sentence: str) -> None:
    """Exit code 1."""
    done = site.run("payments", *arguments, code=1)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


# --- block, forget, history ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", [NEW, "ap@supplier.example", "AP@Supplier.example", "@supplier.example"])
def test_what_is_blocked_is_held(site: Site, tmp_path: Path, what: str) -> None:
    """A blocked account, address or domain holds every message until the block is lifted."""
    entered(site, tmp_path, f"supplier.example,{NEW}\n")
    assert site.run("payments", "block", what, *WHY).stdout == f"{what} is blocked.\n"
    assert site.run("payments", "block", what, *WHY).stdout == f"{what} is blocked already.\n"
    site.take(bill(NEW))
    assert [row["codes"] for row in site.rows("quarantine", "list")] == [["paying.blocked"]]
    (block,) = site.rows("payments", "list", "--blocked")
    assert (block["reason"], block["mail_id"]) == ("asked", "")
    assert block["handle"] in site.run("payments", "list", "--blocked").stdout
    site.run("payments", "unblock", what, *WHY)
    site.take(bill(NEW, id="2@x"))
    assert len(site.rows("quarantine", "list")) == 1


def test_what_is_forgotten_is_strange_again(site: Site, tmp_path: Path) -> None:
    """One account, or all."""
    entered(site, tmp_path, f"supplier.example,{OLD}\nsupplier.example,{NEW}\n")
    done = site.run("payments", "forget", "supplier.example", "--account", NEW, *WHY)
    assert done.stdout == "1 accounts of supplier.example forgotten.\n"
    site.take(bill(NEW))
    assert len(site.rows("quarantine", "list")) == 1
    site.run("payments", "forget", "supplier.example", *WHY)
    assert site.rows("payments", "list") == []


def test_every_change_is_on_record(site: Site, tmp_path: Path) -> None:
    """The record has who, what and why; it notes that no gateway was running."""
    assert site.run("payments", "history").stdout == "Nothing is on record.\n"
    entered(site, tmp_path)
    site.run("payments", "block", NEW, *WHY)
    site.run("payments", "forget", "supplier.example", *WHY)
    rows = site.rows("payments", "history")
    assert [row["operation"] for row in rows] == ["import", "block", "forget"]
    assert all(row["actor"].endswith("(no gateway running)") for row in rows)
    assert "supplier.example" in site.run("payments", "history").stdout


def test_a_store_without_its_key_is_told(site: Site) -> None:
    """Nothing is made in another user's name."""
    (site.gateway.data_dir / "secret.key").unlink()
    assert "no secret.key" in site.run("payments", "list", code=1).stderr


# --- a change of payment details -------------------------------------------------------------------------------------


def test_a_release_needs_who_verified_it(site: Site) -> None:
    """All three options, and a reason."""
    id = site.take(bill(NEW))
    assert "--verified-by NAME" in site.run("quarantine", "release", id, *WHY, code=1).stderr
    assert "--reason" in site.run("quarantine", "release", id, *VERIFIED, code=2).stderr
    for part in (VERIFIED[:2], VERIFIED[:4], VERIFIED[2:], ("--how", "telephone")):
        done = site.run("quarantine", "release", id, *WHY, *part, code=2)
        assert done.stderr == "--verified-by, --how and --contact belong together\n"
    for part in (("--verified-by", "\u200b", *VERIFIED[2:]), (*VERIFIED[:4], "--contact", "\u200b\u3000")):
        done = site.run("quarantine", "release", id, *WHY, *part, code=2)
        assert done.stderr == "--verified-by, --how and --contact belong together\n"
    site.run("quarantine", "release", id, *WHY, *VERIFIED[:2], "--how", "e-mail", "--contact", "x", code=2)
    assert site.held_state(id) == {"bob@example.co.uk": "held"}


def test_a_verified_release_is_on_record_and_in_the_ledger(site: Site) -> None:
    """The next bill with that account goes through."""
    id = site.take(bill(NEW))
    done = site.run("quarantine", "release", id, *WHY, *VERIFIED)
    assert done.stdout.splitlines()[1] == f"Verified: iban {handle_of(site, NEW)}."
    (row,) = site.rows("trace", id)
    assert [(h["operation"], h["reason"]) for h in row["history"]] == [
        ("release", "asked (verified by Ann Lee, telephone: +44 20 7946 0000)")
    ]
    (entry,) = site.rows("payments", "list", "supplier.example")
    assert (entry["name"], entry["verified"]) == ("", True)
    site.take(bill(NEW, id="2@x"))
    assert site.rows("quarantine", "list") == []


def test_a_reported_fraud_is_blocked(site: Site) -> None:
    """The account, in every message; not the sender that nothing proves. All of it is told."""
    id = site.take(bill(NEW))
    done = site.run("quarantine", "delete", id, "--fraud", "--reason", "they know nothing of it")
    handle = handle_of(site, NEW)
    assert done.stdout.splitlines() == [
        f"{id} deleted; `mailwarden quarantine restore` takes it out of the bin for 7 days.",
        f"Blocked: iban {handle}.",
        "Not blocked: address ap@supplier.example: nothing proves that this address wrote the message: From may name "
        "the victim.",
        "Block other accounts and addresses of the thief by `mailwarden payments block`.",
    ]
    assert [(b["mail_id"], b["handle"]) for b in site.rows("payments", "list", "--blocked")] == [(id, handle)]
    site.take(bill(NEW, sender="x@other.example", id="2@x"))
    site.take(bill("none", id="3@x"))
    assert [row["codes"] for row in site.rows("quarantine", "list")] == [["paying.blocked"]]
    (row,) = site.rows("trace", id)
    assert [h["operation"] for h in row["history"]] == ["fraud"]


def test_a_restored_fraud_names_what_is_blocked_still(site: Site) -> None:
    """It is released once an administrator has lifted the block."""
    id = site.take(bill(NEW))
    site.run("quarantine", "delete", id, *WHY)
    site.run("quarantine", "delete", id, "--fraud", *WHY)
    assert "was reported already" in site.run("quarantine", "delete", id, "--fraud", *WHY, code=1).stderr
    assert site.run("quarantine", "restore", id, *WHY).stdout.splitlines() == [
        f"{id} is held again for bob@example.co.uk.",
        f"Still blocked by its report as fraud: iban {handle_of(site, NEW)}.",
        "An administrator lifts a block by `mailwarden payments unblock`; until then nothing of it is released.",
    ]
    assert "stopped by paying.blocked" in site.run("quarantine", "release", id, *WHY, *VERIFIED, code=1).stderr
    site.run("payments", "unblock", NEW, *WHY)
    site.run("quarantine", "release", id, *WHY, *VERIFIED)


def handle_of(site: Site, account: str) -> str:
    """Return the handle of the account alone, as `quarantine show` has it."""
    secret = (site.gateway.data_dir / "secret.key").read_bytes()
    found = parse_account(account)
    assert found is not None
    return handle(LedgerKeys(key_for(secret, "ledger")).blocked(found))


def two_bills() -> bytes:
    return bill(NEW) + f"Pay to: {OLD}\r\n".encode()


def test_of_several_accounts_one_is_named_by_its_handle(site: Site) -> None:
    """`show` has them with their numbers; a release and a report without a choice say what there is to choose."""
    id = site.take(two_bills())
    (entry,) = site.rows("quarantine", "show", id)
    assert {a["number"]: (a["handle"], a["kind"], a["known"], a["blocked"]) for a in entry["accounts"]} == {
        one.replace(" ", ""): (handle_of(site, one), "iban", "new", False) for one in (NEW, OLD)
    }
    shown = " ".join(site.run("quarantine", "show", id).stdout.split())
    assert f"{handle_of(site, NEW)} iban {NEW.replace(' ', '')} new" in shown
    for command in (["release", *VERIFIED], ["delete", "--fraud"]):
        told = site.run("quarantine", command[0], id, *WHY, *command[1:], code=1).stderr
        assert "it names several accounts" in told
        assert f"{handle_of(site, OLD)} (iban, new)" in told
    one = ("--account", handle_of(site, OLD))
    assert "goes with --verified-by" in site.run("quarantine", "release", id, *WHY, *one, code=2).stderr
    assert "goes with --fraud" in site.run("quarantine", "delete", id, *WHY, *one, code=2).stderr
    (done,) = site.rows("quarantine", "release", id, *WHY, *VERIFIED, *one)
    assert done["verified"] == [{"handle": handle_of(site, OLD), "kind": "iban"}]
    assert len(site.rows("payments", "list", "supplier.example")) == 1


def test_the_objects_of_a_report(site: Site) -> None:
    """Programs get the report; for a message that is no fraud they get its id."""
    id = site.take(two_bills())
    (done,) = site.rows("quarantine", "delete", id, "--fraud", *WHY, "--account", handle_of(site, NEW))
    assert done["id"] == id
    assert done["blocked"] == [{"what": handle_of(site, NEW), "kind": "iban"}]
    assert [(one["what"], one["kind"]) for one in done["not_blocked"]] == [
        (handle_of(site, OLD), "iban"),
        ("ap@supplier.example", "address"),
    ]
    assert all(one["why"] for one in done["not_blocked"])
    other = site.take(bill(NEW, id="o@x"))
    assert site.rows("quarantine", "delete", other, *WHY) == [{"id": other, "bin_days": 7}]


def test_an_account_that_was_seen_for_a_month_calms(site: Site) -> None:
    """Learned from mail that was not held, on three dates; what is held teaches nothing, nor does `explain`."""
    site.take(bill(NEW, sender="x@held.example"))
    site.gateway.filters = "filters:\n  - paying: {mode: monitor}\n"
    site.gateway.write()
    for number in range(3):
        site.take(bill(NEW, id=f"{number}@x"))
        site.run("explain", "-", input=bill(NEW))
        if number < 2:
            pass_days(site, 15)
    (entry,) = site.rows("payments", "list")
    assert (entry["dates"], entry["verified"], entry["steady"]) == (3, False, True)
    site.gateway.filters = FILTER
    site.gateway.write()
    site.take(bill(NEW, id="4@x"))
    site.take(bill(OLD, id="5@x"))
    assert len(site.rows("quarantine", "list")) == 2


def pass_days(site: Site, days: int) -> None:
    """Move the ledger's dates so many days into the past."""
    with sqlite3.connect(site.gateway.data_dir / "mailwarden.db") as database:
        for column in ("first_at", "last_at"):
            database.execute(f"update ledger set {column} = {column} - {days * 86_400 * 1_000_000}")


def test_two_changes_of_one_supplier_are_both_verified(site: Site) -> None:
    """The words held both: by the first release the other account became a different one as well."""
    site.gateway.filters = "filters:\n  - payment_change\n"
    site.gateway.write()
    for number, account in enumerate((NEW, OLD)):
        site.take(change_of(account, f"{number}@x"))
    first, second = (row["id"] for row in reversed(site.rows("quarantine", "list")))
    for id, account in ((first, NEW), (second, OLD)):
        done = site.run("quarantine", "release", id, *WHY, *VERIFIED)
        assert done.stdout.splitlines()[1:] == [f"Verified: iban {handle_of(site, account)}."]
    assert [entry["verified"] for entry in site.rows("payments", "list", "supplier.example")] == [True, True]


def change_of(account: str, id: str) -> bytes:
    return (
        f"From: Accounts <ap@supplier.example>\r\nTo: bob@example.co.uk\r\nSubject: New bank details\r\n"
        f"Message-ID: <{id}>\r\n\r\nOur bank details have changed. Please pay all invoices to our new bank account "
        f"from now on.\r\nIBAN: {account}\r\n"
    ).encode()


# --- two people ------------------------------------------------------------------------------------------------------


def test_a_first_release_waits_for_an_approver(site: Site) -> None:
    """List and show name who released it and who may approve; here the same person can't."""
    site.gateway.more = "reviewers: {carol: [approver], dave: [reviewer, approver]}\n"
    site.gateway.write()
    id = site.take(bill(NEW))
    done = site.run("quarantine", "release", id, *WHY, *VERIFIED)
    assert done.stdout == (
        f"{id} released for bob@example.co.uk by you; it waits for an approver: carol or dave.\n"
        f"Then verified: iban {handle_of(site, NEW)}.\n"
    )
    (row,) = site.rows("quarantine", "list")
    (waiting,) = row["waiting"]
    assert (waiting["address"], waiting["approvers"]) == ("bob@example.co.uk", ["carol", "dave"])
    assert row["recipients"] == [{"address": "bob@example.co.uk", "state": "held"}]
    assert site.rows("status", code=1)[0]["notes"] == ["1 released and waiting for an approver: see `quarantine list`."]
    assert "waits for carol or dave until" in " ".join(site.run("quarantine", "list", "--long").stdout.split())
    shown = " ".join(site.run("quarantine", "show", id).stdout.split())
    assert "verified by Ann Lee, telephone: +44 20 7946 0000" in shown
    (entry,) = site.rows("quarantine", "show", id)
    assert entry["copies"][0]["signature"]["verification"]["by"] == "Ann Lee"
    assert "somebody else has to approve" in site.run("quarantine", "approve", id, *WHY, code=1).stderr
    assert "waits for an approver" in site.run("quarantine", "release", id, *WHY, *VERIFIED, code=1).stderr
    assert site.run("quarantine", "approve", id, "--reason", "\u200b", code=2).stderr == "--reason must say why\n"


def test_the_objects_of_a_first_release(site: Site) -> None:
    """Programs get the first release."""
    site.gateway.more = "reviewers: {carol: [approver], dave: [approver]}\n"
    site.gateway.write()
    id = site.take(bill(NEW))
    (done,) = site.rows("quarantine", "release", id, *WHY, *VERIFIED)
    assert done == {
        "id": id,
        "recipients": ["bob@example.co.uk"],
        "approvers": ["carol", "dave"],
        "delivered": False,
        "verified": [{"handle": handle_of(site, NEW), "kind": "iban"}],
    }


@pytest.mark.parametrize(
    ("more", "keys", "sentence", "release"),
    [
        ("", "", "one person releases, once it is verified: paying.account, paying.blocked", "one"),
        ("reviewers: {carol: [approver], dave: [approver]}\n", "",
         "two people release, once it is verified: paying.account, paying.blocked", "two_people"),
        ("reviewers: {carol: [approver], dave: [approver]}\n", ": {release: one}",
         "one person releases, once it is verified: paying.account, paying.blocked", "one"),
    ],
)  # fmt: skip
def test_check_says_who_releases(site: Site, more: str, keys: str, sentence: str, release: str) -> None:
    """People and programs see who releases a message."""
    site.gateway.more, site.gateway.filters = more, f"filters:\n  - paying{keys}\n"
    site.gateway.write()
    assert sentence in " ".join(site.run("check").stdout.split())
    rows = [row for row in site.rows("check") if "actions" in row]  # their users are none of this machine
    assert {row["actions"]["paying.account"]["release"] for row in rows} == {release}
    assert rows[0]["actions"]["paying.account"]["verified"] is True
