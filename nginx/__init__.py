"""The front door: nginx before the rooms. TLS, routing by path, limits, the page; refusals as problem documents."""

from nginx.certificate import make_certificate
from nginx.configuration import Address, FrontDoor, TimeLimits, write_configuration
from nginx.errors import ConfigurationRefused, NginxEnded, NginxMissing, TooManyRequests
from nginx.page import PageFile
from nginx.program import Nginx, nginx_program
from nginx.settings import FrontDoorSettings, PlainHttp

__all__ = [
    "Address",
    "ConfigurationRefused",
    "FrontDoor",
    "FrontDoorSettings",
    "Nginx",
    "NginxEnded",
    "NginxMissing",
    "PageFile",
    "PlainHttp",
    "TimeLimits",
    "TooManyRequests",
    "make_certificate",
    "nginx_program",
    "write_configuration",
]
