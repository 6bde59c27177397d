"""Monitoring: the gateway's health for people and programs, over HTTP and in `mailwarden status`."""
