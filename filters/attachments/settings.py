"""Settings of `attachments`: categories, the blocked ones among them, words for passwords, the notice's template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import Field, ValidationInfo, field_validator

from filters.attachments.categories import Category, suggestion
from gateway.contract import Settings, TextFile, YamlFile

#: Words by language. Each word counts whatever the language of the message is.
WordList = Mapping[
    Annotated[str, Field(pattern=r"^[a-z]{2}$")], tuple[Annotated[str, Field(min_length=1, max_length=40)], ...]
]


class NotPasswords(Settings):
    """The file `not_passwords.yaml`: words in a password's place that are none, by what stands before them."""

    anywhere: WordList = Field(default_factory=dict)
    in_file_names: WordList = Field(default_factory=dict)
    behind_is: WordList = Field(default_factory=dict)
    next_clause: WordList = Field(default_factory=dict)
    about_somebody: WordList = Field(default_factory=dict)


class AttachmentsSettings(Settings):
    """Settings of `attachments`."""

    #: The categories, from a YAML file.
    categories: Annotated[dict[str, Category], YamlFile("attachments.yaml")]
    #: Categories to look for among those that are quarantined as shipped; the others are always looked for.
    block: tuple[str, ...] = ("executables", "scripts", "shortcuts", "disk_images")
    #: Words for a password, in any case. Encrypted content is held (`attachment.password_in_mail`) if the subject or
    #: the text tells its password: one of these words, or `pw:`, `pwd:`, `pass:`, `pin:`, `code:`, stands before
    #: something that looks like a password, or before a colon or "is" and a word that doesn't say that the password is
    #: elsewhere.
    password_words: tuple[Annotated[str, Field(min_length=2, max_length=40)], ...] = Field(
        default=(
            "password",
            "passcode",
            "passphrase",
            "pass phrase",
            "pin",
            "passwort",
            "kennwort",
            "mot de passe",
            "contrase\u00f1a",
            "contrasena",
            "clave",
            "senha",
            "parola",
            "wachtwoord",
            "has\u0142o",
            "parola d'ordine",
            "palavra-passe",
            "contrasenya",
            "l\u00f6senord",
            "l\u00f6senordet",
            "adgangskode",
            "adgangskoden",
            "kodeord",
            "kodeordet",
            "passord",
            "passordet",
            "salasana",
            "heslo",
            "jelsz\u00f3",
            "parol\u0103",
            "\u015fifre",
            "lozinka",
            "geslo",
            "\u03ba\u03c9\u03b4\u03b9\u03ba\u03cc\u03c2",
            "\u043f\u0430\u0440\u043e\u043b\u044c",
            "\u043f\u0430\u0440\u043e\u043b\u0430",
            "\u30d1\u30b9\u30ef\u30fc\u30c9",
            "\u5bc6\u7801",
            "\u5bc6\u78bc",
            "\u89e3\u538b\u7801",
            "\ube44\ubc00\ubc88\ud638",
            "\uc554\ud638",
        ),
        max_length=100,
    )
    #: Words in a password's place that are none ("password: follows"), from a YAML file.
    not_passwords: Annotated[NotPasswords, YamlFile("not_passwords.yaml")]
    #: Template of the text that replaces a removed attachment where the action is `amend`; it may use `file`, `reason`,
    #: `clause` and `contact` (the organisation's).
    notice: Annotated[str, TextFile("notices/attachment_removed.txt")]

    @property
    def looked_for(self) -> list[Category]:
        """The categories that give findings."""
        return [one for name, one in self.categories.items() if name in self.block or not one.blocked]

    def template(self, contact: str) -> Template:
        """Return the notice, ready to render."""
        return _compile(self.notice, contact)

    @field_validator("block")
    @classmethod
    def _known_categories(cls, block: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        categories: Mapping[str, Category] = info.data.get("categories", {})  # none if their own file has an error
        unknown = [name for name in block if categories and name not in categories]
        if unknown:
            named = ", ".join(f"{name!r}{suggestion(name, categories)}" for name in unknown)
            raise ValueError(f"there is no category {named}; known are {', '.join(categories)}")
        for name in block if categories else ():
            if not categories[name].blocked:
                remedy = f"actions: {{{categories[name].code}: quarantine}}"
                raise ValueError(f"{name!r} is always looked for; to hold it, write {remedy}")
        return block

    @field_validator("notice")
    @classmethod
    def _usable(cls, text: str) -> str:
        try:
            _compile(text, contact="").render(file="", reason="", clause="")
        except TemplateError as error:
            raise ValueError(f"the template can't be used: {error}") from error
        return text


def _compile(text: str, contact: str) -> Template:
    """Return a plain-text template: nothing is escaped, and an unknown name is an error."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(text, globals={"contact": contact})
