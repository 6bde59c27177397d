"""The directory from a real OpenLDAP server: pages, TLS, names of entries, and what happens while it is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.directory.ldap import LdapServer, LdapUnavailable, log_in, search
from tests.support.servers.gateway import Gateway
from tests.support.servers.slapd import BASE, Slapd

COUNT = 12  # people; a page has 3


def person(n: int, more: str = "") -> str:
    return (
        f"dn: uid=p{n},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: p{n}\ncn: Person {n}\nsn: {n}\n"
        f"mail: p{n}@example.com\n{more}\n"
    )


LDIF = (
    person(0, "displayName: Zo\u00eb Zander\nmail: zoe@example.com\ntitle: Chair\ndepartmentNumber: Board\n")
    + person(
        1, f"userPassword: s\u00e9cret word\nmanager: uid=P0, ou=people,{BASE}\ntelephoneNumber: +44 20 7946 0001\n"
    )
    + "".join(person(n) for n in range(2, COUNT))
    + f"dn: cn=All staff,{BASE}\nobjectClass: groupOfNames\nobjectClass: extensibleObject\ncn: All staff\n"
    f"mail: all@example.com\nowner: uid=p0,ou=people,{BASE}\nmember: cn=Board,{BASE}\n"
    + "".join(f"member: uid=p{n},ou=people,{BASE}\n" for n in range(2, COUNT))
    + f"member: uid=gone,ou=people,{BASE}\n\n"
    f"dn: cn=Board,{BASE}\nobjectClass: groupOfNames\nobjectClass: extensibleObject\ncn: Board\n"
    f"mail: board@example.com\nmember: uid=p0,ou=people,{BASE}\n\n"
    f"dn: cn=IT Security,{BASE}\nobjectClass: groupOfNames\ncn: IT Security\nmember: uid=p1,ou=people,{BASE}\n\n"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    with Slapd(LDIF) as server:
        yield server


def told(server: Slapd, **other: object) -> LdapServer:
    keys = {"url": server.url, "ca_file": server.ca_file, "bind_dn": server.bind_dn, "page_entries": 3}
    return LdapServer(**{**keys, "password_file": server.password_file, "timeout_seconds": 10.0, **other})  # type: ignore[arg-type]


def mails(server: LdapServer) -> set[str]:
    (found,) = search(server, BASE, [("(objectClass=inetOrgPerson)", ["mail"])])
    return {one.values["mail"][0] for one in found}


EVERYBODY = {f"p{n}@example.com" for n in range(COUNT)}


def test_every_page_is_read(server: Slapd) -> None:
    """The server gives three entries at a time, over STARTTLS."""
    assert mails(told(server)) == EVERYBODY


def test_it_speaks_tls_from_the_first(server: Slapd) -> None:
    """ldaps://."""
    assert mails(told(server, url=server.tls_url)) == EVERYBODY


def test_it_speaks_without_tls_where_it_is_told_so(server: Slapd) -> None:
    """On the machine itself."""
    assert mails(told(server, starttls=False)) == EVERYBODY


BY_NAME = (f"uid={{login}},ou=people,{BASE}", "")
BY_SEARCH = ("", "(&(objectClass=inetOrgPerson)(|(uid={login})(mail={login})))")


@pytest.mark.parametrize("how", [BY_NAME, BY_SEARCH], ids=["by name", "by search"])
@pytest.mark.parametrize(
    ("login", "password", "let_in"),
    [
        ("p1", "s\u00e9cret word", True),
        ("P1", "s\u00e9cret word", True),
        ("p1", "wrong", False),
        ("p2", "s\u00e9cret word", False),  # whose entry has no password
        ("nobody", "s\u00e9cret word", False),
        ("*", "s\u00e9cret word", False),
        ("p1)(uid=*", "s\u00e9cret word", False),
        ("p1,ou=people", "s\u00e9cret word", False),
    ],
)
def test_it_checks_logins(server: Slapd, how: tuple[str, str], login: str, password: str, let_in: bool) -> None:
    """Whatever a client writes is a name, and no part of a filter or of another name."""
    assert log_in(told(server), BASE, *how, login, password) == let_in


def test_a_search_that_finds_several_lets_nobody_in(server: Slapd) -> None:
    """The password could be that of either."""
    assert not log_in(told(server), BASE, "", "(objectClass={login})", "inetOrgPerson", "s\u00e9cret word")
    assert not log_in(told(server), BASE, "", "(|(uid=p1)(uid={login}))", "p2", "s\u00e9cret word")


def test_no_login_is_checked_without_a_password_or_a_server(server: Slapd) -> None:
    """A bind without a password would succeed (RFC 4513 5.1.2)."""
    with pytest.raises(ValueError, match="proves nothing"):
        log_in(told(server), BASE, *BY_NAME, "p1", "")
    with pytest.raises(LdapUnavailable, match="Can't contact"):
        log_in(told(server, url="ldap://127.0.0.1:1"), BASE, *BY_NAME, "p1", "x")


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("wrong\n")
    return file


def test_what_the_server_says_is_told(server: Slapd, nothing: Path) -> None:
    """A wrong password, a base that isn't there, a filter that it doesn't understand, a certificate of nobody."""
    with pytest.raises(LdapUnavailable, match="Invalid credentials"):
        mails(told(server, password_file=nothing))
    with pytest.raises(LdapUnavailable, match="No such object"):
        search(told(server), "dc=nowhere", [("(mail=*)", ["mail"])])
    with pytest.raises(LdapUnavailable, match="Bad search filter"):
        search(told(server), BASE, [("(mail=*", ["mail"])])
    with pytest.raises(LdapUnavailable, match=f"{server.url}: (Connect error|Can't contact LDAP server)"):
        mails(told(server, ca_file=None))
    with pytest.raises(LdapUnavailable, match="No such file"):
        mails(told(server, password_file=nothing.with_name("nope")))


def test_a_server_that_is_away_is_told(server: Slapd) -> None:
    """At once: nothing listens there."""
    with pytest.raises(LdapUnavailable, match="Can't contact LDAP server"):
        mails(told(server, url="ldap://127.0.0.1:9"))


# --- the whole way ---------------------------------------------------------------------------------------------------


def configured(folder: Path, server: Slapd) -> Gateway:
    return Gateway(
        folder,
        workers=1,
        more=f"""\
directory:
  people: [{{name: Cleo Clark, addresses: [cleo@example.com], groups: [board]}}]
  ldap:
    url: {server.url}
    ca_file: {server.ca_file}
    bind_dn: {server.bind_dn}
    password_file: {server.password_file}
    base: {BASE}
    people: (objectClass=inetOrgPerson)
    lists: (&(objectClass=groupOfNames)(mail=*))
    groups: (&(objectClass=groupOfNames)(!(mail=*)))
    refresh_seconds: 1h
    page_entries: 3
""",
    )


def test_people_lists_and_groups_come_from_the_server(server: Slapd, tmp_path: Path) -> None:
    """Names of entries become addresses; a member who is gone is left out and told."""
    gateway = configured(tmp_path, server)
    gateway.data_dir.mkdir()
    assert gateway.rows("directory", "import") == [{"people": COUNT + 1, "lists": 2, "left_out": 1}]
    (said,) = gateway.rows("directory", "check")
    assert said["left_out"] == [f"cn=All staff,{BASE}: no address is known of uid=gone,ou=people,{BASE}"]
    (zoe,) = gateway.rows("directory", "show", "zoe@example.com")
    assert (zoe["name"], zoe["addresses"]) == ("Zo\u00eb Zander", ["p0@example.com", "zoe@example.com"])
    assert (zoe["title"], zoe["department"], zoe["lists"]) == ("Chair", "Board", ["board@example.com"])
    (one,) = gateway.rows("directory", "show", "p1@example.com")
    assert (one["groups"], one["manager"]) == (["it_security"], "Zo\u00eb Zander <p0@example.com>")
    (staff,) = gateway.rows("directory", "show", "all@example.com")
    assert (staff["reaches"], staff["nested_lists"]) == (COUNT - 1, ["board@example.com"])
    assert staff["owners"] == ["Zo\u00eb Zander <p0@example.com>"]


def test_a_gateway_goes_on_while_the_server_is_away(tmp_path: Path) -> None:
    """It starts on the data that it had, `status` says how old that is, and an import is refused until it is back."""
    with Slapd(LDIF) as server:
        gateway = configured(tmp_path, server)
        gateway.data_dir.mkdir()
        assert gateway.cli("directory", "import").returncode == 0
        server.stop()
        away = gateway.cli("directory", "import")
        assert away.returncode == 1
        assert "Can't contact LDAP server" in away.stderr
        assert "people are as of 0 min ago" in away.stderr
        gateway.more = gateway.more.replace("refresh_seconds: 1h", "refresh_seconds: 1ms")
        gateway.write()
        with gateway:
            assert gateway.rows("directory", "show", "p3@example.com")[0]["name"] == "Person 3"
            ends = time.monotonic() + 60
            while (status := gateway.cli("status", "--json")).returncode == 0 and time.monotonic() < ends:
                time.sleep(0.1)  # until the keeper has asked the server
            assert status.returncode == 1
            assert "keeper: directory: the LDAP server can't be asked" in status.stdout
            assert "directory.stale" in gateway.log.read_text()
            server.start()
            server.change(
                f"dn: uid=p3,ou=people,{BASE}\nchangetype: modify\nreplace: displayName\ndisplayName: Person Three\n"
            )
            assert gateway.cli("reload").returncode == 0
            assert gateway.rows("directory", "show", "p3@example.com")[0]["name"] == "Person Three"


def test_a_gateway_that_never_had_people_does_not_start_without_the_server(tmp_path: Path) -> None:
    """It says why."""
    with Slapd(LDIF) as server:
        gateway = configured(tmp_path, server)
        server.stop()
        with pytest.raises(ChildProcessError, match="the directory can't be had, and none was had before"):
            gateway.start()
