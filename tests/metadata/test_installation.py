"""The database's side of the two truths, on each real database."""

from uuid import uuid4

from foundation.blocks import BlockId, BlockName
from metadata import Catalogue, Generation
from tests.metadata.catalogues import Desk, chunks, received


def test_an_installation_begins_once(catalogue: Catalogue) -> None:
    assert catalogue.installation.read() is None
    first = catalogue.installation.begin(uuid4())
    assert catalogue.installation.begin(uuid4()) == first == catalogue.installation.read()
    assert (first.number, first.is_settled) == (1, False)


def test_a_generation_is_replaced_only_where_it_is_still_the_one_that_was_read(catalogue: Catalogue) -> None:
    first = catalogue.installation.begin(uuid4())
    second = Generation(first.installation, 2, is_settled=True)
    assert catalogue.installation.replace(first, second)
    assert not catalogue.installation.replace(first, Generation(first.installation, 9, is_settled=True))
    assert catalogue.installation.read() == second


def test_the_newest_writer_is_the_last_uploads_and_a_raised_one_is_never_given_out_again(catalogue: Catalogue) -> None:
    assert catalogue.installation.newest_writer() == 0
    catalogue.installation.raise_writer(40)
    desk = Desk(catalogue)
    assert desk.basket().writer == 41
    assert catalogue.installation.newest_writer() == 41
    catalogue.installation.raise_writer(7)
    assert desk.basket().writer == 42


def test_an_audit_sees_every_registered_block_once_in_pages(desk: Desk, catalogue: Catalogue) -> None:
    wanted = chunks("a", "b", "c", "d", "e")
    sent = desk.send(desk.basket(), wanted)
    seen, after = [], None
    while page := catalogue.installation.registered(after, 2):
        seen += page
        after = page[-1].name.id
    assert [block.name.id for block in seen] == sorted(one.id for one in wanted)
    assert {(block.name, block.stored_size, block.xxh3) for block in seen} == {
        (one.name, one.size, one.xxh3) for one in sent
    }


def test_unregistered_are_those_that_the_sweeper_would_take(desk: Desk, catalogue: Catalogue) -> None:
    still_open, ended = desk.basket(), desk.basket()
    (registered,) = desk.send(still_open, chunks("a"))
    catalogue.uploads.end(desk.me, ended.id)
    (left,) = received(ended, chunks("b"))
    (coming,) = received(still_open, chunks("c"))
    later = BlockName.new(BlockId.of(b"later"), 10**6)
    names = [registered.name, left.name, coming.name, later]
    assert catalogue.installation.unregistered(names) == {left.name, later}
    assert catalogue.installation.unregistered([]) == set()
    assert catalogue.collection.bury_orphans(names) == 2
    assert catalogue.installation.unregistered(names) == set()
    assert catalogue.installation.dead() == 2
