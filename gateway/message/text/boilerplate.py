"""The sentences of a legal footer, and of a mailing list's, by their own words; every other sentence is text.

A footer is known by its first line alone, and somebody may write on below that line. Sentences with many digits, or
longer than any of a lawyer's, are text too. Seven languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

#: Characters of a footer; what follows is text. Long ones have 3,000.
MAX_FOOTER = 10_000
#: Characters of a sentence that can be boilerplate, and digits: a company's number and a telephone's have fewer.
MAX_SENTENCE, MAX_DIGITS = 700, 13
#: Characters of a line that a mail program has wrapped: the sentence goes on in the next line.
WRAPPED = 44

#: An end of a sentence: a mark with a blank behind it (not that of "No. 123"), an empty line, the end of a short line.
_END = re.compile(rf"[.!?;:][)\"'\u201d*_]{{0,3}}\s++(?!\d)|\n\s*\n|(?:(?<=\n)|\A)[^\n]{{0,{WRAPPED}}}\n")
#: A heading, which is what the sentence behind it is.
_HEADING = re.compile(
    r"[\W_]*(?:(?:important|confidentiality|legal|privacy|e-?mail|security)?\s?"
    r"(?:notice|note|disclaimer|statement|warning|information)|confidential(?:ity)?|strictly confidential"
    r"|private (?:and|&) confidential|hinweis|vertraulich(?:keitshinweis)?|wichtiger hinweis|avis|confidentiel"
    r"|confidentialité|avis de confidentialité|aviso(?: legal| de confidencialidad)?|confidencial|avviso|riservato"
    r"|vertrouwelijk|disclaimer|poufne|uwaga)[\W_]*",
    re.IGNORECASE,
)
#: The beginning of a sentence about the mail itself, and words with which such a sentence says no more than that the
#: mail is confidential, or for whom it is meant.
_ABOUT_ITSELF = re.compile(
    r"[\W_]*(?:this|diese|ce|este|questo|questa|dit|deze|ta|niniejsza)\s"
    r"(?:e-?mail|message|communication|nachricht|mail|courriel|correo|mensaje|messaggio|comunicazione|bericht|wiadomość)",
    re.IGNORECASE,
)
_NO_MORE = frozenset(
    """
    this the these a an any all its it to in of on for by and or is are be may might can contain contains strictly
    solely only private privileged confidential confidence legally protected sensitive proprietary commercially
    information material email mail e message messages communication transmission attachment attachments attached files
    anything enclosures contents content with thereto including intended meant use person people persons individual
    individuals entity organisation company whom who which that was were addressed named above recipient your you
    diese nachricht e-mail und etwaige alle ihre anhänge anlagen ist sind kann können enthält enthalten vertraulich
    vertrauliche vertraulichen informationen inhalt streng ausschließlich nur für den die das adressaten empfänger
    bestimmt genannten der oder rechtlich geschützte
    ce courriel et ses les pièces jointes est sont strictement confidentiel confidentiels confidentielle confidentielles
    contient des informations peut contenir
    este correo mensaje y sus los adjuntos es son estrictamente confidencial confidenciales contiene información
    questo messaggio questa comunicazione e i gli allegati è sono strettamente riservato riservata riservati
    confidenziale confidenziali contiene informazioni
    dit deze bericht en de bijlage bijlagen zijn strikt vertrouwelijk vertrouwelijke bevat informatie
    ta niniejsza wiadomość oraz wraz z załącznikami załączniki jest są ściśle poufna poufne zawiera informacje
    """.casefold().split()
)
_WORD = re.compile(r"[^\W\d_]+")
#: Words that hardly a letter has, only what lawyers and mailing lists put below it.
_OWN = re.compile(
    r"intended (?:recipients?|addressee)|named (?:recipients?|addressee|above)|\baddressees?\b"
    r"|intended (?:solely|only|exclusively|for the (?:sole|exclusive|use|person|individual|addressee|attention|named))"
    r"|(?:received|sent|delivered to you|addressed)\b.{0,40}\b(?:in error|by mistake)|unauthori[sz]ed"
    r"|strictly prohibited|legal(?:ly)? privilege|disseminat"
    r"|(?:disclos|copy|distribut|forward|retain|print|us(?:e|ing))\w*,? ?(?:or|and) "
    r"(?:disclos|copy|distribut|forward|retain|print|us(?:e|ing))\w*"
    r"|(?:views?|opinions?)\b.{0,80}\b(?:author|sender|writer|necessarily|expressed|represent)"
    r"|accepts? no (?:liability|responsibility)|(?:liability|responsibility) (?:for|cannot be|is not|is accepted)"
    r"|no (?:liability|responsibility|warranty)|meant (?:only|solely) for the"
    r"|cannot (?:accept|be held)|not (?:accept|be (?:held )?liable)"
    r"|virus(?:es)?\b|malware|free (?:of|from) (?:errors?|virus)|e-?mail (?:security|transmission|communication)s?"
    r"|registered (?:in|office|number|no\b|charity|address|company)|company (?:no|number|registration|reg)\b|\bvat\b"
    r"|place of (?:business|registration)|authorised and regulated|regulated by"
    r"|unsubscrib|(?:un)?subscription|mailing list|listinfo|newsletter|opt.?out|preferences"
    r"|(?:delete|destroy|erase)\b.{0,60}(?:message|e-?mail|copies|copy|\bit\b|system|immediately)"
    r"|(?:notify|inform|advise|contact|tell)\b.{0,30}\b(?:sender|immediately|us)\b"
    r"|(?:before|think|consider)\b.{0,30}\b(?:print|environment)|monitored|intercepted|privacy (?:policy|notice)"
    r"|do not (?:necessarily|copy|disclose|distribute|forward it|use it)|not the (?:intended|named|addressee)"
    r"|^\S{1,80}@\S{1,80}$|visit (?:our|us)\b|https?://|www\.|powered by|scanned (?:by|for)|message (?:labs|has been)"
    r"|unbefugt|irrtümlich|nicht der richtige|richtige adressat|rechtlich geschützt|vernichten|nicht gestattet"
    r"|geschäftsführer|handelsregister|amtsgericht|ust-?id|(?:sitz der|registergericht)|empfänger bestimmt|umwelt"
    r"|destinataires?\b|par erreur|diffusion|détrui|interdite?s?\b|avertir|expéditeur|responsabilité|capital de|siège"
    r"|destinatari[oa]s?\b|por error|prohibid|notif[ií]quelo|comuníquelo|responsabilidad|remitente|protección de datos"
    r"|per errore|vietat|distrugg|mittente|responsabilità|d\.?lgs|trattamento dei dati|privacy"
    r"|geadresseerde|ten onrechte|abusievelijk|afzender|aansprakelijk|niet toegestaan|verwijderen|bestemd voor|kvk"
    r"|adresat|omyłkowo|przez pomyłkę|zabronione|nadawc|\bkrs\b|\bnip\b|odpowiedzialnoś",
    re.IGNORECASE,
)


def split_footer(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the text of a footer in stretches: True for the footer's own sentences, False for text."""
    whole = [*_sentences(text[:MAX_FOOTER]), text[MAX_FOOTER:]]
    own = [*map(_is_own, whole[:-1]), False]
    for at in range(len(whole) - 2, -1, -1):
        if _HEADING.fullmatch(whole[at]):
            own[at] = own[at + 1]
    for is_own, run in groupby(zip(own, whole, strict=True), itemgetter(0)):
        if stretch := "".join(sentence for _, sentence in run).strip():
            yield is_own, stretch


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        yield text[start : end.end()]
        start = end.end()
    yield text[start:]


def _is_own(sentence: str) -> bool:
    if len(sentence) > MAX_SENTENCE or sum(map(str.isdigit, sentence)) > MAX_DIGITS:
        return False
    said = " ".join(sentence.split())
    return bool(_OWN.search(said) or _HEADING.fullmatch(said)) or _says_no_more(said)


def _says_no_more(sentence: str) -> bool:
    return bool(_ABOUT_ITSELF.match(sentence)) and _NO_MORE.issuperset(_WORD.findall(sentence.casefold()))
