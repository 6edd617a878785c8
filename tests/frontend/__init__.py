"""Contracts of the page."""
