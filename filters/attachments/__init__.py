"""The filter `attachments`: `filter` looks at the parts, `categories` knows kinds of files, `settings` is its YAML."""

from __future__ import annotations

from filters.attachments.filter import Attachments

__all__ = ["Attachments"]
