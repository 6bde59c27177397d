"""The message: immutable octets, their map, its text, and edits.

What is imported here is for filters; the gateway imports the modules themselves.
"""

from gateway.characters.normal_forms import normal_form
from gateway.message.automatic import automatic as written_by_program
from gateway.message.defect import Defect
from gateway.message.defects import STRUCTURE_DEFECTS
from gateway.message.edits import (
    AddHeader,
    AddText,
    Edit,
    InsertText,
    RemoveHeader,
    RemovePart,
    RemoveText,
    RenameHeader,
    ReplacePart,
    SetSubject,
    Wrap,
)
from gateway.message.edits.insertion_points import has_place, what_is_surely_seen, what_was_written
from gateway.message.edits.types import NamedPlace
from gateway.message.folding.folding import fold
from gateway.message.folding.layers import Folded
from gateway.message.header.addresses import (
    address_key,
    address_pattern,
    ascii_domain,
    ascii_form,
    domain_key,
    shown_label,
    unmatched_outside,
)
from gateway.message.header.field import Header
from gateway.message.header.name_forms import extension_of
from gateway.message.labels import LABELS, PERSONAL_WORDS
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.passage import Passage, PassageKind
from gateway.message.reports import Report, message_ids, report_in
from gateway.message.sender import Sender, sender_of
from gateway.message.text.html.tokens import Tokens as HtmlTokens
from gateway.message.text.mail_signatures import is_closing
from gateway.message.text.saved import saved_texts
from gateway.message.text.shield import shielded as shielded_html
from gateway.message.text.view import TextView
from gateway.message.text.written import Segment, Written, written_html
from gateway.message.time_slices import TimeSlices
from gateway.message.visible import visible_addresses

__all__ = [
    "LABELS",
    "PERSONAL_WORDS",
    "STRUCTURE_DEFECTS",
    "AddHeader",
    "AddText",
    "Defect",
    "Edit",
    "Folded",
    "Header",
    "HtmlTokens",
    "InsertText",
    "Message",
    "NamedPlace",
    "Part",
    "Passage",
    "PassageKind",
    "RemoveHeader",
    "RemovePart",
    "RemoveText",
    "RenameHeader",
    "ReplacePart",
    "Report",
    "Segment",
    "Sender",
    "SetSubject",
    "TextView",
    "TimeSlices",
    "Wrap",
    "Written",
    "address_key",
    "address_pattern",
    "ascii_domain",
    "ascii_form",
    "domain_key",
    "extension_of",
    "fold",
    "has_place",
    "is_closing",
    "message_ids",
    "normal_form",
    "report_in",
    "saved_texts",
    "sender_of",
    "shielded_html",
    "shown_label",
    "unmatched_outside",
    "visible_addresses",
    "what_is_surely_seen",
    "what_was_written",
    "written_by_program",
    "written_html",
]
