"""Openers of Outlook's own containers: saved messages and winmail.dat."""
