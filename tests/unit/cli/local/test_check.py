"""`mailwarden check` and `mailwarden db upgrade`."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from gateway.cli.local import check as module
from gateway.services.clamd import TEST_PATTERN, TEST_SIGNATURE
from gateway.settings.auth.auth_settings import AuthSettings
from gateway.settings.listener import Listener
from gateway.settings.models import Settings
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import with_virus
from tests.support.servers.ports import free_port
from tests.unit.cli.conftest import PLAIN, Site


def test_the_chain_is_printed_direction_by_direction(site: Site) -> None:
    """Every code with its action, and the line that set it, in the file of its filter."""
    site.gateway.filters = (
        "filters:\n  - virus: {clamd: 'x:1', directions: [inbound]}\n"
        "  - attachments:\n      actions:\n        attachment.macro: {inbound: tag, outbound: log}\n"
        "  - impersonation\n"
    )
    site.gateway.write()
    shown = site.run("check").stdout
    inbound, outbound, internal = (
        re.sub(" +", " ", shown.partition(f"{name} mail passes")[2].partition("mail passes")[0])
        for name in ("inbound", "outbound", "internal")
    )
    assert inbound.index("1. virus: enforce") < inbound.index("2. attachments: enforce")
    assert "virus" not in outbound
    for part in ("attachment.uninspectable quarantine", "attachment.macro tag", "(filter failed)"):
        assert part in inbound
    assert "attachment.macro log line 5" in outbound
    assert "impersonation.name tag" in inbound
    assert "impersonation.assumed log" in outbound
    assert "impersonation.assumed" not in inbound  # it is found in mail of ours alone
    assert "1. attachments" in internal
    assert "The configuration is fine." in shown


def test_the_chain_in_brief(site: Site) -> None:
    """A line for each direction, and no finding."""
    site.gateway.filters = "filters: [virus: {clamd: 'x:1'}, attachments: {directions: [inbound], mode: monitor}]\n"
    site.gateway.write()
    said = site.run("check", "--brief").stdout
    assert re.search(r"^inbound mail passes +virus \(enforce\), attachments \(monitor\) *$", said, re.MULTILINE), said
    assert re.search(r"^outbound mail passes +virus \(enforce\) *$", said, re.MULTILINE), said
    assert "virus.found" not in said
    assert "The configuration is fine" in said


def test_the_chain_for_programs(site: Site) -> None:
    """One object for each filter and direction."""
    *rows, _, files, last = site.rows("check")
    assert [(row["direction"], row["filter"]) for row in rows] == [
        (direction, "attachments") for direction in ("inbound", "outbound", "internal")
    ]
    assert set(last) == {"warnings"}
    by_setting = {one["setting"]: one for one in files["files"]}
    assert by_setting["include"]["file"] == str(site.gateway.config.parent / "filters.yaml")
    assert by_setting["filters[0].attachments.categories"]["shipped"] == "shipped attachments.yaml"
    assert set(rows[0]) == {"direction", "filter", "kind", "mode", "on_error", "config", "actions"}
    assert rows[0]["actions"]["attachment.executable"]["do"] == "quarantine"
    assert rows[0]["actions"]["attachment.executable"]["config"].endswith("filters.yaml:2")


def test_check_tells_which_listeners_demand_a_proof(site: Site) -> None:
    """And the service of which."""
    site.gateway.outbound_keys = "tenant: {google: {}}, "
    site.gateway.write()
    text = site.gateway.config.read_text().replace("trusted_networks: [127.0.0.0/8],", "")
    site.gateway.config.write_text(text)
    assert "proof demanded outbound: google" in re.sub(" +", " ", site.run("check").stdout)


def test_check_tells_where_files_were_found(site: Site) -> None:
    """A shipped file, and one of the administrator's own beside gateway.yaml that takes its place."""
    rules = site.gateway.config.parent / "not_passwords.yaml"
    rules.write_text((SHIPPED / rules.name).read_text("utf-8"))
    shown = "".join(site.run("check").stdout.split())
    assert f"filters[0].attachments.not_passwords{rules}" in shown
    assert "filters[0].attachments.categoriesshippedattachments.yaml" in shown
    assert f"Shippedfilesarein{SHIPPED};" in shown


def test_all_mistakes_are_told_at_once(site: Site) -> None:
    """Mistakes are told with file, line and column; exit code 1; nothing on standard output."""
    site.gateway.filters = "filters:\n  - atachments\n  - attachments: {mod: enforce}\n"
    site.gateway.write()
    done = site.run("check", code=1)
    assert "filters.yaml:2:5: " in done.stderr
    assert "did you mean attachments?" in done.stderr
    assert "did you mean mode?" in done.stderr
    assert done.stdout == ""


def test_check_lists_the_rules_for_internal_mail_alone(site: Site) -> None:
    """A mail server seldom hands internal mail to a gateway."""
    site.gateway.filters = "filters:\n  - attachments: {directions: [internal]}\n"
    site.gateway.write()
    assert "Only for internal mail, which a mail server seldom hands" in site.run("check").stdout


def test_check_says_who_works_with_it_and_what_is_kept(site: Site) -> None:
    """Reviewers, the report, digests and the journal, as shipped and switched on."""
    shown = " ".join(site.run("check").stdout.split())
    assert "reviewers nobody: root and the gateway's own user work on the quarantine" in shown
    assert "weekly report nobody gets it (reports_to) digests off (digest) journal off: relayed mail is not" in shown
    assert "senders blocked and allowed by nobody (sender_rules_file)" in shown
    key = site.gateway.config.parent / "journal.key"
    key.write_text("00" * 32)
    key.chmod(0o600)
    (key.parent / "senders.yaml").write_text("senders: [{block: eve@a.example, by: alice}]\n")
    site.gateway.more = (
        "sender_rules_file: senders.yaml\n"
        "reviewers: {root: [reviewer, approver], daemon: [auditor]}\n"
        "reports_to: [it@example.co.uk]\nreport_day: friday\nreport_hour: 6\n"
        "digest: {recipients: [16, 8], reviewers: [7]}\njournal: {days: 7, key_file: journal.key, max_bytes: 1 GiB}\n"
    )
    site.gateway.write()
    shown = " ".join(site.run("check").stdout.split())
    assert "reviewers root (reviewer, approver); daemon (auditor)" in shown
    assert "senders blocked and allowed 1 rule in" in shown
    assert "senders.yaml (sender_rules_file)" in shown
    assert "weekly report friday 6:00 (Europe/London) to it@example.co.uk" in shown
    assert (
        "digests recipients at 8:00, 16:00 (their own time zone, else Europe/London); reviewers at 7:00 (Europe/London)"
        in shown
    )
    assert "journal on: 7 days, at most 1.0 GiB" in shown


def test_check_shows_what_is_worth_a_look(site: Site) -> None:
    """It is no mistake: the exit code stays 0."""
    site.gateway.more = "reviewers: {no-such-user: [reviewer]}\n"
    site.gateway.filters = with_virus(f"127.0.0.1:{free_port()}")  # nobody's: another's clamd might have its say
    site.gateway.write()
    shown = " ".join(site.run("check").stdout.split())
    assert "Worth a look" in shown
    assert "this machine has no user no-such-user" in shown
    user, scanner = site.rows("check")[-1]["warnings"]
    assert "gateway.yaml:" in user
    assert "filters.yaml:2: virus: The virus scanner gives no answer" in scanner


def test_check_says_that_a_scanner_knows_no_virus(site: Site) -> None:
    """`make run` starts such a scanner if nothing can be downloaded; of a scanner that is away `check` says that."""
    with Clamd(databases={"mailwarden.ndb": f"{TEST_SIGNATURE}:0:*:{TEST_PATTERN.hex()}\n"}) as clamd:
        site.gateway.filters = with_virus(clamd.address)
        site.gateway.write()
        shown = " ".join(site.run("check").stdout.split())
        assert "NO VIRUS SIGNATURES: this clamd protects nobody." in shown
        (warning,) = site.rows("check")[-1]["warnings"]
        assert "filters.yaml:2: virus: NO VIRUS SIGNATURES" in warning
    assert "The virus scanner gives no answer" in " ".join(site.run("check").stdout.split())


def test_a_filter_that_is_off_is_listed_as_off(site: Site) -> None:
    """Readers of the chain see the filters that are switched off, and that nothing does their work."""
    site.gateway.filters = "filters:\n  - virus: {mode: off}\n  - attachments\n"
    site.gateway.write()
    shown = "".join(site.run("check").stdout.split())
    assert shown.count("-virus:off,at") == 3
    assert "virusisoff:nothinglooksforviruses" in shown
    site.take(PLAIN)
    (found,) = site.rows("status", code=1)
    assert found["notes"] == ["virus is off: nothing looks for viruses."]


def test_check_needs_no_store(site: Site) -> None:
    """And makes none."""
    site.run("check")
    assert not site.gateway.data_dir.exists()


# --- db --------------------------------------------------------------------------------------------------------------


def test_an_upgrade_of_a_current_store_changes_nothing(site: Site) -> None:
    """And says where it stands."""
    site.take(PLAIN)
    assert "The store is at schema" in site.run("db", "upgrade").stdout


def test_an_older_store_names_the_command(site: Site) -> None:
    """Every command that needs the store."""
    site.take(PLAIN)
    with sqlite3.connect(site.gateway.data_dir / "mailwarden.db") as database:
        database.execute("update alembic_version set version_num = '0000'")
    for command in (["quarantine", "list"], ["trace", "x"], ["status"], ["purge"]):
        assert "mailwarden db upgrade" in site.run(*command, code=1).stderr


def test_an_upgrade_without_a_store_is_one_sentence(site: Site) -> None:
    """Not a traceback."""
    done = site.run("db", "upgrade", code=1)
    assert len(done.stderr.splitlines()) == 1


def test_a_secret_of_another_store(site: Site) -> None:
    """A mistake of a restore is found before the gateway is started."""
    site.take(PLAIN)
    assert "fine" in site.run("check").stdout
    (site.gateway.data_dir / "secret.key").write_bytes(bytes(32))
    told = site.run("check", code=1).stderr
    assert told.startswith("store: secret.key doesn't belong to this store, which was written with another one: ")


def test_logins_have_a_line() -> None:
    """Where a listener asks for them."""
    submission = Listener.model_construct(name="submission", auth="required")
    inbound = Listener.model_construct(name="inbound", auth="off")
    auth = AuthSettings.model_construct(dovecot=Path("/run/dovecot/auth-client"))
    settings = Settings.model_construct(listeners=(inbound, submission), auth=auth)
    assert module._logins(settings) == "at submission (required), by /run/dovecot/auth-client"
    assert module._logins(settings.model_copy(update={"listeners": (inbound,)})) == ""
    assert module._logins(settings.model_copy(update={"auth": None})) == ""
