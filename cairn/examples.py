"""The examples of the specification: real exchanges, recorded by `make docs`."""

from importlib.resources import files

import orjson

from foundation.openapi import Examples


def api_examples() -> Examples:
    found: Examples = orjson.loads(files("cairn").joinpath("api_examples.json").read_bytes())
    return found
