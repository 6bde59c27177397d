"""The filter `attachments`: `filter` judges the parts, `categories` knows kinds of files, `settings` the YAML keys."""

from __future__ import annotations

from filters.attachments.filter import Attachments

__all__ = ["Attachments"]
