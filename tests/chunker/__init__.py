"""Contracts of the chunker."""
