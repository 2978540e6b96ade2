"""A bucket as one might find it: a few thousand objects of many ages, and every odd key."""

import gzip
import hashlib
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from localcloud.moto_store import Traits
from localcloud.oss import LocalOss

A_DAY = 24 * 3600
A_WEEK = 7  # days, after which images lie in a cheaper class
HALF_A_YEAR = 26  # weeks, after which exports do
HALF = 30  # segments of videos, which have a tag
REQUEST_FILE = {"prefix": "logs/2024-01"}

# What a deployment may make of the tree's events: OSSWEEP_RULES.
RULES = (
    {"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": {"directory": "hls/{id}/"}},
    {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"},
)
# One that the template does not have: it is for those who write lists there.
LIST_RULE = {"on": "ObjectCreated:*", "key": "lists/{name}.txt", "run": "manifest"}
EXTENSIONS = ("py", "json", "md", "html", "txt")

ODD_KEYS = (
    ".",
    "..",
    "odd/a\nb",
    "odd/a\rb",
    "odd/a\r\nb",
    "odd/a\tb",
    *(f"odd/control-{code:02x}-{chr(code)}" for code in (*range(0x20), 0x7F)),
    "odd/not-a-character-\ufffe",
    "odd/emoji-\N{PILE OF POO}\N{FAMILY}\N{VARIATION SELECTOR-16}",
    "odd/caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "odd/cafe\N{COMBINING ACUTE ACCENT}",
    "odd/\N{CJK UNIFIED IDEOGRAPH-4E2D}\N{CJK UNIFIED IDEOGRAPH-6587}.txt",
    "odd/a//b",
    "odd//",
    "odd/./a",
    "odd/../a",
    "odd/..",
    "odd/\\",
    "odd/ leading and trailing ",
    "odd/ ",
    "odd/&<>\"'%+ ?#;",
    "odd/%2F%25%zz",
    "odd/a+b c%20d",
    "odd/]]>&amp;&#13;<!--",
    "odd/" + "x" * 1019,
    "odd/" + "\N{GRINNING FACE}" * 254 + "xyz",
)


@dataclass(frozen=True)
class Planted:
    """An object of the tree: its key, its size, and how long ago it was written."""

    key: str
    size: int
    age_days: int
    storage_class: str = "Standard"
    tier: str = ""  # its only tag, if it has one


def tree() -> Iterator[Planted]:
    """The same objects every time."""
    chance = random.Random("ossweep")
    yield Planted("src/", 0, 400)
    yield Planted("src.txt", 1_200, 30)
    for number in range(600):
        name = f"module{number % 24:02d}/file{number:03d}.{chance.choice(EXTENSIONS)}"
        yield Planted(f"src/{name}", chance.randrange(200, 40_000), chance.randrange(1, 400))
        if number % 4 == 0:
            yield Planted(f"src2/{name}", chance.randrange(200, 40_000), chance.randrange(1, 90))
    for month in range(1, 13):
        for number in range(100):
            key = f"logs/2024-{month:02d}/{number % 28 + 1:02d}-{number:03d}.log.gz"
            yield Planted(key, chance.randrange(10_000, 5_000_000), 720 - month * 30)
    for number in range(800):
        key = f"images/{number % 16:x}/IMG_{number:05d}.jpg"
        size, age_days = chance.randrange(80_000, 9_000_000), chance.randrange(1, 700)
        yield Planted(key, size, age_days, "IA" if age_days > A_WEEK else "Standard")
    for number in range(52):
        storage_class = "Standard" if number < HALF_A_YEAR else "Archive"
        key = f"exports/week-{number:02d}.csv"
        yield Planted(key, 250_000_000 + number, number * 7, storage_class)
    for number in range(60):
        key, tier = f"hls/{number % 10:02d}/segment-{number // 10}.ts", "temporary"
        yield Planted(key, 1_500_000, 3_000, tier=tier if number < HALF else "")
    for number in range(5):
        yield Planted(f".dlsdata/blocks/{number:08d}", 4_194_304, 10)
    for key in ODD_KEYS:
        yield Planted(key, len(key), 60)


def plant(oss: LocalOss, bucket: str) -> None:
    """Put the tree into a bucket."""
    alike: dict[tuple[int, str, str], dict[str, int | bytes]] = defaultdict(dict)
    for each in tree():
        alike[each.age_days, each.storage_class, each.tier][each.key] = each.size
    for (age_days, name, tier), objects in alike.items():
        traits = Traits(name, tags={"tier": tier} if tier else {})
        oss.fill(bucket, objects, time.time() - age_days * A_DAY - 60, traits)
    oss.fill(bucket, {"requests/january.json": json.dumps(REQUEST_FILE).encode()})
    oss.fill(bucket, dict(_lists()))
    oss.fill(bucket, dict(_inventory(oss, bucket)))


def _lists() -> Iterator[tuple[str, bytes]]:
    """Lists of what has expired, of which something is gone already."""
    keys = [f"hls/{video:02d}/segment-{number}.ts" for video in (8, 9) for number in range(7)]
    yield "lists/expired.txt", "".join(f"{key}\n" for key in keys).encode()
    rows = [f"{number},exports/week-{number:02d}.csv\n" for number in range(10, 30)]
    yield "lists/expired.csv.gz", gzip.compress(f"id,key\n{''.join(rows)}".encode(), mtime=0)
    # Half of them were written anew since, as their times tell.
    known = [{"key": key, "lastModified": "2001-02-03T04:05:06.000Z"} for key in keys[:5]]
    lines = [json.dumps(each) for each in (*known, *keys[7:12])]
    yield "lists/expired.jsonl", "".join(f"{line}\n" for line in lines).encode()
    yield "lists/expired.json", json.dumps([{"key": key} for key in keys[:4]]).encode()
    yield "lists/odd.txt", "".join(f"{quote(key)}\n" for key in ODD_KEYS[2:6]).encode()


def _inventory(oss: LocalOss, bucket: str) -> Iterator[tuple[str, bytes]]:
    """An inventory of some of it, made a minute ago."""
    rows = [
        f'"{bucket}","{quote(each.key)}","{each.size}"\n' for each in tree() if "hls" in each.key
    ]
    data = gzip.compress("".join(rows).encode(), mtime=0)
    key = "inventory/data/0001.csv.gz"
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
    manifest = {
        "creationTimestamp": str(int(oss.now()) - 60),
        "destinationBucket": bucket,
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"MD5checksum": md5, "key": key, "size": len(data)}],
        "sourceBucket": bucket,
        "version": "2019-09-01",
    }
    yield key, data
    yield "inventory/manifest.json", json.dumps(manifest).encode()
