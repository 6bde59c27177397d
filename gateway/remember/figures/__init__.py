"""Figures for the report: the traffic on record, the held messages and the decisions about them. Nothing is written."""
