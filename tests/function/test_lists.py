"""Lists in OSS say what goes: read to the line, and each object looked at before it goes."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, sum_of
from localcloud.clients import oss2_bucket
from localcloud.faults import Before, Refuse, ShortPage, Withhold
from localcloud.moto_store import Traits
from ossweep.objects import NEWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from deployment import Deployment

KEYS = [f"a/{number:05}" for number in range(3000)]
GONE = "gone before its turn came"
CHANGED = "changed since the list"
UNTOLD = "the list does not tell what it was"


def put(deployment: Deployment, key: str, content: bytes | str, bucket: str = BUCKET) -> None:
    """Put a list where a request may name it."""
    stored = content.encode() if isinstance(content, str) else content
    deployment.oss.fill(bucket, {key: stored})


def text(keys: Iterable[str]) -> str:
    return "".join(f"{key}\n" for key in keys)


def rows(*table: Sequence[object]) -> str:
    """Return CSV."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(table)
    return written.getvalue()


def seen(deployment: Deployment, key: str) -> tuple[str, str]:
    """Return the ETag of an object and when it was written, as inventories have it."""
    found = next(each for each in oss2_bucket(deployment.oss, BUCKET).list_objects(key).object_list)
    written = datetime.fromtimestamp(found.last_modified, timezone.utc)
    return found.etag, f"{written:%Y-%m-%dT%H-%M-%SZ}"


def ends(answer: dict[str, Any]) -> tuple[str, int, dict[str, int]]:
    """Return how a job ended, how much it deleted, and what it skipped, with sums that agree."""
    assert answer["listed"] == sum_of(answer)
    return answer["status"], answer["deleted"], answer["skipped_because"]


def sent(deployment: Deployment, manifest: Any, **more: Any) -> dict[str, Any]:
    return deployment.send({"bucket": BUCKET, "manifest": manifest, **more})


FORMS: dict[str, Callable[[Sequence[str]], bytes]] = {
    "list.txt": lambda keys: text(keys).encode(),
    "list.txt.gz": lambda keys: gzip.compress(text(keys).encode()),
    "list.csv": lambda keys: rows(["id", "key"], *enumerate(keys)).encode(),
    "list.jsonl": lambda keys: "".join(f"{json.dumps({'key': key})}\n" for key in keys).encode(),
    "list.json": lambda keys: json.dumps(keys).encode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_list_of_each_form_is_deleted(deployment: Deployment, name: str) -> None:
    """And nothing else, not even the list."""
    deployment.fill(*KEYS, "b")
    put(deployment, name, FORMS[name](KEYS[:2500]))
    wish = {"key": name, "header": True} if name.endswith(".csv") else name

    answer = sent(deployment, wish)

    assert ends(answer) == ("done", 2500, {})
    assert deployment.keys() == [*KEYS[2500:], "b", name]


def test_neighbours_are_looked_at_by_a_page(deployment: Deployment) -> None:
    """A thousand of them take one listing."""
    deployment.fill(*KEYS)
    put(deployment, "list.txt", text(KEYS))

    answer = sent(deployment, "list.txt")

    assert ends(answer) == ("done", 3000, {})
    assert answer["requests_made"]["list"] <= 8


def test_scattered_keys_are_looked_at_by_themselves(deployment: Deployment) -> None:
    """A page between them would be of others; a key that is gone is counted as such."""
    deployment.fill(*KEYS)
    wanted = [KEYS[2900], KEYS[7], KEYS[1500], "gone", KEYS[3]]
    put(deployment, "list.txt", text(wanted))

    answer = sent(deployment, "list.txt")

    assert ends(answer) == ("done", 4, {GONE: 1})
    assert answer["requests_made"]["list"] == 5
    assert deployment.keys() == sorted({*KEYS, "list.txt"} - {*wanted})


def test_a_page_may_be_short(deployment: Deployment) -> None:
    """OSS is free to show fewer: what it has not come to is looked at again."""
    deployment.fill(*KEYS[:30])
    deployment.oss.misbehave(ShortPage(4, operation="list"))
    put(deployment, "list.txt", text(KEYS[:30]))

    assert ends(sent(deployment, "list.txt")) == ("done", 30, {})
    assert deployment.keys() == ["list.txt"]


@pytest.mark.parametrize("name", ["list.txt", "list.csv", "list.jsonl"])
def test_an_empty_list_names_nothing(deployment: Deployment, name: str) -> None:
    """The job is done."""
    deployment.fill("a")
    put(deployment, name, "")

    assert ends(sent(deployment, name)) == ("done", 0, {})
    assert deployment.keys() == ["a", name]


def test_a_long_list_is_read_in_parts(deployment: Deployment) -> None:
    """Of the same object; what lies at their edges is whole."""
    keys = [f"a/{number:05}{'x' * 400}" for number in range(5000)]
    deployment.fill(*keys)
    put(deployment, "list.txt", text(keys))

    assert ends(sent(deployment, "list.txt")) == ("done", 5000, {})
    assert deployment.keys() == ["list.txt"]
    read = [each for each in deployment.oss.requests if each.key == "list.txt"]
    assert {each.headers.get("range") for each in read} == {None, "bytes=1048576-2097151"}


def test_lists_are_read_one_after_the_other(deployment: Deployment) -> None:
    """What two of them name is gone when the second is read."""
    deployment.fill(*KEYS[:10])
    put(deployment, "1.txt", text(KEYS[:6]))
    put(deployment, "2.txt", text(KEYS[5:9]))

    answer = sent(deployment, ["1.txt", "2.txt"])

    assert ends(answer) == ("done", 9, {GONE: 1})
    assert deployment.keys() == ["1.txt", "2.txt", KEYS[9]]


def test_a_list_may_lie_in_another_bucket_that_is_allowed(deployment: Deployment) -> None:
    """It says what goes from the request's."""
    deployment.oss.create_bucket("listbucket")
    deployment.set(buckets=f"{BUCKET},listbucket")
    deployment.fill("a", "b")
    deployment.oss.fill("listbucket", {"list.txt": b"a\n", "a": b""})

    answer = sent(deployment, {"key": "list.txt", "bucket": "listbucket"})

    assert ends(answer) == ("done", 1, {})
    assert (deployment.keys(), deployment.oss.keys("listbucket")) == (["b"], ["a", "list.txt"])


def test_selectors_add_up_with_lists(deployment: Deployment) -> None:
    """A key that a prefix holds, or that is named, is counted once."""
    deployment.fill("a/1", "a/2", "b/1", "c", "d")
    put(deployment, "list.txt", text(["a/1", "b/1", "c"]))

    answer = sent(deployment, "list.txt", prefix="a/", keys=["c"])

    assert ends(answer) == ("done", 4, {})
    assert (answer["listed"], deployment.keys()) == (4, ["d", "list.txt"])


def test_an_object_written_after_the_job_began_stays(deployment: Deployment) -> None:
    """A list is nobody's word about what came later, whatever it says of `unchanged`."""
    deployment.fill("a", "b")
    deployment.oss.fill(BUCKET, ["c"], deployment.oss.now() + 5)
    put(deployment, "list.txt", text("abc"))

    answer = sent(deployment, {"key": "list.txt", "unchanged": False})

    assert ends(answer) == ("done", 2, {"written after the job began": 1})


def test_protected_keys_of_a_list_stay(deployment: Deployment) -> None:
    """They take no look."""
    deployment.fill("keep/a", "b")
    put(deployment, "list.txt", text(["keep/a", "b"]))

    answer = sent(deployment.set(protected="keep/"), "list.txt")

    assert ends(answer) == ("done", 1, {"protected": 1})
    assert answer["requests_made"]["list"] == 1


def test_conditions_judge_what_a_look_shows(deployment: Deployment) -> None:
    """By the whole key, since nothing else selects it."""
    deployment.oss.fill(BUCKET, {"a/1.log": 10, "a/2.log": 2_000_000, "a/3.txt": 10, "b.log": 5})
    put(deployment, "list.txt", text(["a/1.log", "a/2.log", "a/3.txt", "b.log"]))

    only = {"match": "**/*.log", "size": {"below": "1MB"}}
    answer = sent(deployment, "list.txt", only=only)

    assert answer["deleted"] == 2
    assert deployment.keys() == ["a/2.log", "a/3.txt", "list.txt"]


def test_a_dry_run_of_a_list_counts(deployment: Deployment) -> None:
    """What would go, with its bytes."""
    deployment.oss.fill(BUCKET, {"a": 10, "b": 20})
    put(deployment, "list.txt", text(["a", "b", "gone"]))

    answer = sent(deployment, "list.txt", dry_run=True)

    assert (answer["status"], answer["remaining"], answer["bytes"]) == ("planned", 2, 30)
    assert answer["skipped_because"] == {GONE: 1}
    assert deployment.keys() == ["a", "b", "list.txt"]


def test_a_ceiling_holds_for_a_list(deployment: Deployment) -> None:
    """The job stops before the object after it; keys that are gone take no room."""
    deployment.fill(*KEYS[10:])
    put(deployment, "list.txt", text(KEYS))

    answer = sent(deployment, "list.txt", limits={"objects": 1234})

    assert (answer["status"], answer["deleted"]) == ("stopped", 1234)
    assert answer["reason"].startswith("limits.objects allows 1,234 objects")
    assert len(deployment.keys()) == 3000 - 10 - 1234 + 1


def test_a_ceiling_of_bytes_holds_for_a_list(deployment: Deployment) -> None:
    """Each object is looked at first, so its size is known."""
    deployment.oss.fill(BUCKET, dict.fromkeys(KEYS[:20], 10))
    put(deployment, "list.txt", text(KEYS[:20]))

    answer = sent(deployment, "list.txt", limits={"bytes": "95B"})

    assert (answer["status"], answer["deleted"], answer["bytes"]) == ("stopped", 9, 90)
    assert len(deployment.keys()) == 12


def test_a_ceiling_that_is_not_passed_stops_nothing(deployment: Deployment) -> None:
    """As many as it allows may go, and what is gone already is no object above it."""
    deployment.fill(*KEYS[:5])
    put(deployment, "list.txt", text([*KEYS[:5], "gone"]))

    answer = sent(deployment, "list.txt", limits={"objects": 5})

    assert ends(answer) == ("done", 5, {GONE: 1})


# What the list says is compared


def test_an_object_that_is_not_what_the_list_says_stays(deployment: Deployment) -> None:
    """Its ETag is another one, or its time, or its size."""
    deployment.oss.fill(BUCKET, {"a": b"1", "b": b"2", "c": b"3", "d": b"4", "e": b"5"})
    tags = {key: seen(deployment, key) for key in "abcde"}
    put(
        deployment,
        "list.csv",
        rows(
            ["key", "etag", "lastModified", "size"],
            ["a", tags["a"][0].lower(), tags["a"][1], 1],
            ["b", "0" * 32, tags["b"][1], 1],
            ["c", tags["c"][0], "2020-01-01T00:00:00Z", 1],
            ["d", tags["d"][0], tags["d"][1], 2],
            ["e", f'"{tags["e"][0]}"', "", ""],
        ),
    )

    answer = sent(deployment, {"key": "list.csv", "header": True})

    assert ends(answer) == ("done", 2, {CHANGED: 3})
    assert deployment.keys() == ["b", "c", "d", "list.csv"]


def test_a_change_may_be_declared_unwanted(deployment: Deployment) -> None:
    """`unchanged` is false: the key goes, whatever the list says of it."""
    deployment.fill("a")
    put(deployment, "list.jsonl", '{"key": "a", "etag": "00"}\n')

    answer = sent(deployment, {"key": "list.jsonl", "unchanged": False})

    assert ends(answer) == ("done", 1, {})


def test_a_key_without_a_word_stays_where_changes_are_asked_for(deployment: Deployment) -> None:
    """Nothing tells what it was, so nothing tells that it has not changed."""
    deployment.fill("a", "b")
    put(deployment, "list.txt", text("ab"))

    answer = sent(deployment, {"key": "list.txt", "unchanged": True})

    assert ends(answer) == ("done", 0, {UNTOLD: 2})


# The form is judged first


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "list.txt",
            "a\n/b\n",
            (
                '"list.txt", line 2 ("/b"): the key "/b" begins with a slash; no key in OSS does: '
                "write it without; nothing was deleted: correct the list, and send a new request"
            ),
        ),
        (
            "list.jsonl",
            '{"key": "a"}\n{"key": ""}\n7\n',
            (
                '"list.jsonl", line 2 ("{\\"key\\": \\"\\"}"): the key is empty, the first of 2 '
                "such lines; nothing was deleted: correct the list, and send a new request"
            ),
        ),
        (
            "list.jsonl",
            '{"key": "a", "versionId": "x"}\n',
            (
                '"list.jsonl", line 1 ("a"): the line names a version, and only current versions '
                "can be deleted; nothing was deleted: correct the list, and send a new request"
            ),
        ),
        (
            "list.txt",
            f"a\noss://{BUCKET}/a/1\n",
            (
                f'"list.txt", line 2 ("oss://{BUCKET}/a/1"): the line holds an address and no key; '
                'write "a/1"; nothing was deleted: correct the list, and send a new request'
            ),
        ),
        (
            "list.jsonl",
            f'"https://{BUCKET}.oss-cn-hangzhou.aliyuncs.com/b%20c"\n',
            (
                f'"list.jsonl", line 1 ("\\"https://{BUCKET}.oss-cn-hangzhou.aliyuncs.com/b%20c\\'
                '""): the line holds an address and no key; write "b c"; nothing was deleted: '
                "correct the list, and send a new request"
            ),
        ),
        (
            "list.txt",
            "oss://otherbucket/a\n",
            (
                '"list.txt", line 1 ("oss://otherbucket/a"): the line holds an address and no key, '
                "in another bucket; nothing was deleted: correct the list, and send a new request"
            ),
        ),
        (
            "list.parquet",
            "a\n",
            (
                '"list.parquet" is Parquet by its name, which is not read here; write the list as '
                "text, CSV or JSON, plain or gzip"
            ),
        ),
        (
            "list",
            "PAR1\x15\x04a\n",
            (
                '"list" is Parquet, which is not read here; write the list as text, CSV or JSON, '
                "plain or gzip"
            ),
        ),
        (
            "list.txt",
            "PK\x03\x04a\n",
            (
                '"list.txt" is a ZIP file, which is not read here; write the list as text, CSV or '
                "JSON, plain or gzip"
            ),
        ),
        (
            "list",
            "a,b\n",
            ("\"list\" may be text, a key a line, or CSV; say which by `format`: 'text' or 'csv'"),
        ),
    ],
    ids=[
        "slash",
        "empty",
        "version",
        "address",
        "URL",
        "another bucket",
        "Parquet by name",
        "Parquet",
        "ZIP",
        "two readings",
    ],
)
def test_a_bad_list_deletes_nothing(
    deployment: Deployment, name: str, content: str, reason: str
) -> None:
    """Neither what it names, nor what else the request does, nor what another list names."""
    deployment.fill("a", "c", "d", "p/1")
    put(deployment, name, content)
    put(deployment, "good.txt", "d\n")

    answer = sent(deployment, ["good.txt", name], keys=["c"], prefix="p/")

    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert answer["reason"] == f"the list {reason}"
    assert deployment.keys() == sorted(["a", "c", "d", "p/1", name, "good.txt"])
    assert deployment.oss.count("batch_delete") == 0


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            None,
            (
                'the list "list.txt" in the bucket examplebucket cannot be read: NoSuchKey: '
                '"The specified key does not exist."; see its name, and in which bucket it lies'
            ),
        ),
        (
            Refuse(403, "AccessDenied", "No.", operation="get"),
            (
                'the list "list.txt" in the bucket examplebucket cannot be read: AccessDenied: '
                '"No."; see that the role\'s policy allows oss:GetObject of lists (.ram/ shows '
                "all), and that no policy of the bucket's denies it"
            ),
        ),
    ],
    ids=["gone", "denied"],
)
def test_a_list_that_cannot_be_read_deletes_nothing(
    deployment: Deployment, refusal: Refuse | None, said: str
) -> None:
    """It says which, and what to do."""
    deployment.fill("c")
    if refusal is not None:
        deployment.oss.misbehave(refusal)

    answer = sent(deployment, "list.txt", keys=["c"])

    assert (answer["status"], answer["reason"], deployment.keys()) == ("stopped", said, ["c"])


def test_a_list_that_is_written_anew_ends_the_job(deployment: Deployment) -> None:
    """What was read of it first is not what is there now."""
    deployment.fill(*KEYS)
    content = text(key + " " * 900 for key in KEYS)
    put(deployment, "list.txt", content)

    def write(_: object) -> None:
        if deployment.oss.count("get") == 3:
            put(deployment, "list.txt", content + "x")

    deployment.oss.misbehave(Before("get", write))

    answer = sent(deployment, "list.txt")

    assert answer["status"] == "stopped"
    assert answer["reason"] == (
        'the list "list.txt" in the bucket examplebucket has been written anew since it was '
        "named or opened, and says perhaps something else: send a new request"
    )
    assert len(deployment.keys()) == 3001


def test_a_failed_key_of_a_list_is_told(deployment: Deployment) -> None:
    """With what OSS says of it; the others go."""
    deployment.fill(*KEYS[:5])
    deployment.oss.misbehave(Withhold({KEYS[2]}))
    deployment.oss.misbehave(Refuse(403, "FileImmutable", "No.", operation="delete"))
    put(deployment, "list.txt", text(KEYS[:5]))

    answer = sent(deployment, "list.txt")

    assert (answer["status"], answer["deleted"], answer["failed"]) == ("incomplete", 4, 1)
    assert answer["failures"][0]["key"] == KEYS[2]


def test_looks_that_are_refused_leave_their_keys(deployment: Deployment) -> None:
    """They are still to do, and the job says why it does not go on."""
    deployment.fill("a", "b")
    put(deployment, "list.txt", text("ab"))
    deployment.oss.misbehave(Refuse(403, "AccessDenied", "No.", operation="list"))

    answer = sent(deployment, "list.txt")

    assert (answer["status"], answer["remaining"]) == ("stopped", 2)
    assert "AccessDenied" in answer["reason"]
    assert deployment.keys() == ["a", "b", "list.txt"]


def test_directories_of_a_list_go_after_what_lies_in_them(deployment: Deployment) -> None:
    """Where OSS keeps them until then; one in which something is left has failed."""
    deployment.oss.make_hierarchical(BUCKET)
    deployment.fill("a/", "a/b/", "a/b/1", "a/2", "c/", "c/1", "list.txt")
    put(deployment, "list.txt", text(["a/", "c/", "a/b/", "a/b/1", "a/2"]))

    answer = sent(deployment, "list.txt")

    assert answer["listed"] == sum_of(answer) == 5
    assert (answer["status"], answer["deleted"], answer["failed"]) == ("incomplete", 4, 1)
    assert deployment.keys() == ["c/", "c/1", "list.txt"]


def test_a_job_that_may_lose_null_versions_stops_before_a_list(deployment: Deployment) -> None:
    """As any other does."""
    deployment.fill("a")
    put(deployment, "list.txt", "a\n")
    deployment.oss.suspend_versioning(BUCKET)

    answer = sent(deployment, "list.txt")

    assert (answer["status"], answer["deleted"], deployment.keys()) == (
        "stopped",
        0,
        ["a", "list.txt"],
    )


def test_tags_of_what_a_list_names_are_asked_for(deployment: Deployment) -> None:
    """Last, and only of what may go otherwise."""
    temporary = Traits(tags={"tier": "temporary"})
    deployment.oss.fill(BUCKET, KEYS[:20], traits=temporary)
    deployment.fill(*KEYS[20:40])
    put(deployment, "list.txt", text([*KEYS[:40], "nowhere", "z/1"]))
    deployment.oss.fill(BUCKET, ["z/1"], deployment.oss.now() + 60)

    answer = sent(deployment, "list.txt", only={"tags": {"tier": "temporary"}})

    assert ends(answer) == ("done", 20, {"other tags": 20, GONE: 1, NEWER: 1})
    assert answer["requests_made"]["tags"] == 40


def test_storage_classes_of_what_a_list_names_are_looked_at(deployment: Deployment) -> None:
    """Neighbours and scattered keys alike."""
    deployment.oss.fill(BUCKET, KEYS[:40:2], traits=Traits("IA"))
    deployment.fill(*KEYS[1:40:2], "z/1")
    put(deployment, "list.txt", text([*KEYS[:40], "z/1"]))

    answer = sent(deployment, "list.txt", only={"storage_class": "IA"})

    assert ends(answer) == ("done", 20, {"another storage class": 21})


@pytest.mark.parametrize("field", [{"header": True}, {"column": 1}], ids=["header", "column"])
def test_a_text_list_with_a_field_of_csv_is_not_guessed_at(
    deployment: Deployment, field: dict[str, Any]
) -> None:
    """As CSV it would lose its first key."""
    deployment.fill("a/1", "a/2")
    put(deployment, "l.txt", "a/1\na/2\n")
    name = next(iter(field))

    answer = sent(deployment, {"key": "l.txt", **field})

    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert answer["reason"] == (
        f'the list "l.txt" is text, a key a line, by its name, and CSV by `{name}`; leave '
        f"`{name}` out, or write 'csv' as `format`"
    )
    told = sent(deployment, {"key": "l.txt", "format": "csv", **field})
    assert told["deleted"] == (1 if name == "header" else 2)


def test_a_key_may_begin_as_files_of_other_formats_do(deployment: Deployment) -> None:
    """Or as the address of something that is no object of OSS."""
    deployment.fill("PAR1/a", "ORC/b", "http://a/b")
    put(deployment, "l.txt", text(["PAR1/a", "ORC/b", "http://a/b"]))

    assert ends(sent(deployment, "l.txt")) == ("done", 3, {})


def test_a_storage_class_that_a_list_tells_is_not_compared(deployment: Deployment) -> None:
    """A lifecycle rule changes it, and the object is the same; `only` goes by what it is now."""
    deployment.fill("a/1", "a/2")
    put(deployment, "l.csv", rows(["key", "size", "storageClass"], ["a/1", 0, "IA"]))
    wish = {"key": "l.csv", "header": True, "unchanged": False}

    kept = sent(deployment, wish, only={"storage_class": "IA"})

    assert ends(kept) == ("done", 0, {"another storage class": 1})
    assert ends(sent(deployment, wish)) == ("done", 1, {})
    assert deployment.keys() == ["a/2", "l.csv"]


@pytest.mark.parametrize("field", ["match", "except", "match_regex", "except_regex"])
@pytest.mark.parametrize(
    "beside",
    [{"prefix": "a/"}, {"directory": ["a"]}],
    ids=["prefix", "directory"],
)
def test_conditions_on_names_take_no_list_beside_a_range(
    deployment: Deployment, field: str, beside: dict[str, Any]
) -> None:
    """A key that the list keeps by all of its name would go by a part of it."""
    deployment.fill("a/keep1", "a/2")
    put(deployment, "l.txt", "a/keep1\n")
    order = {**beside, "manifest": "l.txt", "only": {field: "a/keep1"}}

    said = deployment.refuse(order)

    assert f"`only.{field}` would judge a key by two names" in said
    assert f"behind `{next(iter(beside))}`; send two requests" in said
    assert deployment.keys() == ["a/2", "a/keep1", "l.txt"]


def test_conditions_on_names_take_a_list_and_a_key_beside_everything(
    deployment: Deployment,
) -> None:
    """All of them take a key by the whole of it."""
    deployment.fill("a/keep1", "a/keep2", "a/3")
    put(deployment, "l.txt", "a/keep1\n")
    order = {"everything": True, "confirm": BUCKET, "only": {"except": ["a/keep*", "l.txt"]}}

    answer = sent(deployment, "l.txt", keys=["a/keep2"], **order)

    assert ends(answer) == ("done", 1, {"name is excepted": 3})
    assert deployment.keys() == ["a/keep1", "a/keep2", "l.txt"]


def test_conditions_without_names_take_a_list_beside_a_range(deployment: Deployment) -> None:
    """A key that both take is judged once."""
    oss = deployment.oss
    oss.fill(BUCKET, ["a/1", "b/1"], oss.now() - 40 * 86_400)
    oss.fill(BUCKET, ["a/2", "b/2"], oss.now() - 2 * 86_400)
    put(deployment, "l.txt", text(["a/1", "b/1", "b/2"]))

    answer = sent(deployment, "l.txt", prefix="a/", only={"older_than": "30d"})

    assert ends(answer) == ("done", 2, {"younger than asked for": 2})
    assert deployment.keys() == ["a/2", "b/2", "l.txt"]
