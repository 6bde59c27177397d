"""Held messages that a command is about: ids, ids from standard input, or all that a filter of `list` finds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from gateway.cli.control_client import operate
from gateway.cli.options import UNUSABLE, fail
from gateway.cli.since import period
from gateway.control.vocabulary import RequestState
from gateway.settings.yaml.problems import nearest, shown

#: Most messages of one command that are selected by a filter.
MOST_SELECTED = 10_000

Ids = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID…|-]", help="Ids or their beginnings, as `list` shows them; `-` reads them from input."),
]
SinceOption = Annotated[str | None, typer.Option(help="Newer than this: 30m, 12h, 7d, or a date such as 2026-01-31.")]
UntilOption = Annotated[str | None, typer.Option(help="Older than this, written in the same way.")]
CodeOption = Annotated[str, typer.Option(help="Held for this finding; `*` stands for anything: `virus.*`.")]
SenderOption = Annotated[
    str, typer.Option(help="From this address, by `From:` or envelope; `*@example.org`: a domain.")
]
RecipientFilter = Annotated[str, typer.Option("--to", help="For this address.")]
#: The same where no other option is called `--recipient`.
RecipientOption = Annotated[str, typer.Option("--to", "--recipient", help="For this address.")]
SubjectOption = Annotated[str, typer.Option(help="With all of these words in the subject.")]
AssignedOption = Annotated[str, typer.Option(help="In this person's hands; `nobody`: in nobody's.")]
RequestOption = Annotated[
    str,
    typer.Option(help="Whose release somebody has asked for: `open`, or answered: `granted`, `refused`, `deleted`."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it to all that the filters find, without a question.")]
CountOption = Annotated[
    int | None, typer.Option(min=1, help="Do it without a question if so many are found, else not at all.")
]


def choice(
    since: SinceOption = None,
    until: UntilOption = None,
    code: CodeOption = "",
    sender: SenderOption = "",
    to: RecipientFilter = "",
    subject: SubjectOption = "",
    assigned: AssignedOption = "",
    request: RequestOption = "",
) -> dict[str, Any]:
    """Return the filters as the gateway takes them; exit with a sentence for a value that makes no sense."""
    if request and request not in get_args(RequestState):
        fail(f"--request is one of {', '.join(get_args(RequestState))}, not {shown(request)}", UNUSABLE)
    given = {
        "code": code or None,
        "sender": sender or None,
        "recipient": to or None,
        "subject": subject or None,
        "assigned_to": "" if assigned == "nobody" else assigned or None,
        "request": request or None,
    }
    return {**period(since, until), **{name: value for name, value in given.items() if value is not None}}


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command that lists messages: it has the filters' options, and gets them as its parameter `filters`."""
    filters = signature(choice, eval_str=True).parameters
    own = signature(command, eval_str=True).parameters

    @wraps(command)
    def chosen(**arguments: Any) -> None:
        chosen_by = choice(**{name: arguments.pop(name) for name in filters})
        _check_code(arguments["config"], chosen_by.get("code", ""))
        command(filters=chosen_by, **arguments)

    options = [one.replace(annotation=RecipientOption) if one.name == "to" else one for one in filters.values()]
    return _with_parameters(chosen, [*(own[name] for name in own if name != "filters"), *options])


def _with_parameters(command: Callable[..., None], parameters: Sequence[Parameter]) -> Callable[..., None]:
    """Return a command that typer takes for one with these parameters."""
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def of_messages(what: str, state: str = "held") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a command that is about messages: it gets their ids, and the options that choose them.

    The command's parameters `ids` and `config` are its own. `what` says what is done, such as "Delete": a person at a
    terminal is asked with it before messages that filters found are touched.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        filters = signature(choice, eval_str=True).parameters
        own = signature(command, eval_str=True).parameters
        given = {name: own[name] for name in own if name != "ids"}
        ids = Parameter("ids", Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Ids)
        yes = Parameter("yes", Parameter.POSITIONAL_OR_KEYWORD, default=False, annotation=YesOption)
        count = Parameter("count", Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=CountOption)

        @wraps(command)
        def chosen(**arguments: Any) -> None:
            wanted = {name: arguments.pop(name) for name in ("ids", "yes", "count")}
            wanted["filters"] = choice(**{name: arguments.pop(name) for name in filters})
            _check_code(arguments["config"], wanted["filters"].get("code", ""))
            command(chosen_ids(arguments["config"], what=what, state=state, **wanted), **arguments)

        return _with_parameters(chosen, [ids, *given.values(), *filters.values(), yes, count])

    return decorate


def chosen_ids(
    config: Path | None,
    ids: Sequence[str] | None,
    filters: dict[str, Any],
    *,
    what: str,
    yes: bool,
    count: int | None,
    state: str,
) -> list[str]:
    """Return the ids that a command is about; exit with a sentence where nothing, or something else, was meant."""
    if ids:
        if filters:
            fail("ids and filters are two ways to say which messages: give one of them", UNUSABLE)
        return _given(ids)
    if not filters:
        fail("which messages? Give ids, `-` for standard input, or filters such as --code and --sender", UNUSABLE)
    rows = operate(config, "quarantine.list", limit=MOST_SELECTED, state=state, **filters)
    if not rows:
        fail("no message fits these filters")
    if len(rows) == MOST_SELECTED:
        fail(f"the filters find {MOST_SELECTED} messages or more, which are too many for one command: narrow them")
    found = f"{len(rows)} message{'s' * (len(rows) != 1)}"
    if count and count != len(rows):
        fail(f"the filters find {found}, not {count}: nothing was done")
    if not (yes or count):
        if not sys.stdin.isatty():
            fail(f"the filters find {found}: --yes or --count {len(rows)} does it without a question", UNUSABLE)
        typer.confirm(f"{what} {found}?", abort=True)
    return [row["id"] for row in rows]


def _given(ids: Sequence[str]) -> list[str]:
    words = [word for id in ids for word in (sys.stdin.read().split() if id == "-" else [id])]
    if not words:
        fail("no id was given on standard input", UNUSABLE)
    return list(dict.fromkeys(words))


def _check_code(config: Path | None, code: str) -> None:
    """Exit if no known code fits: a slip must not look like an empty quarantine. The gateway knows the codes."""
    if not code:
        return
    known = operate(config, "quarantine.codes")
    if not any(fnmatchcase(one, code) for one in known):
        meant = nearest(code, known)
        fail(f"--code: no finding is {shown(code)}" + (f" (did you mean {meant}?)" if meant else ""), UNUSABLE)
