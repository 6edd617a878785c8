"""What is told of migrations without Alembic is what Alembic says."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from foundation.migrations import known_revisions

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("room", ["metadata", "identity"])
def test_the_known_revisions_are_alembics_in_its_order(room: str) -> None:
    folder = PROJECT / room / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory.from_config(config)
    newest_first = [revision.revision for revision in script.walk_revisions()]
    assert known_revisions(folder) == newest_first[::-1]
    assert known_revisions(folder)[-1] == script.get_current_head()
