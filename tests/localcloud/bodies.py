"""Reading a request's headers and body off the connection, be it announced or chunked."""

from collections.abc import Mapping
from io import BufferedIOBase

LONGEST_LINE = 1024
LONGEST_HEADER = 64 * 1024


def read_headers(connection: BufferedIOBase) -> dict[str, str]:
    """The headers by their names in small letters; of several of one name, the last."""
    headers = {}
    while (line := connection.readline(LONGEST_HEADER)) not in (b"\r\n", b"\n", b""):
        name, _, text = line.decode("latin-1").partition(":")
        headers[name.lower()] = text.lstrip(" \t").rstrip("\r\n")
    return headers


def read_body(connection: BufferedIOBase, headers: Mapping[str, str]) -> bytes:
    """The whole body; EOFError if the client goes away in the middle of it."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(_chunks(connection))
    return _exactly(connection, int(headers.get("content-length", "0")))


def _chunks(connection: BufferedIOBase) -> list[bytes]:
    chunks = []
    while size := int(connection.readline(LONGEST_LINE).partition(b";")[0], 16):
        chunks.append(_exactly(connection, size))
        connection.readline(LONGEST_LINE)
    while connection.readline(LONGEST_LINE).strip():
        continue  # trailers, to the empty line after them
    return chunks


def _exactly(connection: BufferedIOBase, size: int) -> bytes:
    body = connection.read(size)
    if len(body) < size:
        raise EOFError
    return body
