"""Changes without bytes: folders that are too large for one operation, batches with refusals, answers that got lost."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from client import AnswerInvalid, CairnClient, Refused
from foundation.problems import Problem
from tests.client.documents import BUCKET_ID, file_document
from tests.client.scripted_server import Answer, Asked, ScriptedServer

GROUP = "01890a5d-ac96-774b-bcce-b302099a80"


def operations(asked: Asked) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(asked.body)["operations"]
    return found


def file(path: str) -> dict[str, Any]:
    return file_document(path, file_id=f"id-of-{path}")


class Tree:
    """A bucket of files, in which one operation takes no more than `most` files of a folder."""

    def __init__(self, most: int, *paths: str) -> None:
        self.most, self.paths, self.done = most, sorted(paths), list[dict[str, Any]]()

    def __call__(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            return self._listed(asked.query.get("prefix", ""))
        *_, operation = wanted = operations(asked)
        if "prefix" not in operation:
            self.done += wanted
            return Answer.json({"results": [{}] * len(wanted), "group": f"{GROUP}{len(self.done):02}"})
        files = [path for path in self.paths if path.startswith(operation["prefix"])]
        if len(files) > self.most:
            return Answer.problem("too-many", 422)
        self.done.append(operation)
        result = {"group": f"{GROUP}{len(self.done):02}", "files": len(files), "sequence": 1}
        return Answer.json({"results": [result], "group": None})

    def _listed(self, prefix: str) -> Answer:
        below = [path.removeprefix(prefix) for path in self.paths if path.startswith(prefix)]
        folders = sorted({prefix + path.partition("/")[0] + "/" for path in below if "/" in path})
        files = [file(prefix + path) for path in below if "/" not in path]
        return Answer.json({"items": files, "prefixes": folders, "next_cursor": None})


def test_a_folder_that_is_too_large_goes_by_its_subfolders_and_every_file_once(
    liar: ScriptedServer, client: CairnClient
) -> None:
    tree = Tree(2, "a/one", "a/two", "a/b/1", "a/b/2", "a/c/d/1", "a/c/d/2", "a/c/3", "other")
    liar.script = tree
    groups = list(client.delete_folder(BUCKET_ID, "a/"))
    assert [one.get("prefix") or one.get("file_id") for one in tree.done if one["op"] != "move"] == [
        "a/b/",
        "a/c/d/",
        "id-of-a/c/3",
        "id-of-a/one",
        "id-of-a/two",
    ]
    assert [group.files for group in groups] == [2, 2, 1, 2]
    assert len({group.id for group in groups}) == 4


def test_a_folder_that_is_too_large_keeps_its_shape_where_it_moves(liar: ScriptedServer, client: CairnClient) -> None:
    tree = Tree(1, "a/one", "a/two", "a/b/1")
    liar.script = tree
    assert sum(group.files for group in client.move_folder(BUCKET_ID, "a/", "x/y/")) == 3
    assert [(one.get("prefix") or one["file_id"], one["to"]) for one in tree.done] == [
        ("a/b/", "x/y/b/"),
        ("id-of-a/one", "x/y/one"),
        ("id-of-a/two", "x/y/two"),
    ]


def test_a_change_of_one_file_is_a_group_as_well(liar: ScriptedServer, client: CairnClient) -> None:
    tree = Tree(1, "one")
    liar.script = tree
    (group,) = client.delete_folder(BUCKET_ID, "")
    assert (group.files, [one["op"] for one in tree.done]) == (1, ["move", "delete"])
    assert tree.done[0]["to"] == "one"


@pytest.mark.parametrize("slug", ["path-taken", "forbidden"])
def test_what_is_refused_for_another_reason_than_size_is_not_split(
    liar: ScriptedServer, client: CairnClient, slug: str
) -> None:
    liar.answers(Answer.problem(slug, 409))
    with pytest.raises(Problem) as refused:
        list(client.delete_folder(BUCKET_ID, "a/"))
    assert (refused.value.slug, len(liar.asked)) == (slug, 1)


def copies(client: CairnClient, liar: ScriptedServer, count: int) -> list[Any]:
    liar_script, liar.script = liar.script, lambda _: Answer.json({"items": [file("x")], "next_cursor": None})
    found = client.find(BUCKET_ID, "x")
    liar.script = liar_script
    return list(client.copy(BUCKET_ID, [(found, str(number)) for number in range(count)]))


def test_what_one_operation_is_refused_for_is_told_and_the_others_are_done(
    liar: ScriptedServer, client: CairnClient
) -> None:
    def script(asked: Asked) -> Answer:
        wanted = operations(asked)
        bad = [index for index, one in enumerate(wanted) if one["to"] in {"3", "5"}]
        if bad:
            told = [{"operation": index, "problem": "path-taken", "detail": "taken"} for index in bad]
            return Answer.problem("path-taken", 409, conflicts=told)
        return Answer.json({"results": [file(one["to"]) for one in wanted], "group": None})

    liar.script = script
    made = copies(client, liar, 1200)
    assert {one.place for one in made if isinstance(one, Refused)} == {"3", "5"}
    assert len({one.path for one in made if not isinstance(one, Refused)}) == 1198


@pytest.mark.parametrize(
    "conflicts", [None, [], [{"operation": 99}], [{"operation": -1}], [{"operation": "0"}], [{}], "nonsense", [1]]
)
def test_a_refusal_that_names_no_operation_of_the_batch_ends_it(
    liar: ScriptedServer, client: CairnClient, conflicts: Any
) -> None:
    liar.script = lambda _: Answer.problem("path-taken", 409, conflicts=conflicts)
    with pytest.raises(Problem) as refused:
        copies(client, liar, 2)
    assert refused.value.slug == "path-taken" or isinstance(refused.value, AnswerInvalid)


def test_a_change_whose_answer_got_lost_is_asked_for_again_under_the_same_key(
    liar: ScriptedServer, client: CairnClient
) -> None:
    made = Answer.json({"results": [{"group": f"{GROUP}01", "files": 3, "sequence": 1}], "group": None})
    liar.answers(Answer(200, made.body, is_cut=True), made)
    assert client.undo(BUCKET_ID, f"{GROUP}00").files == 3
    first, second = liar.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body


LIES: list[tuple[Callable[[CairnClient], object], Any]] = [
    (lambda client: client.undo(BUCKET_ID, GROUP), {"results": [], "group": None}),
    (lambda client: client.undo(BUCKET_ID, GROUP), {"results": [{"group": 1, "files": 1}]}),
    (lambda client: client.undo(BUCKET_ID, GROUP), {"results": [{"group": GROUP, "files": -1}]}),
    (lambda client: client.usage(), {"used_bytes": 1}),
    (lambda client: client.statistics(), {"num_buckets": 1}),
    (lambda client: client.record("x"), file_document("x")),
    (lambda client: client.record("x"), file_document("x", tags={"a": 1}, access="private", bucket_id="b")),
    (lambda client: list(client.members("b")), {"items": [{"user_id": "x"}], "next_cursor": None}),
    (lambda client: client.account(), {"email": "x"}),
]


@pytest.mark.parametrize("number", range(len(LIES)))
def test_an_answer_that_makes_no_sense_is_not_believed(liar: ScriptedServer, client: CairnClient, number: int) -> None:
    act, document = LIES[number]
    liar.answers(Answer.json(document))
    with pytest.raises(AnswerInvalid):
        act(client)
