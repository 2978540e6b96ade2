"""What the door's first import in a process does, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployment import BUCKET

if TYPE_CHECKING:
    from localcloud.oss import LocalOss

SRC = Path(__file__).parents[2] / "src"

# Neither of them may look into a module that waits: that would load it.
WAITING = """
from ossweep import log
from ossweep.store import sdk
MAY_WAIT = sdk.UNUSED | log.UNUSED
def waiting():
    return {name for name in MAY_WAIT if type(sys.modules[name]).__name__ == "_LazyModule"}
"""
ONLY_FOR_ENCRYPTION = ("cffi", "cryptography", "aliyunsdkcore.vendored", "Crypto.Util._raw_api")
ONLY_FOR_EVENTS = ("aws_lambda_powertools.utilities.parser", "ossweep.triggers.envelopes")
ONLY_FOR_REFUSALS = ("pydantic", "pydantic_core", "ossweep.request_form")
ONLY_FOR_OTHERS = (
    "requests",
    "charset_normalizer.api",
    "idna",
    "jmespath",
)
NOT_FOR_ALL = ONLY_FOR_ENCRYPTION + ONLY_FOR_EVENTS + ONLY_FOR_REFUSALS + ONLY_FOR_OTHERS


def test_the_door_opens_in_silence_though_everything_is_compiled(tmp_path: Path) -> None:
    """No bytecode is cached and every warning is shown: none reaches the function's log."""
    said = _fresh("import index", "-W", "default", PYTHONPYCACHEPREFIX=str(tmp_path))

    assert said == ""


def test_the_door_leaves_encryption_and_envelopes_to_those_who_need_them() -> None:
    """Most invocations need neither, and they would be most of a cold start."""
    _fresh(f"""
import sys, index
assert set({NOT_FOR_ALL}) & sys.modules.keys() == set()
""")


def test_the_clients_wait_for_a_handover() -> None:
    """Each is imported by who uses it, and the other one is not."""
    _fresh("""
import sys, index
from ossweep.handover.carrier import Function, choose
from ossweep.store import Credentials
function = Function("ossweep", "tools", None, "1", "cn-hangzhou")
old, new = (choose(function, None, kind, Credentials("a", "b")) for kind in ("fc2", "fc3"))
clients = {"fc2", "alibabacloud_openapi_util", "requests"}
assert clients & sys.modules.keys() == set()
old.prepare()
assert clients & sys.modules.keys() == {"fc2", "requests"}
new.prepare()
assert clients & sys.modules.keys() == clients
assert {"aiohttp", "darabonba"} & sys.modules.keys() == set()
""")


def test_everything_that_may_wait_does() -> None:
    """A name that oss2 has no more, or looks into at once, has no place in the list."""
    _fresh(f"""
import sys, index
{WAITING}
assert MAY_WAIT - waiting() == set(), MAY_WAIT - waiting()
""")


def test_an_answer_needs_nothing_that_waits(oss: LocalOss) -> None:
    """Nothing is put off that the first invocation would have to pay for."""
    oss.fill(BUCKET, ["a", "b/c"])

    _fresh(
        f"""
import sys, index
from types import SimpleNamespace
{WAITING}
before = waiting()
function = SimpleNamespace(name="ossweep", memory=512, timeout=60)
context = SimpleNamespace(request_id="1", region="cn-hangzhou", account_id="1", function=function)
index.handler(b'{{"keys": ["a"], "prefix": "b/"}}', context)
assert waiting() == before
assert set({NOT_FOR_ALL}) & sys.modules.keys() == set()
""",
        OSSWEEP_BUCKETS=BUCKET,
        OSSWEEP_ENDPOINT=oss.endpoint,
        OSS_ACCESS_KEY_ID=oss.credentials.access_key_id,
        OSS_ACCESS_KEY_SECRET=oss.credentials.access_key_secret,
    )

    assert oss.keys(BUCKET) == []


@pytest.mark.parametrize("before", ["enable", "disable"])
def test_imported_modules_are_not_searched_for_garbage(before: str) -> None:
    """They are set aside for good; all else is collected, or not, as before."""
    _fresh(f"""
import gc
gc.{before}()
enabled = gc.isenabled()
import index
assert gc.isenabled() is enabled
assert gc.get_freeze_count() > len(gc.get_objects())
""")


def test_encryption_after_the_door_has_opened_uses_the_real_modules() -> None:
    """Ciphers, keys and the client of the key management service are whole at their first use."""
    _fresh("""
import index, sys
from Crypto.Cipher import AES, PKCS1_OAEP, PKCS1_v1_5
from Crypto.PublicKey import RSA
import Crypto.Random, aliyunsdkcore.client
from aliyunsdkkms.request.v20160120.EncryptRequest import EncryptRequest
key = Crypto.Random.get_random_bytes(16)
assert AES.new(key, AES.MODE_ECB).decrypt(AES.new(key, AES.MODE_ECB).encrypt(key)) == key
pair = RSA.generate(1024)
assert PKCS1_OAEP.new(pair).decrypt(PKCS1_OAEP.new(pair).encrypt(b"a")) == b"a"
assert PKCS1_v1_5.new(pair).decrypt(PKCS1_v1_5.new(pair).encrypt(b"a"), b"") == b"a"
assert aliyunsdkcore.client.AcsClient("id", "secret", "cn-hangzhou").get_region_id()
assert EncryptRequest().get_action_name() == "Encrypt"
""")


def test_oss2_itself_encrypts_after_the_door_has_opened() -> None:
    """Its own references to what had to wait are the real modules, too."""
    _fresh("""
import index, oss2.utils, oss2.crypto
cipher = oss2.utils.AESCTRCipher()
key, start = cipher.get_key(), cipher.get_iv()
cipher.initialize(key, start)
sealed = cipher.encrypt(b"a")
cipher.initialize(key, start)
assert cipher.decrypt(sealed) == b"a"
pair = oss2.crypto.RSA.generate(1024)
provider = oss2.RsaProvider({
    "public_key": pair.publickey().export_key(), "private_key": pair.export_key()
})
assert provider.decrypt_encrypted_key(provider.create_content_material().encrypted_key)
oss2.AliKMSProvider("id", "secret", "cn-hangzhou", "key")
""")


def test_modules_that_waited_are_whole_at_the_first_look() -> None:
    """Whoever looks: oss2 itself, powertools' logger, or somebody who imports them."""
    _fresh("""
import index
import aws_lambda_powertools.utilities.jmespath_utils as queries
assert queries.query({"a": 1}, "a") == 1
import charset_normalizer, http.cookiejar
assert charset_normalizer.from_bytes("a".encode()).best()
assert list(http.cookiejar.CookieJar()) == []
""")


def test_a_package_left_out_is_imported_by_its_first_name() -> None:
    """oss2's session is of requests; a client of Function Compute's imports requests itself."""
    _fresh("""
import index, oss2, sys
assert "requests" not in sys.modules
assert oss2.Session().session.headers["User-Agent"].startswith("python-requests/")
import requests
assert oss2.http.requests.Session is requests.Session
assert oss2.CaseInsensitiveDict({"A": 1}) == requests.structures.CaseInsensitiveDict({"a": 1})
try:
    oss2.http.requests.no_such_name
except AttributeError as error:
    assert "no_such_name" in str(error)
else:
    raise AssertionError
""")


def test_a_part_of_a_package_left_out_may_be_imported_first() -> None:
    """Circles in the package are passed as they would be without ossweep."""
    _fresh("""
import index
import requests.adapters
import requests
assert requests.adapters.HTTPAdapter is requests.sessions.HTTPAdapter
""")


def test_modules_imported_before_stay_as_they_are() -> None:
    """The door neither replaces modules nor keeps its hand on imports."""
    _fresh("""
import sys, Crypto.Cipher.AES, aliyunsdkcore.client, oss2
before, finders = dict(sys.modules), list(sys.meta_path)
import index
assert {name for name in before if sys.modules[name] is not before[name]} == set()
assert sys.meta_path == finders
assert index.app and Crypto.Cipher.AES.new(bytes(16), Crypto.Cipher.AES.MODE_ECB)
""")


def test_the_door_opens_where_others_have_imported_ciphers() -> None:
    """Only what nobody has imported yet waits."""
    _fresh(f"""
import sys, Crypto.Cipher.AES
import index
{WAITING}
assert "Crypto.Cipher.AES" in MAY_WAIT - waiting()
assert "aliyunsdkcore.client" in waiting()
assert index.app
""")


def _fresh(code: str, *options: str, **environment: str) -> str:
    """Run code in a process of its own, which must end well; return what it says."""
    ended = subprocess.run(
        [sys.executable, *options, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SRC), **environment},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout
