"""Every reply that we give, in one place: the session's, and those after a message (RFC 5321 4.2, RFC 3463).

Each is one plain sentence; further facts for an administrator are in the log under the same id.
"""

from __future__ import annotations

from gateway.smtp.reply import Reply

# --- the session -----------------------------------------------------------------------------------------------------

OK = Reply(250, "2.0.0", "Ok")
BYE = Reply(221, "2.0.0", "Bye")
HELP = Reply(214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY STARTTLS")
CANNOT_VRFY = Reply(252, "2.5.0", "Addresses are verified at RCPT")
SENDER_OK = Reply(250, "2.1.0", "Sender ok")
RECIPIENT_OK = Reply(250, "2.1.5", "Recipient ok")
START_DATA = Reply(354, "", "End data with <CR><LF>.<CR><LF>")

UNKNOWN_COMMAND = Reply(500, "5.5.2", "Unknown command")
LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long")
BARE_LF_COMMAND = Reply(500, "5.5.2", "A command line ends with CR LF")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "Not offered here")
NOT_IMPLEMENTED_CLOSING = Reply(502, "5.5.1", "BDAT is not offered here; closing the connection")
OTHER_PROTOCOL = Reply(521, "5.5.1", "This is an SMTP server; closing the connection")
HELO_SYNTAX = Reply(501, "5.5.4", "Syntax: EHLO host-name")
HELO_FIRST = Reply(503, "5.5.1", "Send EHLO first")
MAIL_FIRST = Reply(503, "5.5.1", "Send MAIL first")
RCPT_FIRST = Reply(503, "5.5.1", "No recipient was accepted")
NESTED_MAIL = Reply(503, "5.5.1", "A transaction is under way; send RSET first")
BAD_SEQUENCE = Reply(503, "5.5.1", "Not within a transaction")
NO_ARGUMENT = Reply(501, "5.5.4", "This command takes no argument")
NO_PARAMETERS = Reply(555, "5.5.4", "Parameters need EHLO")
NO_STARTTLS = Reply(503, "5.5.1", "STARTTLS is not offered now")
XCLIENT_DENIED = Reply(550, "5.7.1", "XCLIENT is for our proxies only")
XFORWARD_DENIED = Reply(550, "5.7.1", "XFORWARD is for our proxies only")

NO_DOMAIN = Reply(501, "5.1.3", "The recipient needs a domain")
NO_SMTPUTF8 = Reply(555, "5.6.7", "SMTPUTF8 is not offered here")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "A non-ASCII address needs SMTPUTF8")
SENDER_DENIED = Reply(553, "5.1.7", "Mail from this sender can't be answered: no program and no route is an address")
# RFC 4954 4 and 6. One text for a wrong login and a wrong password: nobody learns which logins exist.
LOGGED_IN = Reply(235, "2.7.0", "Logged in")
NOT_AUTH_NOW = Reply(503, "5.5.1", "AUTH is not possible now")
AUTH_NEEDS_TLS = Reply(538, "5.7.11", "AUTH needs an encrypted connection: send STARTTLS first")
UNKNOWN_MECHANISM = Reply(504, "5.5.4", "AUTH takes PLAIN or LOGIN")
UNREADABLE_AUTH = Reply(501, "5.5.2", "This can't be read as base64 of a login and a password")
AUTH_LINE_TOO_LONG = Reply(500, "5.5.6", "Line too long")
AUTH_CANCELLED = Reply(501, "5.7.0", "AUTH was cancelled")
LOGIN_REFUSED = Reply(535, "5.7.8", "Login or password is wrong")
LOGINS_AWAY = Reply(454, "4.7.0", "Logins can't be checked now; try again later")
TOO_MANY_LOGINS = Reply(454, "4.7.0", "Too many logins have failed; try again later")
LOGIN_NEEDED = Reply(530, "5.7.0", "Log in first (AUTH, over TLS)")

RELAY_DENIED = Reply(550, "5.7.1", "Relaying denied")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")

TIMED_OUT = Reply(421, "4.4.2", "Timed out")
SESSION_TOO_LONG = Reply(421, "4.4.2", "This session has lasted too long")
SHUTTING_DOWN = Reply(421, "4.3.2", "Shutting down; try again later")
TOO_MANY_CONNECTIONS = Reply(421, "4.3.2", "Too many connections; try again later")
TOO_MANY_FROM_CLIENT = Reply(421, "4.7.0", "Too many connections from your host")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Too many commands in one session")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors in one session")
BUSY = Reply(452, "4.3.1", "Too much mail at once; try again later")
INTERNAL = Reply(451, "4.3.0", "Something went wrong here; try again later")

# --- the message -----------------------------------------------------------------------------------------------------

TOO_BIG = Reply(552, "5.3.4", "The message is too big")
BARE_NEWLINE = Reply(550, "5.6.11", "The message has a CR or LF that stands alone")
LOOP = Reply(554, "5.4.6", "Too many Received fields: the message is in a loop")


def not_your_address(address: str, login: str) -> Reply:
    """Return the reply to MAIL with an address that the client's login may not send from."""
    return Reply(553, "5.7.1", f"{address} is not an address that the login {login} may send from")


def _with_id(reply: Reply, mail_id: str) -> Reply:
    return Reply(reply.code, reply.status, f"{reply.text} ({mail_id})")


def accepted(mail_id: str) -> Reply:
    """Return the reply for a message of which the next hop or the store has every copy."""
    return Reply(250, "2.0.0", f"Accepted as {mail_id}")


def internal(mail_id: str) -> Reply:
    """Return the reply for an unknown error: temporary, without internal details."""
    return _with_id(INTERNAL, mail_id)


def busy(mail_id: str) -> Reply:
    """Return the reply where too much waits to be opened before this message."""
    return _with_id(BUSY, mail_id)


def deferred(mail_id: str) -> Reply:
    """Return the reply where a filter can't decide now."""
    return _with_id(Reply(451, "4.7.1", "The message can't be checked now; try again later"), mail_id)


def tenant_unproven(mail_id: str, service: str, *, later: bool) -> Reply:
    """Return the reply where a message doesn't prove to come from our own account at a service; later, where DNS fails.

    The log has the reason.
    """
    if later:
        return _with_id(Reply(451, "4.7.1", f"Can't verify now that this comes from our {service} account"), mail_id)
    return _with_id(Reply(550, "5.7.1", f"Nothing proves that this comes from our own {service} account"), mail_id)


def out_of_time(mail_id: str) -> Reply:
    """Return the reply where too little is left of `reply_seconds` to begin a relay."""
    return _with_id(Reply(451, "4.3.2", "Checking the message took too long; try again later"), mail_id)


def store_full(mail_id: str) -> Reply:
    """Return the reply where the message must be held and there is no room."""
    return _with_id(Reply(452, "4.3.1", "No room to hold the message; try again later"), mail_id)


def rejected(mail_id: str, summary: str) -> Reply:
    """Return the reply where the policy rejects every copy; `summary` is a finding's one sentence."""
    return _with_id(Reply(550, "5.7.1", summary), mail_id)


def confirmed(mail_id: str, held_id: str) -> Reply:
    """Return the reply to a sender who has confirmed a held message."""
    return _with_id(Reply(250, "2.0.0", f"Confirmed: {held_id} is on its way"), mail_id)


def taken(mail_id: str, sentence: str) -> Reply:
    """Return the reply to one of our people who has asked for a held message; the sentence says what happens."""
    return _with_id(Reply(250, "2.0.0", sentence), mail_id)


def unconfirmed(mail_id: str, sentence: str) -> Reply:
    """Return the reply where mail to the control address releases nothing; the sentence says why."""
    return _with_id(Reply(550, "5.7.1", sentence), mail_id)


def passed_on(mail_id: str, reply: Reply) -> Reply:
    """Return the next hop's reply, with our id."""
    with_status = reply.with_status()
    code = with_status.code if with_status.code != 421 else 451  # 421 would mean that we close this session
    return _with_id(Reply(code, with_status.status, with_status.text.partition("\n")[0]), mail_id)
