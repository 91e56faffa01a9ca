"""Accounts without a username, known by a UUID."""
