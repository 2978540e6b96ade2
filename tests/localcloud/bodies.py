"""Reading a request's body off the connection, whether its length is announced or it is chunked."""

from collections.abc import Mapping
from io import BufferedIOBase

LONGEST_LINE = 1024


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
