"""`cairn beat`: what rings for the chores when they are due. It works on nothing, and loads nothing that is worked with."""

from contextlib import closing

from cairn.settings import ServerSettings
from cairn.work_service import prepared, serve, service
from sync import TASKS, Beat


def beat(settings: ServerSettings, port: int) -> None:
    """Until SIGTERM. Raises SettingInvalid."""
    with closing(prepared(settings)) as broker:
        rings = Beat(broker, TASKS)
        serve(service("beat", settings, {"broker": broker.ready}, (rings.start, rings.stop)), "beat", settings, port)
