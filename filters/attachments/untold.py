"""Ordinary words that stand in a password's place where no password is told: "see my other mail", "will follow".

The lists are kept apart from the code; `passwords.py` decides when a word is looked up here.
"""

from __future__ import annotations

#: Words behind a label that are no password: the password follows later, is known or is elsewhere; also the next label
#: of an empty form.
UNTOLD = frozenset(
    """
    a an the this that my your our his her their its one same other another different any some all no not none never nil
    n/a tba tbc tbd unset empty blank unknown known unchanged confidential new active inactive
    and or but if as in on at by of for from to with within via per under over through before after like just only
    i we you he she they it me us who whom which what when where how why
    see ask call phone ring text sms use read check contact request enter type reset change choose find get look refer
    please kindly sorry simply will would shall should can could may might must is are was were be been has have had
    follow follows below above here there attached enclosed included separate separately later soon shortly tomorrow
    today always already still again usual available needed necessary required optional mandatory missing ready valid
    invalid case-sensitive mine yours everything nothing something
    sent given agreed discussed arranged mentioned provided supplied shared protected expired told set
    regards kind best many thanks thank cheers yours sincerely hello dear hi username user login name email e-mail
    der die das dem den ein eine mein meine dein deine ihr ihre unser unsere derselbe dieselbe dasselbe gleich gleiche
    und oder wie in im am an auf aus bei mit von vom per zum zur nach siehe bitte folgt kommt wird werden ist sind war
    ich wir sie du er es nicht kein keines keins bekannt unbekannt telefonisch separat gesondert getrennt unten oben
    anbei hier dort erforderlich notwendig richtig falsch neu wurde vereinbart besprochen viele beste freundliche
    le la les un une mon ma votre notre son sa ce cette m\u00eame et ou comme par pour dans sur selon voir suit suivra
    sera est sont je nous vous il elle pas aucun connu inconnu envoy\u00e9 communiqu\u00e9 convenu s\u00e9par\u00e9ment
    ci-dessous merci cordialement
    el los las una su tu mi nuestra y o como por para en seg\u00fan ver sigue ser\u00e1 es son no ninguna misma mismo
    conocida enviada aparte gracias saludos
    o os as um uma sua seu meu n\u00e3o segue ser\u00e1 il lo gli mio tuo suo vedi segue sar\u00e0 \u00e8 come non
    de het een mijn uw ons zie volgt wordt zal als niet bekend apart groeten jest nie jak zob b\u0119dzie
    """.split()  # noqa: SIM905 - a list of two hundred quoted words would be read by nobody
)

#: Words of a file name that follow the word for a password and tell the file's subject: "password policy.pdf",
#: "Passwort-Richtlinie.docx".
OF_FILES = frozenset(
    """
    policy policies list lists manager management reset recovery generator guide guideline guidelines rules form forms
    protected protection encrypted removed help instructions change changes audit report review letter template history
    vault export import database backup standard security requirements pdf zip doc docx xls xlsx txt rar html png jpg
    richtlinie richtlinien liste listen geschuetzt gesch\u00fctzt aendern \u00e4ndern verwaltung
    beleid lijst politique liste
    """.split()  # noqa: SIM905 - as above
)

#: Words behind "is" that describe a password; behind a colon each of these words is a password.
SAID_OF_IT = frozenset(
    """
    secret private personal hidden weak strong complex random unique temporary safe secure simple easy long short fine
    old wrong correct right geheim sicher komplex lang kurz secreto
    """.split()  # noqa: SIM905 - as above
)

#: Words that begin another clause behind "is" and a word: "The password is hammer and it opens the file".
NEXT_CLAUSE = frozenset(("and", "but", "please", "und", "bitte", "aber", "et", "mais", "y", "pero"))

#: Words behind a name that make the text a sentence about somebody: "Password: Anna has it".
SPEAKS_OF = frozenset(
    """
    has have had knows know will would can could is are was hat kennt wei\u00df wird ist conna\u00eet sait sera tiene
    sabe heeft weet
    """.split()  # noqa: SIM905 - as above
)
