"""Search: the same answers on both databases as a naive filter over all live files, for nobody but those who may see them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from foundation.database import opened
from foundation.identity import Identity
from foundation.ids import new_id
from foundation.problems import CursorInvalid, Forbidden, Invalid, Unauthenticated
from foundation.sql import insert_rows
from metadata import (
    Batch,
    BucketNotFound,
    Catalogue,
    Delete,
    Describe,
    FileNotFound,
    FileVersion,
    ListQuery,
    Move,
    Naming,
    NewBucket,
    Operation,
    PathTaken,
    Put,
    Restore,
    SearchQuery,
    sql_search,
)
from metadata.schema import files, members
from metadata.search_text import anywhere, folded_text, in_description, in_path, moved_text, search_text, tagged
from tests.metadata.catalogues import Desk

NOTHING: dict[str, str] = {}


def found(desk: Desk, *, caller: Identity | None = None, page: int = 100, **query: object) -> list[FileVersion]:
    """All pages."""
    wanted = SearchQuery(limit=page, **query)  # type: ignore[arg-type]
    items: list[FileVersion] = []
    while True:
        answer = desk.catalogue.search.find(caller or desk.me, wanted)
        assert len(answer.items) <= page
        items += answer.items
        if answer.next_key is None:
            return items
        wanted = replace(wanted, after=answer.next_key)


def paths(desk: Desk, *, caller: Identity | None = None, page: int = 100, **query: object) -> list[str]:
    return [version.path for version in found(desk, caller=caller, page=page, **query)]


def naive(version: FileVersion, query: SearchQuery) -> bool:
    """As somebody would write it who had every file in memory."""
    path, description = folded_text(version.path), folded_text(version.description)
    name = folded_text(version.path.removesuffix("/").split("/")[-1])
    q, in_name, described = folded_text(query.q), folded_text(query.name), folded_text(query.description)
    pairs = [f"{key}={value}" for key, value in version.tags.items()]
    return (
        (name.startswith(q) if len(q) < 3 else q in path or q in description)
        and (name.startswith(in_name) if len(in_name) < 3 else in_name in path)
        and (description.startswith(described) if len(described) < 3 else described in description)
        and all(tag in version.tags or tag in pairs for tag in query.tags)
    )


def test_every_filter_finds_its_own_and_all_of_them_combine(desk: Desk) -> None:
    desk.apply(
        Put("Berichte/Jahr 2024.pdf", [], description="Bilanz der Firma", tags={"state": "Final", "year": "2024"}),
        Put("Berichte/Jahr 2023.pdf", [], description="Bilanz", tags={"state": "draft"}),
        Put("notes/bilanz.txt", []),
    )
    assert paths(desk, q="BILANZ") == ["Berichte/Jahr 2023.pdf", "Berichte/Jahr 2024.pdf", "notes/bilanz.txt"]
    assert paths(desk, name="bilanz") == ["notes/bilanz.txt"]
    assert paths(desk, name="ichte/jahr") == ["Berichte/Jahr 2023.pdf", "Berichte/Jahr 2024.pdf"]
    assert paths(desk, description="firma") == ["Berichte/Jahr 2024.pdf"]
    assert paths(desk, tags=["state"]) == ["Berichte/Jahr 2023.pdf", "Berichte/Jahr 2024.pdf"]
    assert paths(desk, tags=["state=Final", "year"]) == ["Berichte/Jahr 2024.pdf"]
    assert paths(desk, tags=["state=final"]) == paths(desk, tags=["stat"]) == paths(desk, tags=["tate=Fina"]) == []
    assert paths(desk, q="jahr", description="bilanz", tags=["state=draft"], bucket=desk.id) == [
        "Berichte/Jahr 2023.pdf"
    ]
    assert len(paths(desk, bucket=desk.bucket.name)) == 3


def test_short_texts_find_beginnings_of_names_only(desk: Desk) -> None:
    desk.apply(Put("abc/xyz", [], description="ab"), Put("x/ab", []), Put("x/ac/", []), Put("x/cab", []), Put("Äx", []))
    assert paths(desk, q="ab") == paths(desk, name="AB") == ["x/ab"]
    assert paths(desk, q="a") == ["x/ab", "x/ac/"]
    assert paths(desk, description="a") == ["abc/xyz"]
    assert paths(desk, name="ä") == ["Äx"]
    assert paths(desk, q="ab", name="cab") == []


def test_letters_are_folded_and_normal_forms_are_one(desk: Desk) -> None:
    desk.apply(
        Put("Stra\u00dfe.txt", []), Put("cafe\u0301.txt", []), Put("\ufb01le \u2460.txt", []), Put("日本語の文書", [])
    )
    assert paths(desk, q="STRASSE") == ["Stra\u00dfe.txt"]
    assert paths(desk, q="caf\u00e9") == ["cafe\u0301.txt"]
    assert paths(desk, q="file 1") == ["\ufb01le \u2460.txt"]
    assert paths(desk, q="本語の") == paths(desk, q="日") == ["日本語の文書"]


HOSTILE = [
    "100%", "a_b", "back\\slash", 'quo"te', "it's", "a AND b", "NEAR(a b)", "-minus", "star*", "q?mark", "[set]", "a.b.c",
    "***", "---", "%%%", "___", "\\\\\\", '"""', "';DROP TABLE files;--", "<script>", "\u202etxt", "{x}", ":colon:", "a\nb",
    "\ufdd0\ufdd1\ufdd2", "\ufdd3\ufdd3a", "\U0010ffff\U0010ffff\U0010ffff", "\ufffd\ufffd\ufffd", "\uffff\ufffe\uffff",
]  # fmt: skip


def test_whatever_means_something_to_a_database_is_just_text(catalogue: Catalogue) -> None:
    desk = Desk(catalogue, new=NewBucket(name="hostile", naming=Naming.S3))
    desk.apply(*(Put(f"{number:02} {piece} .", []) for number, piece in enumerate(HOSTILE)))
    desk.apply(
        *(Put(f"d{number:02}", [], description=piece, tags={piece: piece}) for number, piece in enumerate(HOSTILE))
    )
    everything = found(desk, bucket=desk.id)
    assert len(everything) == 2 * len(HOSTILE)
    for piece in HOSTILE:
        for asked in ({"q": piece}, {"name": piece}, {"description": piece}):
            query = SearchQuery(**asked)
            assert paths(desk, **asked) == [one.path for one in everything if naive(one, query)], asked
            assert paths(desk, **asked), asked
    for number, piece in enumerate(HOSTILE[:-5]):
        assert paths(desk, tags=[piece]) == paths(desk, tags=[f"{piece}={piece}"]) == [f"d{number:02}"]


def test_nothing_matches_across_the_borders_of_path_description_and_tags(desk: Desk) -> None:
    desk.apply(Put("one", [], description="two", tags={"three": "four", "five": "six"}))
    for text_ in ("onetwo", "one\ntwo", "twothree", "three", "four", "five", "etw", "wof"):
        assert paths(desk, q=text_) == [], text_
    for tag in ("one", "two", "four", "three=", "three=fou", "four=five", "=four", "three=four\ufdd2five"):
        assert paths(desk, tags=[tag]) == [], tag


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "", "name": "", "tags": [""]},
        {"q": "x" * 1025},
        {"name": "x" * 10_240},
        {"q": "a\0b"},
        {"tags": ["a"] * 11},
    ],
    ids=["nothing", "empty", "long", "very long", "NUL", "many tags"],
)
def test_a_search_that_breaks_a_rule_is_refused_and_the_field_is_named(desk: Desk, query: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        paths(desk, **query)
    assert refused.value.members["field"] in {"q", "name", "description", "tag"}


@pytest.mark.parametrize("query", [{"description": "\ud800"}, {"tags": ["\udfff"]}], ids=["description", "tag"])
def test_halves_of_surrogate_pairs_are_refused(desk: Desk, query: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        paths(desk, **query)


def test_the_longest_texts_are_searched(desk: Desk) -> None:
    desk.apply(Put("x", [], description="\ufdfa" * 1024), Put("y", [], description="ab" * 2000))
    assert paths(desk, q="\ufdfa" * 56) == paths(desk, description="\ufdfa" * 56) == ["x"]
    assert paths(desk, q="ab" * 512) == ["y"]
    assert paths(desk, q="ab" * 511 + "x") == []
    for query in ({"q": "\ufdfa" * 58}, {"name": "\ufdfa" * 1024}, {"description": "\ufdfa" * 1024}):
        with pytest.raises(Invalid, match="ligatures"):
            paths(desk, **query)


def test_a_page_ends_when_looking_takes_long_and_the_next_ones_find_the_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number:03}" for number in range(100)]
    desk.apply(*(Put(name, [], description="wanted" if number % 9 == 0 else "") for number, name in enumerate(names)))
    monkeypatch.setattr(sql_search, "_PAGE_SECONDS", 0)
    first = desk.catalogue.search.find(desk.me, SearchQuery("wanted"))
    assert first.next_key is not None
    assert len(first.items) < 12
    assert paths(desk, q="wanted") == names[::9]


def test_texts_that_are_nearly_alike_cost_a_search_bounded_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text is compared with the one sought from each of 40,000 places on, for a thousand characters."""
    desk.apply(*(Put(f"{number}", [], description="\u2057" * 10_000) for number in range(16)))
    monkeypatch.setattr(sql_search, "_MOST_SECONDS", 0.05)
    with pytest.raises(Invalid, match="too long"):
        paths(desk, q="\u2057" * 255 + "x")
    assert paths(desk, q="7") == ["7"]


def test_where_the_index_takes_too_long_files_are_walked(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(catalogue)
    desk.apply(*(Put(f"{number:02}", [], description="wanted" if number > 40 else "") for number in range(50)))
    monkeypatch.setattr(sql_search, "_FIRST_FILES", 1)
    monkeypatch.setattr(sql_search, "indexed", lambda connection, *_: _endless(connection))
    monkeypatch.setattr(sql_search, "_INDEX_SECONDS", 0.05)
    assert paths(desk, q="wanted", page=1) == [f"{number}" for number in range(41, 50)]


def _endless(connection: Connection) -> None:
    rows = "WITH RECURSIVE endless(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM endless) SELECT count(*) FROM endless"
    connection.exec_driver_sql(rows).all()


@pytest.mark.parametrize("key", ["", "x", "0" * 36 + "\0", "no-uuid" * 6, "\ud800"])
def test_a_key_that_no_page_gave_is_refused(desk: Desk, key: str) -> None:
    with pytest.raises((CursorInvalid, Invalid)):
        desk.catalogue.search.find(desk.me, SearchQuery("abc", after=key))


def test_pages_follow_each_other_over_buckets_by_id_and_path(catalogue: Catalogue) -> None:
    first = Desk(catalogue)
    desks = [first, *(Desk(catalogue, me=first.me) for _ in range(4))]
    for number, desk in enumerate(desks):
        desk.apply(*(Put(f"{folder}/{name} report.txt", []) for folder in "bza" for name in range(number * 2)))
    expected = [(one.bucket_id, one.path) for one in found(first, q="report")]
    assert len(expected) == 3 * 2 * (1 + 2 + 3 + 4)
    assert expected == sorted(expected, key=lambda place: (place[0].bytes, place[1].encode()))
    for page in (1, 2, 7, 59, 60, 61):
        assert [(one.bucket_id, one.path) for one in found(first, q="report", page=page)] == expected


def test_strangers_find_nothing_and_members_find_all_while_they_are_members(
    catalogue: Catalogue, location: str
) -> None:
    mine, theirs = Desk(catalogue), Desk(catalogue)
    mine.apply(Put("secret plan", [], description="shared words", tags={"k": "v"}))
    theirs.apply(Put("their plan", [], description="shared words", tags={"k": "v"}))
    filters: list[dict[str, object]] = [{"q": "plan"}, {"description": "shared"}, {"tags": ["k=v"]}, {"q": "s"}]
    for query in filters[:3]:
        assert paths(mine, **query) == ["secret plan"]
        assert paths(theirs, **query) == ["their plan"]
    for ref in (mine.id, mine.bucket.name, str(UUID(int=1)), "no-such-bucket", "Not A Name"):
        with pytest.raises(BucketNotFound):
            paths(theirs, q="plan", bucket=ref)
    with opened(location) as database:
        row = {"bucket": mine.bucket.id, "user": theirs.me.user, "role": "viewer"}
        database.write(lambda connection: connection.execute(insert(members).values(row)))
        assert sorted(paths(theirs, q="plan")) == ["secret plan", "their plan"]
        assert paths(theirs, q="plan", bucket=mine.id) == paths(theirs, q="s") == ["secret plan"]
        page = catalogue.search.find(theirs.me, SearchQuery("plan", limit=1))
        database.write(lambda connection: connection.execute(members.delete()))
    for query in filters[:3]:
        assert paths(theirs, **query) == ["their plan"]
    rest = catalogue.search.find(theirs.me, SearchQuery("plan", after=page.next_key))
    assert "secret plan" not in [one.path for one in rest.items]


def test_only_who_may_read_files_searches(desk: Desk) -> None:
    desk.apply(Put("plan", []))
    reader = replace(desk.me, scopes=frozenset({"files:read"}))
    assert paths(desk, caller=reader, q="plan") == ["plan"]
    for query in ({"q": "plan"}, {"q": "plan", "bucket": desk.id}):
        with pytest.raises(Unauthenticated):
            paths(desk, caller=Identity(), **query)
        with pytest.raises(Forbidden):
            paths(desk, caller=replace(desk.me, scopes=frozenset({"account"})), **query)
        with pytest.raises((Forbidden, Unauthenticated)):
            paths(desk, caller=Identity(scopes=frozenset({"catalogue"}), is_service=True), **query)


def test_what_is_in_the_trash_is_not_found_until_it_is_back(desk: Desk) -> None:
    (put,) = desk.apply(Put("plan", [], tags={"k": ""}))
    desk.apply(Delete(path="plan"))
    assert paths(desk, q="plan") == paths(desk, tags=["k="]) == paths(desk, bucket=desk.id) == []
    desk.apply(Restore(put.version.file_id))
    assert paths(desk, q="plan") == paths(desk, tags=["k="]) == ["plan"]
    desk.catalogue.buckets.delete(desk.me, desk.id, recursive=True)
    assert paths(desk, q="plan") == []
    desk.catalogue.buckets.restore(desk.me, desk.id)
    assert paths(desk, q="plan") == ["plan"]
    desk.catalogue.files.purge(desk.me, put.version.file_id, None)
    assert paths(desk, q="plan") == []


WORDS = ["plan", "Plan", "re", "p", "PLÄNE", "a%b", "photo", "2024", "x", "日本語", "photo plan"]
TAGS = [NOTHING, {"colour": "red"}, {"colour": "Red", "size": "9"}, {"a=b": "c"}, {"a": "b=c"}]
QUERIES = [
    SearchQuery("plan"), SearchQuery("p"), SearchQuery("re"), SearchQuery(name="photo"), SearchQuery(description="plän"),
    SearchQuery(description="p"), SearchQuery(tags=["colour"]), SearchQuery(tags=["colour=red"]), SearchQuery(tags=["a=b"]),
    SearchQuery(tags=["a=b=c"]), SearchQuery("photo", tags=["size=9"]), SearchQuery("an/", name="2024", description="x"),
    SearchQuery("%b/"), SearchQuery("日本語"), SearchQuery("o p", tags=["a"]),
]  # fmt: skip


def step(chance: random.Random, desk: Desk, live: Sequence[FileVersion], gone: Sequence[UUID]) -> list[Operation]:
    """An operation on something that may stand in another's way; then it is refused, which is as good."""
    path = f"{chance.choice(WORDS)}/{chance.choice(WORDS)}-{chance.randrange(8)}"
    description, tags = chance.choice([*WORDS, ""]), chance.choice(TAGS)
    kind = chance.choice("pppmmdrou")
    if kind == "p" or not live:
        return [Put(path, [], description=description, tags=tags)]
    file = chance.choice(live)
    if kind == "m":
        return [Move(path, file_id=file.file_id)]
    if kind == "d":
        return [Delete(file.file_id)]
    if kind == "r" and gone:
        return [Restore(chance.choice(gone))]
    if kind == "o":
        versions = desk.catalogue.files.versions(desk.me, file.file_id, None, 100).items
        return [Restore(file.file_id, chance.choice([one for one in versions if one.content]).version_id)]
    return [Describe(file.file_id, description=description, tags=tags)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=5)
@given(st.integers(0, 2**32))
def test_after_any_history_search_says_what_a_naive_filter_says(catalogue: Catalogue, seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk(catalogue)
    gone: list[UUID] = []
    for _ in range(40):
        live = found(desk, bucket=desk.id)
        operations = step(chance, desk, live, gone)
        try:
            results = desk.catalogue.commits.apply(desk.me, Batch(desk.id, operations)).results
        except (FileNotFound, Invalid, PathTaken):
            continue
        gone += [result.version.file_id for result in results if result.version.deleted_at is not None]
    listed = desk.catalogue.files.list(desk.me, desk.id, ListQuery(limit=1000)).items
    assert [one.path for one in found(desk, bucket=desk.id)] == [one.path for one in listed]
    for query in QUERIES:
        wanted = replace(query, bucket=desk.id)
        found_ = desk.catalogue.search.find(desk.me, wanted).items
        assert [one.path for one in found_] == [one.path for one in listed if naive(one, query)], query
        assert all(one in listed for one in found_)


def test_the_text_of_a_moved_file_is_that_of_a_file_put_there() -> None:
    for path in ("a", "b/c", "Äé/ß/", "\ufdd3\ufdd3/\ufdd0"):
        for tags in TAGS:
            assert moved_text(search_text("x/Yz", "Words", tags), path) == search_text(path, "Words", tags)


def test_terms_are_found_by_their_trigrams_and_by_no_others() -> None:
    whole = search_text("Photos/Zürich.JPG", "Am See", {"colour": "red"})
    for term in (
        anywhere("zürich"),
        in_path("jpg"),
        in_description("see"),
        tagged("colour=red"),
        anywhere("z"),
        in_path("zü"),
    ):
        grams = list(term.grams())
        assert grams
        assert all(gram in whole for gram in grams)
        assert term.has_word
    assert not anywhere("...").has_word


def test_dense_and_rare_and_clustered_matches_are_all_found(catalogue: Catalogue, location: str) -> None:
    """More files than are looked at before the index is asked, and more matches than the index may tell."""
    desk = Desk(catalogue)
    original = desk.put("original", []).version
    names = [f"{i:05} {'late' if i >= 3000 else 'rare' if i == 1777 else 'other'}" for i in range(6_000)]
    rows = [
        {
            "id": new_id(), "bucket": desk.bucket.id, "path": name, "path_folded": name, "search_text": search_text(name, "", {}),
            "current_version": original.version_id, "created_at": original.created_at,
        }
        for name in names
    ]  # fmt: skip
    with opened(location) as database:
        database.write(lambda connection: insert_rows(connection, files, rows))
    assert paths(desk, q="late", page=1000) == names[3000:]
    assert len(paths(desk, q="other", page=700)) == 2999
    assert paths(desk, q="rare") == ["01777 rare"]
    assert paths(desk, q="5 l", page=13) == names[3005::10]
    assert paths(desk, q="no such words") == []
