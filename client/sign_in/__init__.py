"""Signing a program in at a Cairn server, and out. A door of its own: a verb that only shows a token does not load this."""

from client.sign_in.device_flow import issued_when_allowed
from client.sign_in.provider import DeviceCode, Issued, Provider

__all__ = ["DeviceCode", "Issued", "Provider", "issued_when_allowed"]
