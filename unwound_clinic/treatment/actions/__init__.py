"""Signed decisions, consents, orders and their second check."""
