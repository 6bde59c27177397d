"""The answer that a reply to a question gives: yes, no or neither, by plain words in seven languages. Pure.

Only a first line with a plain yes says yes, and below it nothing but another yes, courtesy, and a signature that begins
with the person's own name. Letters are compared without accents. Doubt is no yes: the person can reply again, but mail
that is sent stays sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Final, Literal

from gateway.message.folding.folding import fold
from gateway.message.text.mail_signatures import is_closing
from gateway.message.text.phrases import DEVICE

Said = Literal["yes", "no", "unclear"]

#: Words of a reply in which a refusal counts: the greeting, and some sentences.
MAX_WORDS: Final = 60
#: Words behind a refusal among which the word for the release stands: "don't ever send".
BETWEEN: Final = 3

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_GREETINGS = frozenset(
    """
    hi hello hey dear good morning afternoon evening greetings hallo guten liebe lieber sehr geehrte moin servus
    bonjour bonsoir salut cher chere hola buenos buenas estimado estimada ciao buongiorno buonasera salve gentile
    goedemorgen goedemiddag beste geachte dag czesc witam szanowni szanowny
    """.split()  # noqa: SIM905 - readable
)
#: Words before the answer, and beside it, that say nothing of their own.
_COURTESY = frozenset(
    """
    please kindly thanks thx thank you very much many cheers kind best warm regards wishes well and then sure
    bitte danke gerne gern und vielen dank merci svp s'il vous plait de veuillez et por favor gracias y per favore prego
    grazie e graag alstublieft aub bedankt en prosze dziekuje
    gruss grusse salutations saludos saluti groet groeten pozdrawiam
    """.split()  # noqa: SIM905 - readable
)
#: Words of a person who speaks of themselves.
_FIRST_PERSON = frozenset({"i", "we", "ich", "wir", "je", "nous", "yo", "io", "ik", "wij"})
#: Words that may stand behind "I" in a plain answer: "I send it" may be a plan.
_STATEMENTS = frozenset(
    """
    do hereby am i'm we're are have agree confirm approve bin bestatige suis confirme confirmo confermo bevestig ben ga
    """.split()  # noqa: SIM905 - readable
)
#: Words that say yes, or tell to send it.
_YES = frozenset(
    """
    yes yep yeah send release confirm confirmed confirming approve approved proceed deliver
    ja jawohl sende senden versenden schicken abschicken freigeben bestatige bestatigt
    oui envoyer envoyez envoie l'envoyer d'envoyer confirme confirmer confirmez
    si envia envie enviar envialo envielo enviad confirmo confirmado
    invia inviare invialo inviate inviatelo confermo confermato confermata conferma
    verzenden verstuur versturen stuur zend bevestig bevestigd bevestigen
    tak wyslij wyslac wyslijcie potwierdzam
    """.split()  # noqa: SIM905 - readable
)
#: Words that agree to what was asked. They release nothing by themselves: "OK, agreed" may agree with the notice.
_AGREES = frozenset(
    """
    agree agreed accept einverstanden zustimme d'accord j'accepte acuerdo acepto d'accordo accetto acconsento akkoord
    zgoda zgadzam
    """.split()  # noqa: SIM905 - readable
)
#: Words that, beside a yes, leave an answer plain. "OK" is one: "OK, thanks" says that the notice was read.
_BESIDE = frozenset(
    """
    ok okay all it is this that them the as message mail e email now anyway off out certainly definitely absolutely of
    course okej trotzdem
    vale va bene le la lo es so wie ist sie die nachricht zu estoy sono het bericht to wiadomosc sie
    """.split()  # noqa: SIM905 - readable
)
#: Several words that say what one says.
_PHRASES = (
    (re.compile(r"\b(?:go ahead|do it)\b"), "proceed"),
    (re.compile(r"\b(?:is|it's|that's|all|looks) (?:right|correct|fine|good|ok|okay|intended)\b"), "ok"),
    (re.compile(r"\b(?:i|we|i've|we've) (?:have )?checked\b"), "ok"),
    (re.compile(r"^\W*y\W*$"), "yes"),
    (re.compile(r"\bstimme (?:\w+ )?zu\b"), "bin einverstanden"),
)
#: Words that refuse.
_NO = frozenset(
    """
    no nope not never don't dont doesn't didn't won't wouldn't shouldn't can't cannot mustn't
    nein nicht nie niemals kein keine nee niet nooit geen non pas jamais n'envoyez n'envoie n'envoyer ne nunca non mai
    niech nigdy
    """.split()  # noqa: SIM905 - readable
)
#: Words that tell to remove the message.
_REMOVE = frozenset(
    """
    delete discard destroy cancel loschen losche verwerfen supprimer supprimez supprime eliminar elimina borrar borre
    eliminare cancella cancellare verwijder verwijderen usun usunac skasuj
    """.split()  # noqa: SIM905 - readable
)
#: Words that stop what was asked.
_STOP = _REMOVE | frozenset(
    """
    stop cancelled withdraw withdrawn recall bin wait hold keep
    abbrechen stornieren warten stopp halt annuler annulez annule attendez attendre arretez cancelar cancela cancelen
    borra espere espera annulla annullare annullate aspetta fermate annuleren annuleer wacht wachten
    anuluj anulowac skasowac poczekaj czekaj wstrzymaj zatrzymaj
    """.split()  # noqa: SIM905 - readable
)
#: Small words of a signature: "Head of Sales".
_IN_SIGNATURES = frozenset({"of", "and", "und", "et", "y", "e", "i", "de", "der", "van", "von"})
#: Phrases with a word that refuses, which refuse nothing.
_HARMLESS = re.compile(
    r"\b(?:no (?:problem|worries|changes?|doubt|need to (?:change|hold|wait))|why not|not a problem|kein problem|"
    r"keine (?:anderung(?:en)?|sorge)|pas de (?:probleme|souci)|no hay problema|nessun problema|geen probleem)\b"
)
_SENT_FROM = re.compile(r"sent from (?:my )?[\w-]+", re.IGNORECASE)
_SEND = re.compile(r"(?:send|releas|deliver|schick|freigeb|freigib|envo|envi|invi|verzend|verst|stuur|zend|wys[ly])")


def answer_in(text: str | None, name: str = "") -> Said:
    """Return the answer of a sender who was asked to confirm; None is a text that can't be read.

    A reply without words says yes, since mail programs let people reply so. `name` is the person's own, which may stand
    behind the answer.
    """
    if text is None:
        return "unclear"
    return _said(text, _YES, name) if text.strip() else "yes"


def agreement_in(text: str | None, name: str = "") -> Said:
    """Return the answer of somebody outside who was asked to agree; a reply without words is no yes."""
    return _said(text or "", _YES | _AGREES, name)


def refuses_release(text: str) -> bool:
    """Return whether a text that gives a reason for a release refuses it instead: "No", "delete it", "don't send"."""
    lines = [_words(line) for line in _lines(text)]
    said = [word for word in lines[0] if word not in _COURTESY | _BESIDE | _FIRST_PERSON] if lines else []
    return _refuses_sending([word for line in lines for word in line][:MAX_WORDS]) or (
        bool(said) and (said[0] in _REMOVE or all(word in _NO for word in said))
    )


def _said(text: str, yes: Set[str], name: str) -> Said:
    lines = _lines(text)
    own = frozenset(_words(name)) - _NO - _STOP
    if lines and _is_plain_yes(lines[0], yes, own) and _only_closes(lines[1:], yes, own):
        return "yes"
    words = [word for line in lines for word in _words(line)]
    return "unclear" if (_NO | _STOP).isdisjoint(words[:MAX_WORDS]) else "no"


def _is_plain_yes(line: str, yes: Set[str], own: Set[str]) -> bool:
    """Return whether a line says yes and nothing else, but for courtesy and the person's own name."""
    words = _words(line)
    beside = yes | _AGREES | _COURTESY | _BESIDE | _STATEMENTS | own
    return (
        "?" not in line
        and not line.rstrip().endswith(":")
        and not (yes - own).isdisjoint(words)
        and all(
            (then in _STATEMENTS | yes and not _SEND.match(then)) if word in _FIRST_PERSON else word in beside
            for word, then in zip(words, [*words[1:], ""], strict=True)
        )
    )


def _only_closes(lines: Sequence[str], yes: Set[str], own: Set[str]) -> bool:
    """Return whether the lines below a yes add nothing to it.

    A signature begins with the person's own name, so that "Ask Cleo" is none.
    """
    signed = False
    for line in lines:
        words = _words(line)
        if _is_device(line, own) or is_closing(line) or _COURTESY.issuperset(words) or _is_plain_yes(line, yes, own):
            continue
        signed = signed or next(word for word in words if word not in _COURTESY) in own
        if not signed or not _may_sign(line, own):
            return False
    return True


def _is_device(line: str, own: Set[str]) -> bool:
    """Return whether a line names the device or the program that a reply was written with, and says no more."""
    named = DEVICE.match(line) or _SENT_FROM.match(line)
    if not named or not (_NO | _STOP).isdisjoint(_words(line)):
        return False
    rest = line[named.end() :]
    return len(_words(rest)) < 2 or _may_sign(rest, own)


def _may_sign(line: str, own: Set[str]) -> bool:
    """Return whether a line has words with capitals, numbers and addresses alone, as a signature has."""
    small = own | _COURTESY | _IN_SIGNATURES
    return (_NO | _STOP).isdisjoint(_words(line)) and all(
        not word[:1].islower() or "@" in word or "." in word[:-1] or small >= set(_words(word))
        for word in (one.lstrip("(<*|") for one in line.split())
    )


def _lines(text: str) -> list[str]:
    """Return the lines that have words; a greeting falls away."""
    first, *others = text.strip().split("\n")
    return [line for line in (_without_greeting(first), *others) if _WORD.search(line)]


def _words(line: str) -> list[str]:
    """Return the words of a line, in small letters without accents; phrases become the word that says the same."""
    plain = _HARMLESS.sub(" ", _plain(line))
    for phrase, word in _PHRASES:
        plain = phrase.sub(word, plain)
    return _WORD.findall(plain)


def _plain(text: str) -> str:
    return fold(text).text.replace("\u2019", "'").replace("\u0142", "l")


def _without_greeting(line: str) -> str:
    words = list(_WORD.finditer(line))
    if not words or _plain(words[0][0]) not in _GREETINGS:
        return line
    _, mark, rest = line.partition(",")
    if mark:
        return rest
    answer = (one for one in words if _plain(one[0]) in _YES | _AGREES | _NO | _STOP | _COURTESY)
    first = next(answer, None)
    return line[first.start() :] if first else ""


def _refuses_sending(words: list[str]) -> bool:
    """Return whether a refusal stands right before the word for the release."""
    return any(
        any(_SEND.match(one) for one in words[at + 1 : at + 1 + BETWEEN])
        for at, word in enumerate(words)
        if word in _NO
    )
