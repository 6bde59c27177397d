"""Codes of the filter `attachments`: clause, shipped action, and the codes that defects of the content lead to."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contract import Code, Codes, Direction

UNINSPECTABLE = "attachment.uninspectable"
ENCRYPTED = "attachment.encrypted"
PASSWORD = "attachment.password_in_mail"  # noqa: S105 - a code

#: Actions for content that can't be looked into: inbound mail is delivered with a tag, and mail of our own people is
#: logged.
_UNSEEN: Mapping[Direction, str] = {"inbound": "tag", "outbound": "log", "internal": "log"}

#: Actions for content that makes a reader's machine log on to another host. Such mail comes from outside; colleagues
#: send each other paths of shares.
_FROM_OUTSIDE: Mapping[Direction, str] = {"inbound": "quarantine", "outbound": "log", "internal": "log"}

_UNREAD = "An attachment could not be examined completely, so it is not known what it is."

#: Codes that a category of `config/attachments.yaml` may have.
OF_CATEGORIES: Codes = {
    "attachment.executable": Code(
        "security.executables", "quarantine", "An attachment is a program, a library or an installer."
    ),
    "attachment.script": Code("security.unauthorised-software", "quarantine", "An attachment is a script."),
    "attachment.shortcut": Code(
        "security.unauthorised-software", "quarantine", "An attachment is a shortcut that starts something."
    ),
    "attachment.disk_image": Code("security.unauthorised-software", "quarantine", "An attachment is a disk image."),
    "attachment.macro": Code("security.unauthorised-software", "tag", "An attachment is a document with macros."),
    "attachment.music": Code("email.copyright", "log", "An attachment is music."),
    "attachment.video": Code("email.copyright", "log", "An attachment is a video."),
}

CODES: Codes = {
    **OF_CATEGORIES,
    "attachment.active_content": Code(
        "security.unauthorised-software",
        "quarantine",
        "An attachment is a document that starts or loads something from outside when it is opened.",
    ),
    "attachment.document_script": Code(
        "security.unauthorised-software", "tag", "An attachment is a document with a script in it."
    ),
    "attachment.smuggling": Code(
        "security.executables", "quarantine", "A web page in the message assembles a file when it is opened."
    ),
    UNINSPECTABLE: Code("security.executables", "quarantine", _UNREAD),
    ENCRYPTED: Code("security.viruses", _UNSEEN, "An attachment is encrypted, so it could not be scanned."),
    "message.encrypted": Code("security.viruses", _UNSEEN, "The message is encrypted, so it could not be scanned."),
    "message.remote_file": Code(
        "security.unauthorised-software",
        _FROM_OUTSIDE,
        "The message loads a file from a share on another host, or starts a program, as soon as it is shown.",
    ),
    "message.program_link": Code(
        "security.unauthorised-software",
        _UNSEEN,
        "A link in the message starts a program or opens a file on another host.",
    ),
    PASSWORD: Code(
        "security.viruses", "quarantine", "An attachment is encrypted, and its password stands in the same message."
    ),
}

#: Codes that a reviewer may waive for one sender: kinds of files that a partner may have reason to send.
REVIEWERS_ALLOW = frozenset({*OF_CATEGORIES, "attachment.active_content", "attachment.document_script"})

#: Codes of content that runs, with the reason why no recipient may release it.
NEVER_BY_RECIPIENT: Mapping[str, str] = dict.fromkeys(
    (
        *("attachment.executable", "attachment.script", "attachment.shortcut", "attachment.disk_image"),
        *("attachment.active_content", "attachment.smuggling", "message.remote_file", "message.program_link"),
        PASSWORD,
    ),
    "whoever opens it may start a program",
)

#: Code of a defect -> our code, and the sentence for the sender.
OF_DEFECTS: Mapping[str, tuple[str, str]] = {
    "container.encrypted": (ENCRYPTED, "An attachment is encrypted, so it could not be scanned."),
    "message.encrypted": ("message.encrypted", "The message is encrypted, so it could not be scanned."),
    "container.unreadable": (UNINSPECTABLE, _UNREAD),
    "container.limit": (UNINSPECTABLE, _UNREAD),
    "message.partial": (
        UNINSPECTABLE,
        "The message is one piece of a larger one, so its attachments could not be examined.",
    ),
    "message.external_body": (UNINSPECTABLE, "An attachment is not in the message, but elsewhere on the network."),
    "document.macro": ("attachment.macro", "An attachment is a document with macros."),
    "document.external": (
        "attachment.active_content",
        "An attachment is a document that starts or loads something from outside when it is opened.",
    ),
    "document.script": ("attachment.document_script", "An attachment is a document with a script in it."),
    "link.loaded": (
        "message.remote_file",
        "The message loads a file from a share on another host, or starts a program, as soon as it is shown.",
    ),
    "link.program": (
        "message.program_link",
        "A link in the message starts a program or opens a file on another host.",
    ),
    "html.smuggling": ("attachment.smuggling", "A web page in the message assembles a file when it is opened."),
}


def of_defect(code: str) -> tuple[str, str] | None:
    """Return our code and sentence, or None for a defect that other filters report. Every reached limit is ours."""
    return OF_DEFECTS.get(code) or ((UNINSPECTABLE, _UNREAD) if code.startswith("limit.") else None)
