"""Verify, reconcile, collect and expire, through the catalogue's Protocols only."""
