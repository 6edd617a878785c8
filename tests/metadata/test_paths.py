"""What a path may be, and how paths relate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.errors import BucketNameInvalid, PathInvalid
from metadata.model import Naming
from metadata.naming import broken_rule, check_name, check_title, name_from
from metadata.paths import check_folder, check_path, folded, parents, prefix_end

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    "path",
    ["a", "a/b", "a/b/", "CON", "aux.txt", "dot. ", "trailing.", "\u202egpj.exe", "\ufeffbom", "e\u0301", "\u00e9",
     "'; DROP TABLE files", "<script>", "%s", "%2F", "😀", "...", "a" * 255, "/".join(["b" * 255] * 4)],
)  # fmt: skip
@pytest.mark.parametrize("naming", Naming)
def test_a_path_is_taken_as_it_is_never_normalised(path: str, naming: Naming) -> None:
    assert check_path(path, naming) == path


@pytest.mark.parametrize(
    ("path", "rule"),
    [("/a", "segment"), ("a//b", "segment"), (".", "segment"), ("..", "segment"), ("a/../b", "segment"),
     ("a/./b", "segment"), ("/", "segment"), ("a//", "segment"), ("a\nb", "control-character"),
     ("\x7f", "control-character"), ("\x85", "control-character"), ("\x1b[31m", "control-character"),
     ("c" * 256, "segment-length"), ("é" * 128, "segment-length")],
)  # fmt: skip
def test_portable_naming_refuses_what_s3_naming_takes(path: str, rule: str) -> None:
    with pytest.raises(PathInvalid) as refused:
        check_path(path, Naming.PORTABLE)
    assert refused.value.members["rule"] == rule
    assert check_path(path, Naming.S3) == path


@pytest.mark.parametrize(
    ("path", "rule"), [("", "empty"), ("a\0", "nul"), ("\ud800", "surrogate"), ("d" * 1025, "length")]
)
@pytest.mark.parametrize("naming", Naming)
def test_no_naming_takes_what_cannot_be_stored(path: str, rule: str, naming: Naming) -> None:
    with pytest.raises(PathInvalid) as refused:
        check_path(path, naming)
    assert refused.value.members["rule"] == rule


def test_a_path_of_1024_bytes_is_the_longest() -> None:
    assert check_path("é" * 512, Naming.S3)
    with pytest.raises(PathInvalid):
        check_path("é" * 512 + "a", Naming.S3)


def test_a_folder_is_its_marker_whether_the_slash_is_given_or_not() -> None:
    assert check_folder("a/b", Naming.PORTABLE) == check_folder("a/b/", Naming.PORTABLE) == "a/b/"
    with pytest.raises(PathInvalid):
        check_folder("", Naming.PORTABLE)


def test_twins_fold_alike() -> None:
    assert folded("E\u0301T\u00c9.TXT") == folded("\u00e9te\u0301.txt")
    assert folded("a") != folded("b")


@given(TEXT)
def test_folding_is_bounded_so_that_an_index_can_hold_it(text: str) -> None:
    assert len(folded((text * 1024)[:1024]).encode()) <= 2048


def test_the_parents_of_a_path_are_the_folders_above_it() -> None:
    assert parents("a/b/c") == parents("a/b/c/") == ("a", "a/b")
    assert parents("a") == parents("a/") == ()


@given(TEXT, TEXT, TEXT)
def test_a_prefixs_end_parts_what_begins_with_it_from_what_comes_after(prefix: str, rest: str, other: str) -> None:
    end = prefix_end(prefix)
    assert end is None or prefix + rest < end
    if end is not None and prefix <= other < end:
        assert other.startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "end"),
    [("", None), ("a/", "a0"), ("\ud7ff", "\ue000"), ("a\U0010ffff", "b"), ("\U0010ffff", None)],
)
def test_a_prefixs_end_skips_surrogates_and_carries(prefix: str, end: str | None) -> None:
    assert prefix_end(prefix) == end


@pytest.mark.parametrize(
    "name",
    ["", "ab", "a" * 64, "Photos", "a_b", "-ab", "ab-", ".ab", "a..b", "..", "10.0.0.1", "300.1.1.1", "xn--abc", "a b",
     "abc\n", "köln", "a/b", "0192d1f2-7d1c-7c3a-8f9e-0123456789ab", "abc-s3alias", "abc\0", "\ud800bc"],
)  # fmt: skip
def test_a_bucket_name_that_s3_or_a_uuid_could_not_be_told_from_is_refused(name: str) -> None:
    with pytest.raises(BucketNameInvalid):
        check_name(name)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "1.2.3", "a.b-c", "0192d1f27d1c7c3a8f9e0123456789ab"])
def test_a_bucket_name_of_s3s_form_is_taken(name: str) -> None:
    assert check_name(name) == name


@given(TEXT, st.integers(1, 10**9))
def test_a_name_made_from_any_title_is_a_name(title: str, attempt: int) -> None:
    assert broken_rule(name_from(title, attempt)) is None
    assert name_from(title, attempt) != name_from(title, attempt + 1)


def test_a_name_made_from_a_title_is_readable() -> None:
    assert [name_from("Fotos Köln!", attempt) for attempt in (1, 2, 3)] == [
        "fotos-koln",
        "fotos-koln-2",
        "fotos-koln-3",
    ]
    assert name_from("日本") == "bucket"


@pytest.mark.parametrize("title", ["", "  ", "a\nb", "\ud800", "a" * 256])
def test_a_title_is_a_line_of_text(title: str) -> None:
    with pytest.raises(BucketNameInvalid):
        check_title(title)
