"""The phrases of mail programs for "… wrote:", "original message", "From:" and "sent from my …", by language.

The module holds only patterns. Every pattern is anchored or bounded, and is only tried on the first characters of a
line (`lines.MARK_CHARS`). English, German, French, Spanish; and Italian, Dutch, Polish, Portuguese, Swedish, Danish and
Norwegian.
"""

from __future__ import annotations

import re

_WROTE = (
    r"wrote|writes|schrieb|a[ \u00a0]écrit|escribió|ha[ \u00a0]scritto|schreef|napisał(?:a|\(a\))?|pisze|escreveu|skrev"
)

#: "On … wrote:" at the end of one to three lines.
WROTE = re.compile(rf"(?:^|[\s,>)\"”])(?:{_WROTE})[\s\u00a0]{{0,3}}:$", re.IGNORECASE)
#: "Am … schrieb Ann Lee:", "Op … schreef Ann Lee:", "Ann Lee wrote on 3/3/2026:".
WROTE_BY = re.compile(rf"\s(?:{_WROTE})\s[^:]{{1,120}}+(?::\d\d[^:]{{0,20}}+){{0,3}}+:$", re.IGNORECASE)
#: The same phrase with the old message behind it on its line, as Yahoo's mobile program writes it.
WROTE_THEN = re.compile(rf"[\s,>)\"”](?:{_WROTE})[\s\u00a0]{{0,3}}:\s", re.IGNORECASE)
#: The beginning of the phrase, in the same languages.
ON_A_DAY = re.compile(
    r"(?:On|Am|Le|El|Il(?: giorno)?|Op|W dniu|Dnia|Em|A|Den|D\.)\s[^\n]{0,60}?\d"
    r"|(?:pon|wt|śr|czw|pt|sob|niedz?)\.?,\s\d",
    re.IGNORECASE,
)
#: Text that a writer's own sentence seldom has: an address, or a time of day with a date.
ADDRESS_OR_TIME = re.compile(r"[<(\[][^\s<>]{1,120}@[^\s<>]{1,120}[>)\]]|\d[^\n]{0,80}\b\d{1,2}[:.h]\d\d")

_ORIGINAL = (
    r"original message|original e?-?mail|original appointment|forwarded message|forwarded by\b.{0,120}"
    r"|ursprüngliche (?:nachricht|mail|e-mail)|originalnachricht|original-nachricht|weitergeleitete nachricht"
    r"|weitergeleitet von\b.{0,120}"
    r"|message d['\u2019]origine|message original|message initial|message transféré"
    r"|e-mail d['\u2019]origine|mail original"
    r"|réexpédié par\b.{0,120}|transféré par\b.{0,120}"
    r"|mensaje original|mensaje reenviado|remitido por\b.{0,120}|reenviado por\b.{0,120}"
    r"|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht"
    r"|wiadomość oryginalna|oryginalna wiadomość|przekazana wiadomość|wiadomość przekazana"
    r"|mensagem original|mensagem encaminhada|originalmeddelande|vidarebefordrat meddelande|oprindelig meddelelse"
    r"|videresendt meddelelse|opprinnelig melding|videresendt melding"
)
#: "-----Original Message-----", "---------- Forwarded message ---------".
ORIGINAL = re.compile(rf"-{{2,60}}\s?(?:{_ORIGINAL})\s?(?:-{{2,60}})?$", re.IGNORECASE)
#: Apple Mail's line above a forwarded message.
FORWARDED = re.compile(
    r"(?:Begin forwarded message|Anfang der weitergeleiteten Nachricht|Début du message (?:transféré|réexpédié)"
    r"|Inicio del mensaje reenviado|Inizio (?:del )?messaggio inoltrato|Begin doorgestuurd bericht"
    r"|Początek przekazywanej wiadomości|Início da mensagem (?:re)?encaminhada|Vidarebefordrat brev)\s?:$",
    re.IGNORECASE,
)
#: HCL Notes: "Ann Lee---03/03/2026 10:11:12---Hello".
NOTES = re.compile(r".{1,80}?---\s?\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b.{0,30}?---")

#: The first field of a quoted message's header. Bold becomes asterisks in plain text.
FROM_FIELD = re.compile(r"\*?(?:From|Von|De|Da|Van|Od|Från|Fra)\*?[ \u00a0]?:", re.IGNORECASE)
DATE_FIELD = re.compile(
    r"\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado(?: el)?|Enviada em|Fecha|Inviato|Data|Verzonden|Wysłano|Wysłane"
    r"|Skickat|Sendt|Dato)\*?[ \u00a0]?:",
    re.IGNORECASE,
)
OTHER_FIELD = re.compile(
    r"\*?(?:To|Cc|Bcc|Subject|An|Kopie|Betreff|Thema|À|A|Objet|Para|CC|Asunto|Oggetto|Aan|Onderwerp|Do|DW|Temat|Assunto"
    r"|Till|Ämne|Til|Emne|Kopi|Kopia)\*?[ \u00a0]?:",
    re.IGNORECASE,
)

#: Old Lotus Notes: the field names on lines of their own, below the writer's name and the time.
TO_ALONE = frozenset({"to", "an", "à", "a", "para", "aan", "do"})
SUBJECT_ALONE = frozenset({"subject", "thema", "betreff", "objet", "asunto", "oggetto", "onderwerp", "temat"})
DAY_AND_TIME = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}[, ]{1,3}\d{1,2}[:.]\d\d")

#: A line drawn by signs, above a quoted header or a list's footer.
RULE = re.compile(r"[_\-=*]{5,}$")

#: The line that begins a signature (RFC 3676 4.3). Programs that strip blanks leave "--".
DASHES = frozenset({"--", "\u2014"})
DEVICE = re.compile(
    r"(?:Sent|Get|Von|Gesendet|Envoyé|Télécharger|Obtenez|Enviado|Obtener|Obtén|Inviato|Ottieni|Verstuurd|Verzonden"
    r"|Download|Wysłan[eo]|Pobierz|Diese Nachricht wurde von|Outlook (?:für|pour|para|per|voor))\b.{0,60}"
    r"(?:iPhone|iPad|Android|Outlook|Galaxy|Samsung|BlackBerry|Mobiltelefon|mobile|móvil|telefon|smartphone"
    r"|iOS|Yahoo Mail|K-9|GMX|WEB\.DE|Proton|Windows)",
    re.IGNORECASE,
)
#: With umlauts and accents, and as folding leaves them out.
CLOSING = re.compile(
    r"(?:(?:kind(?:est)?|best|warm(?:est)?|many thanks and|with (?:kind|best)|all (?:the|my))\s(?:regards|wishes|best)"
    r"|regards|yours\s(?:sincerely|faithfully|truly)|sincerely|cheers"
    r"|(?:mit\s)?(?:freundlichen|besten|herzlichen|vielen|liebe|viele|beste|freundliche|sch[öo]ne)"
    r"\sgr(?:ü|ue?)(?:ß|ss)en?|mfg"
    r"|(?:bien\s)?cordialement|(?:meilleures|sinc[èe]res)\ssalutations|bien [àa] (?:vous|toi)"
    r"|(?:un\s)?(?:cordial\ssaludo|saludos?(?:\scordial(?:es)?)?)|atentamente"
    r"|cordiali\ssaluti|distinti\ssaluti|met\svriendelijke\sgroet(?:en)?|(?:z\s)?pozdrowieni(?:ami|a)"
    r"|atenciosamente|med\sv[äa]nlig(?:a)?\sh[äa]lsning(?:ar)?|(?:med\s)?venlig\shilsen|(?:med\s)?vennlig\shilsen)"
    r"[\s,.!]{0,3}$",
    re.IGNORECASE,
)

#: The beginning of a legal footer or of a mailing list's.
FOOTER = re.compile(
    r"(?:(?:confidentiality|legal|privacy)\s(?:notice|note|disclaimer)\b|disclaimer\s?:|confidential(?:ity)?\s?:"
    r"|this\s(?:e-?mail|message|communication)(?:\s(?:message|and|including|\(including)\b.{0,80})?"
    r"\s(?:is|are|may|contains?|has been|was)\b.{0,80}(?:confidential|intended|privileged|scanned|monitored|virus)"
    r"|this\s(?:e-?mail|message)\sand\sany\s(?:files|attachments?)"
    r"|diese\s(?:e-?mail|nachricht)\b.{0,60}(?:enthält|ist|kann)\b.{0,60}(?:vertraulich|bestimmt)"
    r"|ce\s(?:message|courriel|mail)\b.{0,80}(?:confidentiel|destin|pièces\sjointes)"
    r"|este\s(?:mensaje|correo)\b.{0,80}(?:confidencial|adjuntos|dirigid)"
    r"|questo\smessaggio\b.{0,80}(?:riservat|confidenzial)|dit\s(?:e-?mail)?bericht\b.{0,80}vertrouwelijk"
    r"|(?:to\sunsubscribe|you received this message because|mailing list\b.{0,60}$))",
    re.IGNORECASE,
)
