"""What the local OSS answers with: an answer, an error, and how an error becomes an answer."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
RECOMMENDED = "https://api.aliyun.com/troubleshoot?q="

# The fine codes of refusals that have one meaning; seen in answers of OSS, or on its own pages.
FINE_CODES = {
    "FileImmutable": "0026-00000202",
    "InvalidAccessKeyId": "0002-00000002",
    "InvalidBucketName": "0015-00000001",
    "InvalidDigest": "0017-00000503",
    "NoSuchBucket": "0015-00000101",
    "NoSuchKey": "0026-00000001",
    "NoSuchVersion": "0012-00000203",
    "PreconditionFailed": "0017-00001001",
}


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body, before the server adds what every answer carries."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    timed: bool = True  # whether it says how long OSS took


class OssError(Exception):
    """A refusal in OSS's words: `details` are elements it adds, `fine_code` is its EC."""

    def __init__(  # noqa: PLR0913 the answer has as many parts
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, str] | None = None,
        fine_code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details or {}
        self.fine_code = fine_code or FINE_CODES.get(code, "")
        self.headers = headers or {}


def leaf(name: str, text: str, depth: int = 1) -> str:
    """An element on a line of its own, as OSS writes all of them."""
    return f"{'  ' * depth}<{name}>{text}</{name}>\n"


def branch(name: str, inside: str, depth: int = 1) -> str:
    """An element around the lines of others."""
    return f"{'  ' * depth}<{name}>\n{inside}{'  ' * depth}</{name}>\n"


def xml_answer(root: str, inside: str) -> Answer:
    """A 200 with an XML document as OSS writes it: declared, indented, without a namespace."""
    document = XML_DECLARATION + branch(root, inside, 0)
    return Answer(200, document.encode(), {"Content-Type": "application/xml"})


def error_document(error: OssError, request_id: str, host: str) -> bytes:
    told = {"Code": error.code, "Message": error.message, "RequestId": request_id, "HostId": host}
    told |= error.details
    if error.fine_code:
        told |= {"EC": error.fine_code, "RecommendDoc": RECOMMENDED + error.fine_code}
    inside = "".join(leaf(name, escape(text)) for name, text in told.items())
    return (XML_DECLARATION + branch("Error", inside, 0)).encode()


def error_answer(error: OssError, method: str, request_id: str, host: str) -> Answer:
    """The error as a document; for HEAD, which has no body, in the header x-oss-err."""
    document = error_document(error, request_id, host)
    headers = {"Content-Type": "application/xml", **error.headers}
    if error.fine_code:
        headers["x-oss-ec"] = error.fine_code
    if method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(document).decode()
        document = b""
    # Where there is no bucket, nothing of OSS has taken any time.
    return Answer(error.status, document, headers, timed=error.code != "NoSuchBucket")


def no_such_bucket(bucket: str) -> OssError:
    message = "The specified bucket does not exist."
    return OssError(404, "NoSuchBucket", message, details={"BucketName": bucket})


def no_such_key(key: str, marker_id: str = "") -> OssError:
    """There is no such object, or, where an id is given, a marker of that id hides it."""
    hidden = {"x-oss-version-id": marker_id, "x-oss-delete-marker": "true"} if marker_id else {}
    message = "The specified key does not exist."
    return OssError(404, "NoSuchKey", message, details={"Key": key}, headers=hidden)


def no_such_version(key: str, version_id: str) -> OssError:
    message = "The specified version does not exist."
    details = {"Key": key, "VersionId": version_id}
    return OssError(404, "NoSuchVersion", message, details=details)


def not_implemented(what: str) -> OssError:
    return OssError(501, "NotImplemented", f"The local OSS does not know {what}.")


def invalid_argument(message: str, *, fine_code: str = "", **details: str) -> OssError:
    return OssError(400, "InvalidArgument", message, details=details, fine_code=fine_code)


def invalid_digest(given: str) -> OssError:
    message = "The Content-MD5 you specified was invalid."
    return OssError(400, "InvalidDigest", message, details={"Content-MD5": given})


def malformed_xml(fine_code: str = "") -> OssError:
    return OssError(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against the schema.",
        fine_code=fine_code,
    )
