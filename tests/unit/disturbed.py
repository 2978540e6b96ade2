"""XML documents as a server or the line might disturb them, for hypothesis to draw from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a parser takes notice of, or must not take for something else.
INTRUDERS = [
    *(bytes([code]) for code in (*range(0x20), 0x7F, 0x85, 0xC3, 0xFF)),
    *(letter.encode() for letter in " <>&/]%+;'\"a0\u00e9\u2028\ufffd\ufffe\U0001f4a9"),
    *(b"&amp;", b"&#13;", b"&#0;", b"&quot;", b"&none;", b"&"),
    *(b"%FF", b"%", b"%0A", b"%4", b"%2F", b"%2f", b"%00", b"%C3%A9"),
    *(b"<!--a-->", b"<![CDATA[a]]>", b"<![CDATA[", b"]]>", b"<?a b?>", b"<?xml version='1.0'?>"),
    *(b"<a/>", b"<a>b</a>", b"<a>", b"</a>", b"<a", b' a="b"', b' xmlns="http://a"', b"a:"),
    *(b"<Key>", b"</Key>", b"<Key/>", b"<Key>a</Key>", b"<Contents>", b"</Contents>"),
    *(b"<Contents/>", b"<Deleted/>", b"<Deleted>", b"</Deleted>", b"<Owner/>", b"<VersionId/>"),
    *(b"<IsTruncated>true</IsTruncated>", b"<EncodingType>url</EncodingType>", b"<Size>1</Size>"),
    *(b"<CommonPrefixes><Prefix>a</Prefix></CommonPrefixes>", b"<NextMarker>z</NextMarker>"),
    *(b"<!DOCTYPE a [<!ENTITY none 'b'>]>", b"\xef\xbb\xbf", b"\r\n", b"<RestoreInfo/>"),
    *(b"DeleteResult", b"ListBucketResult", b"false", b"true", b"url", b"Z", b"-", b"_", b".000"),
]


@st.composite
def disturbed(draw: st.DrawFn, documents: st.SearchStrategy[bytes]) -> bytes:
    """Draw a document in which something is missing, or stands where it did not."""
    document = draw(documents)
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.sampled_from(_places(document)))
        end = start + draw(st.sampled_from([0, 0, 0, 1, 2, 5, 20, len(document)]))
        intruder = draw(st.sampled_from(INTRUDERS) | st.just(b""))
        document = document[:start] + intruder + document[end:]
    return document


@st.composite
def rearranged(draw: st.DrawFn, documents: st.SearchStrategy[bytes]) -> bytes:
    """Draw a document of which one piece, from a < to a <, goes elsewhere or comes twice."""
    pieces = draw(documents).split(b"<")
    taken = draw(st.integers(1, len(pieces) - 1))
    until = taken + draw(st.sampled_from([1, 2, 2, 2, 3, 4, 16]))
    moved = pieces[taken:until]
    if draw(st.booleans()):
        del pieces[taken:until]
    place = draw(st.integers(1, len(pieces)))
    return b"<".join(pieces[:place] + moved + pieces[place:])


def _places(document: bytes) -> Sequence[int]:
    """Every place, and those around the tags more often."""
    around = [place for place, code in enumerate(document) if code in b"<>"]
    return [*range(len(document) + 1), *around * 3, *(place + 1 for place in around * 3)]
