"""Accounts and orders: authentication, rules, matching, settlement, events."""
