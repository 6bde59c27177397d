"""Codes of the filter `broadcast`: clause, shipped action, and the sentence that documents each."""

from __future__ import annotations

from gateway.contract import Code, Codes

CHAIN = "broadcast.chain"
JOKE = "broadcast.joke"
GOSSIP = "broadcast.gossip"
LOST_AND_FOUND = "broadcast.lost_and_found"
APPEAL = "broadcast.appeal"
FOR_SALE = "broadcast.for_sale"
LIST = "broadcast.list"
SUSPECTED = "broadcast.suspected"
UNREAD = "broadcast.unread"

#: The kind of a cue in the rules -> the code of the finding.
CODE_OF_KIND = {code.partition(".")[2]: code for code in (CHAIN, JOKE, GOSSIP, LOST_AND_FOUND, APPEAL, FOR_SALE)}

CODES: Codes = {
    CHAIN: Code("email.chain-mail", "log", "The message looks like chain mail: a chain letter or an unproven warning."),
    JOKE: Code("email.chain-mail", "log", "The message looks like a joke or an amusement for many people."),
    GOSSIP: Code("email.chain-mail", "log", "The message looks like gossip for many people."),
    LOST_AND_FOUND: Code("email.advertising", "log", "The message looks like a notice about private lost property."),
    APPEAL: Code(
        "email.advertising", "log", "The message looks like a private appeal: for money, sponsors, signatures or votes."
    ),
    FOR_SALE: Code(
        "email.advertising",
        "log",
        "The message looks like a private notice: for sale, wanted, to let, or an invitation.",
    ),
    LIST: Code("email.lists", "log", "Such a message goes to a large internal distribution list."),
    SUSPECTED: Code(
        "email.chain-mail",
        "log",
        "The message may be chain mail, a joke, gossip or a private notice: a language model takes it so, and no word "
        "of the rules was found.",
    ),
    UNREAD: Code(
        "email.chain-mail",
        "log",
        "The message has more text than is looked through for chain letters, jokes, appeals and the like.",
    ),
}
