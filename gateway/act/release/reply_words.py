"""The answer that a reply to a question gives: yes, no or unclear, by whole phrases in seven languages. Pure.

A yes is a text whose every line is made of phrases that say yes, courtesy, the person's own name and "Sent from my
phone"; the signature of the held message may stand below. Behind a greeting only names of those who asked may stand: in
"Hello Wrong Mail, yes" the greeting says more. A no is a text of phrases that say no, courtesy and the name. Anything
else is unclear: no words, any other word or sign, a question mark or an emoji among them, a yes beside a no, and a yes
with other words below the quoted notice. An unclear reply does nothing and can be followed by a clear one, while mail
that is sent stays sent. Letter case and accents don't matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from typing import Final, Literal

from gateway.act.release.reply_reading import ReplyText
from gateway.message.text.boilerplate import split_footer

Said = Literal["yes", "no", "unclear"]
#: `agrees` agrees to what was asked, which alone releases nothing: "OK, agreed" may agree with the notice. `fine`
#: leaves a yes plain, but not a no: "No, that's fine".
_Meaning = Literal["yes", "agrees", "no", "fine", "courtesy"]

#: Characters of a plain answer, with a signature.
MAX_CHARACTERS: Final = 1_000
#: Lines at the end of a message among which its signature stands.
MAX_SIGNATURE_LINES: Final = 20
#: Words of a name behind a greeting, below which a no counts.
MAX_NAME_WORDS: Final = 3
#: Words of a reason for a release among which a refusal counts: the greeting, and some sentences.
MAX_WORDS: Final = 60
#: Words of a footer's sentences at the least: "No, do not forward it" has fewer.
FOOTER_WORDS: Final = 10
#: Words behind a refusal among which the word for the release stands: "don't ever send".
BETWEEN: Final = 3

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
#: Words with the marks of a plain statement. A semicolon is none, since Greeks ask with it; nor is an ellipsis.
_STATEMENT = re.compile(r"(?:[^\W_]|[\s,!'\u2019&\u2013\u2014-]|\.(?!\.))*")
#: Pronouns behind a name, and the address behind "Get Outlook for iOS".
_ADDED = re.compile(
    r"\((?:she|he|they|sie|er)/(?:her|him|they|them|ihr|ihm|ihn)(?:/\w{2,6})?\)|<https://aka\.ms/\w+>", re.IGNORECASE
)
#: Addresses of mail and of pages.
_ADDRESS = re.compile(r"\S*\w[@.:/]\w\S*")
_GREETINGS = frozenset(
    """
    hi hello hey dear good morning afternoon evening greetings
    hallo guten liebe lieber sehr geehrte geehrter moin servus
    bonjour bonsoir salut cher chere hola buenos buenas dias tardes estimado estimada
    ciao buongiorno buonasera salve gentile goedemorgen goedemiddag beste geachte czesc witam szanowni szanowny
    """.split()  # noqa: SIM905 - readable
)
#: Words behind a greeting that are no names.
_GREETED = frozenset(
    """
    all team there everybody sir sirs or madam madame monsieur it mailwarden tag damen und herren zusammen
    """.split()  # noqa: SIM905 - readable
)
_MAIL = r"((e ?)?mail|message)"
_DEVICE = (
    r"(iphone('a)?|ipad|phone|mobile( phone| device)?|mobiltelefon|android( phone| device| gerat)?|smartphone|telephone"
    r"|ios|mac|(samsung )?galaxy( [a-z]?\d+)?|(yahoo|proton|k 9|samsung) mail"
    r"|mail (for|fur|pour|para|per|voor|z) windows( 10)?|samsung|blackberry|outlook|gmail|windows( 10)?)"
)
_BY_DEVICE = (
    r"(from|via|with|for|on|von|mit|fur|de|depuis|pour|desde|para|da|dal|per|vanaf|voor|z)"
    rf"( (my|meinem|mon|mi|mio|mijn|mojego))?( {_DEVICE})+"
)
_SENT_FROM = (
    rf"(sent|gesendet|envoye|enviado|inviato|verstuurd|verzonden|wyslan[eo])( {_BY_DEVICE})+"
    rf"|(diese nachricht wurde )?{_BY_DEVICE}( {_BY_DEVICE})* gesendet"
    r"|(get|telecharger|obtener) outlook (for|pour|para) (ios|android)"
)
#: Phrases of each meaning, as regular expressions for small letters without accents. The longest one counts.
_PHRASES: Final[dict[_Meaning, str]] = {
    "yes": rf"""
        ^y$|yes|yep|yeah|confirmed|approved|proceed|go ahead|do it
        (i|we) (do |hereby )?(confirm|approve)( it| that| (the|this|that) {_MAIL}| this)?
        (you (can|may) )?(send|release|deliver)( (the|this|my) {_MAIL}| it| this| that| them)?( out| off)?
        (it's |it is |this is )?(ok|okay|fine) to (send|release)( it| this)?
        ja|jawohl|bestatigt|freigegeben|(ich bestatige|wir bestatigen)( das| es)?
        ((die|diese) ((e ?)?mail|nachricht) )?(so |trotzdem |jetzt )?((ab|ver)?(senden|schicken)|sende|freigeben)
        (senden|schicken) sie (es|sie|die ((e ?)?mail|nachricht))( ab| so| los)?
        oui|allez y|je confirme|nous confirmons|envoyez( le| la)?|envoie( le| la)|(vous pouvez )?(l'|d')?envoyer
        si|adelante|confirm(o|amos|ado)|(puede )?enviarl[oa]|enviar|envi(a|e|ad)(l[oa])?
        conferm(o|iamo|ato|ata)|approvato|procedi|procedete|invia(re|rl[oa]|l[oa]|te|tel[oa])?
        bevestigd|ik bevestig|wij bevestigen|verzenden|versturen|doe( het)? maar
        (verstuur|verzend|stuur|zend)( het bericht| de mail| het)?( maar)?( op)?
        tak|potwierdzam(y)?|wysl(ij|ac|ijcie)( to| ja| wiadomosc)?
    """,
    "agrees": r"""
        agreed?|accepted|(i|we) (do |hereby )?(agree|accept|consent)( to (it|this|that))?|i do
        ((ich bin|wir sind) )?(damit )?einverstanden|(ich stimme|wir stimmen) (dem )?zu
        ((je suis|nous sommes) )?d'accord|j'accepte|nous acceptons
        (estoy |estamos )?de acuerdo|acept(o|amos)
        ((sono|siamo) )?d'accordo|accett(o|iamo)|acconsento
        ((ik ga|wij gaan) (ermee |hiermee )?)?akkoord
        zgoda|zgadza(m|my) sie|wyrazam zgode
    """,
    "no": r"""
        no|nope|not agreed|(i|we) disagree|(i|we) (decline|refuse)
        (i|we) (do not|don't|dont) (agree|accept|consent)|(do not|don't|dont)( (send|release)( it| this)?)?
        nein|nicht (ab|ver)?(senden|schicken)|nicht freigeben
        ((ich bin|wir sind) )?(damit )?nicht einverstanden|(ich stimme|wir stimmen) (dem )?nicht zu
        non|n'envoyez pas( ce message)?|ne l'envoyez pas|ne pas (l')?envoyer
        (je ne suis )?pas d'accord|je refuse|je n'accepte pas
        no (lo |la )?envi(es|e|ar)|no estoy de acuerdo|no acepto
        non inviar(e|lo|la)|non (sono )?d'accordo|non accetto
        nee|niet (verzenden|versturen)|((ik ga|wij gaan) )?niet akkoord
        nie( wysyla(c|j)| zgadza(m|my) sie| wyrazam zgody)?
    """,
    "fine": r"""
        ok|okay|okej|sure|certainly|definitely|absolutely|of course|no (problem|worries)|it is|as (it )?is
        (that|this|it|all|everything) (is|looks) (right|correct|fine|good|ok|okay|intended)
        (that's|it's|all's) (right|correct|fine|good|ok|okay|intended)|all (right|good|fine)|anyway|now
        do( so)?|(i'm|i am) sure
        (i|we|i've|we've) (have )?checked( it| this| that)?
        naturlich|klar|passt( so)?|(das )?stimmt( so)?|kein problem
        (das )?(ist|passt) (so )?(richtig|gut|ok|in ordnung|so gewollt)
        bien sur|c'est bon|pas de (probleme|souci)|vale|no hay problema|va bene|nessun problema
        geen probleem
    """,
    "courtesy": rf"""
        please|kindly|(thanks|thank you)( for (checking|asking|letting me know)| in advance)?
        thanks a lot|thx|(very|so) much|many|cheers|kind|all the best|best|warm|regards|rgds|[kb]r|wishes|and|then|well
        yours|sincerely|faithfully|truly
        bitte|danke|gerne?|und|vielen|dank|mit|freundlichen?|besten?|herzlichen?|lieben?|viele|schonen?|gruss(en?)?
        mfg|lg|vg
        merci( de| d'avance)?|svp|s'il (vous|te) plait|veuillez|et|bien( a (vous|toi))?|cordialement|salutations|cdlt
        por favor|gracias|y|un|cordial(es)?|saludos?|atentamente|per favore|prego|grazie|e|cordiali|distinti|saluti
        graag|alstublieft|aub|bedankt|en|met|vriendelijke|groet(en|jes)?|mvg
        prosze( o)?|dziekuje|z (pozdrowieniami|powazaniem)|pozdrowienia|pozdrawiam
        {_SENT_FROM}
        excuse (my |the )?(brevity|typos)
        (consider|think of) the environment before (you print|printing) (this |the )?({_MAIL}|it)
    """,
}
_COMPILED: Final = [
    (re.compile(f"(?:{line.strip()})(?= |$)"), meaning)
    for meaning, phrases in _PHRASES.items()
    for line in phrases.split("\n")
    if line.strip()
]
#: Words that refuse, in a reason for a release; none is a name.
_NO = frozenset(
    """
    no nope not never don't dont doesn't didn't won't wouldn't shouldn't can't cannot mustn't
    nein nicht nie niemals kein keine nee niet nooit geen non pas jamais n'envoyez n'envoie n'envoyer ne nunca non mai
    niech nigdy
    """.split()  # noqa: SIM905 - readable
)
#: Words of conditions, which are no names either.
_CONDITIONS = frozenset(
    """
    if unless but only not except without once when until after before later tomorrow maybe perhaps wait stop
    wenn falls aber nur erst ohne sobald nach spater vielleicht mais seulement sauf sans apres pero cuando senza dopo
    maar alleen zonder tylko jesli
    """.split()  # noqa: SIM905 - readable
)
#: Words that tell to remove the message.
_REMOVE = frozenset(
    """
    delete discard destroy cancel loschen losche verwerfen supprimer supprimez supprime eliminar elimina borrar borre
    eliminare cancella cancellare verwijder verwijderen usun usunac skasuj
    """.split()  # noqa: SIM905 - readable
)
#: Words that a signature doesn't have. In "Registered in England No. 123" there is a no.
_REFUSING = (_NO | _REMOVE) - {"no"}
_PLEASE = re.compile(r"(?:(?:please|kindly|bitte|merci de|por favor|per favore|graag|prosze) )+")
_SEND = re.compile(r"(?:send|releas|deliver|schick|freigeb|freigib|envo|envi|invi|verzend|verst|stuur|zend|wys[ly])")


def answer_in(reply: ReplyText | None, name: str = "", asking: str = "", signed: ReplyText | None = None) -> Said:
    """Return the answer of somebody who was asked whether held mail may go; None is a reply that can't be read.

    `name` is the person's own, `asking` has the names of those who asked, and `signed` is a text of the person's that
    may end with a signature.
    """
    return _said(reply, {"yes"}, name, asking, signed)


def agreement_in(reply: ReplyText | None, name: str = "", asking: str = "") -> Said:
    """Return the answer of somebody outside who was asked to agree."""
    return _said(reply, {"yes", "agrees"}, name, asking)


def refuses_release(text: str) -> bool:
    """Return whether a text that gives a reason for a release refuses it instead: "No", "delete it", "don't send"."""
    words = _words(_greeting(text.strip())[1])[:MAX_WORDS]
    asked = _PLEASE.sub("", " ".join(words)).split(" ", 1)[0]
    return asked in _REMOVE or _refuses_sending(words)


def _said(reply: ReplyText | None, yes: Set[_Meaning], name: str, asking: str, signed: ReplyText | None = None) -> Said:
    if reply is None or len(reply.words) > MAX_CHARACTERS:
        return "unclear"
    text, signed = _visible(reply.words), signed or ReplyText("")
    names, known = _words(name), frozenset(_words(asking))
    initials = "".join(word[0] for word in names)
    own = {*names, *initials, *(initials[:end] for end in range(2, len(initials) + 1))} - _NO - _CONDITIONS
    greeted, rest = _greeting(text.strip())
    meanings = set[_Meaning]()
    lines = _unsigned(_lines(rest), _lines(signed.words), frozenset(names), known)
    for line in (*lines, *_apart(reply, signed, own)):
        found = _meanings(line, own)
        if found is None:
            return "unclear"
        meanings |= found
    if "no" in meanings:
        return "no" if meanings <= {"no", "courtesy"} else "unclear"
    return "yes" if meanings & yes and greeted <= known | own else "unclear"


def _unsigned(lines: list[str], signed: list[str], names: frozenset[str], known: frozenset[str]) -> list[str]:
    """Return the lines of a reply without the signature at their end, which the signed text has near its end too.

    A signature has the person's name, begins with it or with the organisation's, and has no sentence.
    """
    ends = signed[-MAX_SIGNATURE_LINES:]
    for at, line in enumerate(lines):
        block, words = lines[at:], set(_words(line))
        if (
            (words & names or words <= known)
            and names.intersection(word for one in block for word in _words(one))
            and any(ends[start : start + len(block)] == block for start in range(len(ends)))
            and not any(map(_is_sentence, block))
        ):
            return lines[:at]
    return lines


def _apart(reply: ReplyText, signed: ReplyText, own: Set[str]) -> list[str]:
    """Return the lines below the quoted notice, and those below dashes that may say something.

    A footer's sentences and the lines of the signature below the signed text are none.
    """
    known = frozenset(_lines(signed.signature))
    signature = [line for line in _unfooted(reply.signature) if line not in known]
    said = [line for line in signature if _is_sentence(line) or "no" in (_meanings(line, own) or ())]
    return [*_unfooted(reply.below), *said]


def _unfooted(text: str) -> list[str]:
    """Return the lines of a text without the sentences of a footer, which are long: "No, delete it" is none."""
    parts = split_footer(_visible(text))
    return [line for is_own, part in parts if not is_own or len(_words(part)) < FOOTER_WORDS for line in _lines(part)]


def _is_sentence(line: str) -> bool:
    """Return whether a line below a text may say something: it asks, forbids, or has mostly words in small letters."""
    words = _WORD.findall(_ADDRESS.sub(" ", line))
    small = [word for word in words if word[0].islower()]
    plain = [_plain(word) for word in words]
    asks = _PLEASE.search(" ".join(plain) + " ") or not _REFUSING.isdisjoint(plain) or "!" in line or "?" in line
    return bool(asks) or (len(words) > MAX_NAME_WORDS and 2 * len(small) > len(words))


def _meanings(line: str, own: Set[str]) -> set[_Meaning] | None:
    """Return the meanings of the phrases that make up a line; None where anything else stands in it."""
    line = _ADDED.sub(" ", line)
    if not _STATEMENT.fullmatch(line):
        return None
    words, at, meanings = " ".join(_words(line)), 0, set[_Meaning]()
    while at < len(words):
        found = [(one.end(), meaning) for phrase, meaning in _COMPILED if (one := phrase.match(words, at))]
        end, meaning = max(found, key=lambda one: one[0], default=(at, "courtesy"))
        word = words[at:].split(" ", 1)[0]
        if word in own and at + len(word) >= end:
            end, meaning = at + len(word), "courtesy"
        if end == at:
            return None
        meanings.add(meaning)
        at = end + 1
    return meanings


def _greeting(text: str) -> tuple[set[str], str]:
    """Return the words that name somebody in the greeting of a text, and the text behind the greeting.

    A greeting ends with a comma or with the line.
    """
    first, _, below = text.partition("\n")
    head, _, rest = first.partition(",")
    words = list(_WORD.finditer(head))
    if not words or _plain(words[0][0]) not in _GREETINGS or not _STATEMENT.fullmatch(head.rstrip(": ")):
        return set(), text
    others = [word for word in words if _plain(word[0]) not in _GREETINGS | _GREETED]
    if len(others) <= MAX_NAME_WORDS and all(word[0].istitle() and _plain(word[0]) not in _NO for word in others):
        return {_plain(word[0]) for word in others}, f"{rest}\n{below}"
    return set(), text[others[0].start() :]


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def _words(text: str) -> list[str]:
    return _WORD.findall(_plain(text))


def _plain(text: str) -> str:
    """Return a text in small letters, without accents."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("\u2019", "'").replace("\u0142", "l"))
    return "".join(one for one in letters if unicodedata.category(one) != "Mn")


def _visible(text: str) -> str:
    """Return a text without invisible characters, which programs write, and with accents in their letters."""
    return "".join(one for one in unicodedata.normalize("NFC", text) if unicodedata.category(one) != "Cf")


def _refuses_sending(words: list[str]) -> bool:
    """Return whether a refusal stands right before the word for the release."""
    return any(
        any(_SEND.match(one) for one in words[at + 1 : at + 1 + BETWEEN])
        for at, word in enumerate(words)
        if word in _NO
    )
