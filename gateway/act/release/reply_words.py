"""The answer that a reply to a question gives: yes, no or neither, by plain words in seven languages. Pure.

Letters are compared without accents. Doubt is no yes: the sender can reply again, but mail that is sent stays sent.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from gateway.message.folding.folding import fold

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
    please kindly thanks thank you many cheers regards well and then i we am are sure can could
    bitte danke gerne gern und vielen dank merci svp s'il vous plait de veuillez et por favor gracias y per favore prego
    grazie e graag alstublieft aub bedankt en prosze dziekuje i
    """.split()  # noqa: SIM905 - readable
)
#: Beginnings of an answer that says yes.
_YES = frozenset(
    """
    yes yep yeah y ok okay okey send release confirm confirmed confirming approve approved agreed
    correct proceed deliver
    ja jawohl jo einverstanden senden sende versenden schicken abschicken freigeben bestatige bestatigt
    oui d'accord envoyer envoyez envoie confirme confirmer confirmez
    si vale envia envie enviar envialo envielo enviad confirmo confirmado de acuerdo
    invia inviare invialo inviate inviatelo confermo confermato confermata conferma
    akkoord verzenden verstuur versturen stuur zend bevestig bevestigd bevestigen
    tak wyslij wyslac wyslijcie potwierdzam zgoda zgadzam
    """.split()  # noqa: SIM905 - readable
)
#: Two words that begin an answer that says yes.
_YES_PAIRS = frozenset({("go", "ahead"), ("do", "it"), ("de", "acuerdo"), ("va", "bene"), ("all", "right")})
#: Words that, beside the others, leave an answer a plain yes.
_BESIDE = frozenset(
    """
    it this that them the as is message mail e email now go ahead off out le la lo l'envoyer es sie die nachricht so wie
    ist het bericht de to wiadomosc
    """.split()  # noqa: SIM905 - readable
)
#: Words that refuse.
_NO = frozenset(
    """
    no nope not never don't dont doesn't didn't won't wouldn't shouldn't can't cannot mustn't
    nein nicht nie niemals kein keine nee niet nooit geen non pas jamais n'envoyez n'envoie n'envoyer ne nunca non mai
    niech nigdy
    """.split()  # noqa: SIM905 - readable
)
#: Words that ask for something else than the release.
_OTHERWISE = frozenset(
    """
    stop cancel cancelled delete discard destroy withdraw withdrawn recall bin wait hold keep instead mistake wrong
    angry later tomorrow again until unless corrected new other another different
    abbrechen stornieren loschen losche verwerfen warten stopp halt stattdessen falsch irrtum
    spater morgen erneut andere anderen neue tard demain tarde manana tardi domani opnieuw pozniej jutro
    annuler annulez annule supprimer supprimez supprime attendez attendre arretez
    cancelar cancela cancelen elimina eliminar borra borrar borre espere espera
    annulla annullare annullate elimina eliminare cancella cancellare aspetta fermate
    annuleren annuleer verwijder verwijderen wacht wachten
    anuluj anulowac usun usunac skasuj skasowac poczekaj czekaj wstrzymaj zatrzymaj
    """.split()  # noqa: SIM905 - readable
)
#: Phrases with a word that refuses, which refuse nothing.
_HARMLESS = re.compile(
    r"\b(?:no (?:problem|worries|changes?|doubt|need to (?:change|hold|wait))|why not|not a problem|kein problem|"
    r"keine (?:anderung(?:en)?|sorge)|pas de (?:probleme|souci)|no hay problema|nessun problema|geen probleem)\b"
)
_REMOVE = frozenset(
    """
    delete discard destroy cancel loschen losche verwerfen supprimer supprimez supprime eliminar elimina borrar borre
    eliminare cancella cancellare verwijder verwijderen usun usunac skasuj
    """.split()  # noqa: SIM905 - readable
)
_SEND = re.compile(r"(?:send|releas|deliver|schick|freigeb|freigib|envo|envi|invi|verzend|verst|stuur|zend|wys[ly])")


def answer_in(text: str | None) -> Said:
    """Return the answer of a sender who was asked to confirm; None is a text that can't be read.

    A reply without words says yes, since mail programs let people reply so. Whatever refuses wins over a yes, except
    behind a plain yes in a paragraph of its own, where a footer may say no.
    """
    if text is None:
        return "unclear"
    if not text.strip():
        return "yes"
    paragraphs = _paragraphs(text)
    words = [word for one in paragraphs for word in one][:MAX_WORDS]
    first = paragraphs[0] if paragraphs else []
    if _refuses_sending(words) or (not _is_plain_yes(first) and _refuses(words)) or _begins_with_no(paragraphs[1:]):
        return "no"
    return "yes" if _says_yes(first) else "unclear"


def agreement_in(text: str | None) -> Said:
    """Return the answer of somebody outside who was asked to agree: yes only for a plain yes, or for "I agree".

    An agreement lasts, so more is asked of it than of a release: a reply without words is no yes, nor is one with other
    words beside the yes in its first paragraph.
    """
    paragraphs = _paragraphs(text or "")
    first = ["agreed" if word == "agree" else word for word in paragraphs[0]] if paragraphs else []
    if _is_plain_yes(first) and not _begins_with_no(paragraphs[1:]):
        return "yes"
    return "no" if _refuses([word for one in paragraphs for word in one][:MAX_WORDS]) else "unclear"


def refuses_release(text: str) -> bool:
    """Return whether a text that gives a reason for a release refuses it instead: "No", "delete it", "don't send"."""
    paragraphs = _paragraphs(text)
    first = paragraphs[0] if paragraphs else []
    said = [word for word in first if word not in _COURTESY | _BESIDE]
    return _refuses_sending([word for one in paragraphs for word in one][:MAX_WORDS]) or (
        bool(said) and (said[0] in _REMOVE or all(word in _NO for word in said))
    )


def _paragraphs(text: str) -> list[list[str]]:
    """Return the words of each paragraph, in small letters without accents; a greeting falls away."""
    lines = [_plain(line) for line in text.strip().split("\n")]
    lines[0] = _without_greeting(lines[0])
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1] += _WORD.findall(line)
        else:
            found.append([])
    return [one for one in found if one]


def _plain(line: str) -> str:
    return _HARMLESS.sub(" ", fold(line).text.replace("\u2019", "'").replace("\u0142", "l"))


def _without_greeting(line: str) -> str:
    words = _WORD.findall(line)
    if not words or words[0] not in _GREETINGS:
        return line
    _, mark, rest = line.partition(",")
    if mark:
        return rest
    at = next((at for at, word in enumerate(words) if word in _YES | _NO | _OTHERWISE | _COURTESY), len(words))
    return " ".join(words[at:])


def _says_yes(words: list[str]) -> bool:
    """Return whether the words begin with a yes, or tell to send it: "send me a copy" does not."""
    said = _behind_courtesy(words)
    if not said or said[0] not in _YES:
        return tuple(said[:2]) in _YES_PAIRS
    return not _SEND.match(said[0]) or len(said) == 1 or said[1] in _YES | _COURTESY | _BESIDE


def _behind_courtesy(words: list[str]) -> list[str]:
    at = next((at for at, word in enumerate(words) if word not in _COURTESY), len(words))
    return words[at:]


def _is_plain_yes(words: list[str]) -> bool:
    return _says_yes(words) and all(word in _YES | _COURTESY | _BESIDE for word in words)


def _refuses(words: list[str]) -> bool:
    return not (_NO | _OTHERWISE).isdisjoint(words)


def _begins_with_no(paragraphs: list[list[str]]) -> bool:
    """Return whether the paragraph behind the first takes the answer back."""
    said = _behind_courtesy(paragraphs[0]) if paragraphs else []
    return bool(said) and said[0] in _NO | _OTHERWISE


def _refuses_sending(words: list[str]) -> bool:
    """Return whether a refusal stands right before the word for the release."""
    return any(
        any(_SEND.match(one) for one in words[at + 1 : at + 1 + BETWEEN])
        for at, word in enumerate(words)
        if word in _NO
    )
