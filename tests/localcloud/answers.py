"""What the local OSS answers with: an answer, an error, and how an error becomes an answer."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body, before the server adds what every answer carries."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class OssError(Exception):
    """A refusal in OSS's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def xml_answer(document: str) -> Answer:
    """A 200 with an XML document as OSS writes it: declared, and without a namespace."""
    return Answer(200, (XML_DECLARATION + document).encode(), {"Content-Type": "application/xml"})


def error_document(error: OssError, request_id: str, host: str) -> bytes:
    return (
        f"{XML_DECLARATION}<Error><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><HostId>{escape(host)}</HostId></Error>"
    ).encode()


def error_answer(error: OssError, method: str, request_id: str, host: str) -> Answer:
    """The error as a document; for HEAD, which has no body, in the header x-oss-err."""
    document = error_document(error, request_id, host)
    headers = {"Content-Type": "application/xml"}
    if method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(document).decode()
        document = b""
    return Answer(error.status, document, headers)


def no_such_bucket() -> OssError:
    return OssError(404, "NoSuchBucket", "The specified bucket does not exist.")


def no_such_key() -> OssError:
    return OssError(404, "NoSuchKey", "The specified key does not exist.")


def not_implemented(what: str) -> OssError:
    return OssError(501, "NotImplemented", f"The local OSS does not know {what}.")


def invalid_argument(message: str) -> OssError:
    return OssError(400, "InvalidArgument", message)


def malformed_xml() -> OssError:
    return OssError(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against the schema.",
    )
