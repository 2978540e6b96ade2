"""The reasons for which conditions keep an object, as an answer counts them."""

from __future__ import annotations

YOUNGER = "younger than asked for"
OLDER = "older than asked for"
SMALLER = "smaller than asked for"
LARGER = "larger than asked for"
OTHER_CLASS = "another storage class"
NO_MATCH = "name does not match"
EXCEPTED = "name is excepted"
OTHER_TAGS = "other tags"
LATEST = "among the latest of its directory"
MARKER = "marker of a directory whose latest stay"
EARLY = "short of its minimum storage time"
UNJUDGED = "conditions could not be judged"

REASONS = (
    YOUNGER,
    OLDER,
    SMALLER,
    LARGER,
    OTHER_CLASS,
    NO_MATCH,
    EXCEPTED,
    OTHER_TAGS,
    LATEST,
    MARKER,
    EARLY,
    UNJUDGED,
)
