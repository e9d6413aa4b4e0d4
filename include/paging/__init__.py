"""Telling people: missed deadlines and odd numbers, as Slack messages that someone can act on."""
