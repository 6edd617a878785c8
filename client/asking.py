"""What every part of the client asks through."""

from client.connection import Connection

SMALL_PAGE = 1000


class Asking:
    """Part of a client: methods over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
