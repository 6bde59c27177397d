"""Suggests the `meanings` of `payment_change.yaml`: which concepts and pairs of them tell changes from ordinary mail.

Of all that occur in the labelled mails and in ham those are kept that a logistic regression with an L1 penalty needs
beside the signals that are there, each only with a sign that a reader would give it (`ORDINARY` never speaks for a
change, what is made of `TELLING` alone never against one). `python -m tests.evaluation.suggest` writes the
section anew; `python -m tests.evaluation.train weights` fits it then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from filters.payment_change.meanings import concepts_of
from filters.payment_change.settings import Meaning, Rules
from tests.evaluation.train import RULES, Known, fitted_weights, known, rules

#: Mails, and sets of them, that a meaning must occur in.
MIN_MAILS, MIN_SOURCES = 8, 2
#: A weight from which on a meaning is kept, and how many at most.
LEAST, MOST = 0.4, 150
#: What ordinary mail speaks of: never for a change.
ORDINARY = frozenset(
    """
    same fraud phone policy login card software price addr person market invoiced sentpast gl bankx cond give
    """.split()  # noqa: SIM905 - a list of words
)
#: What a change is told with: never against one, unless beside what may turn it.
TELLING = frozenset(
    """
    change new instead dead frozen third assign merger fromnow later wrong crypto link old move nocall secret onwardq
    how done where urgent
    """.split()  # noqa: SIM905 - a list of words
)
#: ... about these.
ABOUT = frozenset("account number bank pay put money rent wages refund dd cheque records one @account".split())  # noqa: SIM905
#: What turns a sentence, one way or the other.
TURNING = frozenset({"not", "usual", "yours", "@money", "@masked"})
#: These say something without another.
ALONE = ORDINARY | frozenset("third assign merger later crypto frozen nocall secret how done link instead".split())  # noqa: SIM905
#: How a reviewer reads a concept.
READ_AS = {
    **{"account": "an account", "number": "a number", "bank": "a bank", "pay": "paying", "put": "putting or sending"},
    **{"money": "money", "rent": "rent", "wages": "wages", "refund": "a refund", "dd": "a direct debit"},
    **{"cheque": "a cheque", "new": "something new", "old": "something former", "usual": "what is usual"},
    **{"same": "what stays the same", "change": "a change", "move": "a move", "dead": "an end", "frozen": "a stop"},
    **{"instead": "one thing for another", "not": "a negation", "fromnow": "from now on", "third": "somebody else"},
    **{"assign": "a debt assigned", "merger": "a business taken over", "me": "me", "us": "us", "him": "him or them"},
    **{"yours": "you", "later": "something to follow", "attached": "something attached", "cond": "a condition"},
    **{"fraud": "fraud", "phone": "telephoning", "nocall": "no telephoning", "policy": "rules or training"},
    **{"login": "a login", "card": "a card", "software": "software", "price": "prices or terms", "addr": "an address"},
    **{"person": "a contact", "market": "advertising", "invoiced": "an invoice", "sentpast": "what was paid already"},
    **{"records": "records", "please": "a request", "how": "how to have it changed", "done": "whether it was done"},
    **{"wrong": "a mistake", "link": "a payment link", "crypto": "crypto money", "urgent": "haste"},
    **{"secret": "secrecy", "where": "a place", "one": "one of them", "onwardq": "what is handed on"},
    **{"give": "details asked for", "gl": "book-keeping", "bankx": "a bank of another sort"},
    **{"@account": "an account number", "@masked": "a masked number", "@money": "an amount"},
}

_NAMED = {"@account": "account_number", "@money": "amount", "@masked": "masked_number"}


def sensible(when: str) -> bool:
    """Whether a reader could say what it means."""
    first, *second = concepts_of(when)
    if not second:
        return first in ALONE
    return all(one in READ_AS for one in (first, *second)) and not (ABOUT | TELLING).isdisjoint((first, *second))


def sign_of(when: str) -> int:
    """1 or -1 where a reader would expect no other, else 0."""
    concepts = frozenset(concepts_of(when))
    if not ORDINARY.isdisjoint(concepts):
        return -1
    if not TURNING.isdisjoint(concepts) or "@account" in concepts:
        return 0
    return 1


def chosen(several: Sequence[Known], of: Rules) -> dict[str, float]:
    """Meanings, as `when` says them, with their weights."""
    thought_of = {when: Meaning(weight=1, when=when, says="") for when in _candidates(several)}
    signs = {when: sign_of(when) for when in thought_of}
    weights = fitted_weights(several, of.model_copy(update={"meanings": thought_of}), signs).weights
    kept = {when: weights[when] for when in thought_of if abs(weights[when]) >= LEAST}
    return dict(sorted(kept.items(), key=lambda item: -abs(item[1]))[:MOST])


def _candidates(several: Sequence[Known]) -> Iterator[str]:
    mails: Counter[str] = Counter()
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for one in several:
        for when in one.meant:
            mails[when] += 1
            sources[when].add(one.source)
    for when in sorted(mails):
        if sensible(when) and mails[when] >= MIN_MAILS and len(sources[when]) >= MIN_SOURCES:
            yield when


def written_into(text: str, found: dict[str, float], taken: frozenset[str]) -> str:
    """The YAML of the rules with this section between `meanings:` and the next."""
    head, rest = text.split("\nmeanings:\n", 1)
    tail = rest[rest.index("\n\n") :]
    lines = [_line(when, weight, taken) for when, weight in sorted(found.items(), key=lambda item: -item[1])]
    return f"{head}\nmeanings:\n{chr(10).join(lines)}{tail}"


def _line(when: str, weight: float, taken: frozenset[str]) -> str:
    concepts = concepts_of(when)
    name = "_".join(_NAMED.get(concept, concept) for concept in concepts)
    name = f"{name}_meant" if name in taken else name
    says = f", then {READ_AS[concepts[-1]]}" if len(concepts) > 1 else ""
    says = READ_AS[concepts[0]][0].upper() + READ_AS[concepts[0]][1:] + says
    return f"  {name}: {{weight: {weight:g}, when: {_quoted(when)}, says: {_quoted(says)}}}"


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text or text.startswith("@") else text


def main() -> None:
    of = rules()
    found = chosen(known(of), of)
    RULES.write_text(written_into(RULES.read_text("utf-8"), found, frozenset(of.signals)), "utf-8")


if __name__ == "__main__":
    main()
