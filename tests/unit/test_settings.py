"""Settings are read literally, or not at all."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.errors import SettingsError
from ossweep.plans.prices import Prices
from ossweep.settings import Settings, described

pytestmark = pytest.mark.differs

PRICES = Prices("CNY", put={"IA": Decimal("0.1")})


def test_without_any_variable_nothing_is_allowed() -> None:
    """The defaults name no bucket, and protect OSS-HDFS's data."""
    settings = Settings.read({"PATH": "/bin", "OSSWEEPER": "1"})

    assert settings == Settings(
        buckets=(),
        protected=(".dlsdata/",),
        endpoint=None,
        region=None,
        dry_run=False,
        consent_tag=None,
        max_objects=None,
        require_plan=None,
        plan_days=7,
        prices=None,
        reserve_seconds=2.0,
        rules=(),
        sources=("direct", "http", "oss", "mns", "timer"),
        raise_=("oss", "mns", "timer"),
        http=None,
        time_zone="UTC",
        in_flight=64,
        max_rate=None,
        share=None,
        state=None,
        checkpoint_seconds=5.0,
        max_hops=1000,
        carrier=None,
        fc_endpoint=None,
        log_seconds=5.0,
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("buckets", "one", ("one",)),
        ("buckets", " one , two,,", ("one", "two")),
        ("buckets", "one,one", ("one",)),
        ("buckets", "*", ("*",)),
        ("buckets", "", ()),
        ("buckets", '["one", "two"]', ("one", "two")),
        ("protected", "keep/", (".dlsdata/", "keep/")),
        ("protected", "keep/,.dlsdata/,keep/", (".dlsdata/", "keep/")),
        ("protected", '["a,b ", " c"]', (".dlsdata/", "a,b ", " c")),
        ("protected", "[]", (".dlsdata/",)),
        ("protected", "", (".dlsdata/",)),
        ("endpoint", "http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("region", "cn-hangzhou", "cn-hangzhou"),
        ("dry_run", "true", True),
        ("dry_run", "false", False),
        ("max_objects", "1", 1),
        ("max_objects", "1000000", 1_000_000),
        ("consent_tag", "ossweep=allowed", ("ossweep", "allowed")),
        ("consent_tag", "a b:c/d=\u00e9+", ("a b:c/d", "\u00e9+")),
        ("consent_tag", "", None),
        ("require_plan", "0", 0),
        ("require_plan", "10000", 10_000),
        ("require_plan", "", None),
        ("plan_days", "1", 1),
        ("plan_days", "366", 366),
        ("prices", "", None),
        ("prices", '{"currency": "CNY", "put": {"IA": 0.1}}', PRICES),
        ("reserve_seconds", "1", 1.0),
        ("reserve_seconds", "2.5", 2.5),
        ("protected", '["*", "a;b"]', (".dlsdata/", "*", "a;b")),
        (
            "protected",
            '["a/ b/", "%61/", "a:b", "a://b"]',
            (".dlsdata/", "a/ b/", "%61/", "a:b", "a://b"),
        ),
        ("protected", " keep/ , hold/ ", (".dlsdata/", "keep/", "hold/")),
        (
            "endpoint",
            "oss-cn-hangzhou-internal.aliyuncs.com",
            "oss-cn-hangzhou-internal.aliyuncs.com",
        ),
        (
            "endpoint",
            "https://oss-cn-hangzhou.aliyuncs.com/",
            "https://oss-cn-hangzhou.aliyuncs.com/",
        ),
        ("endpoint", "", ""),
        ("sources", "oss, timer", ("oss", "timer")),
        ("sources", "none", ()),
        ("raise", "none", ()),
        ("raise", "direct, http,direct", ("direct", "http")),
        ("raise", '["timer"]', ("timer",)),
        ("http", "trigger", "trigger"),
        ("http", "sha256:" + "0A" * 32, "sha256:" + "0a" * 32),
        ("http", "", None),
        ("rules", "[]", ()),
        ("time_zone", "UTC", "UTC"),
        ("time_zone", "Asia/Shanghai", "Asia/Shanghai"),
        ("in_flight", "1", 1),
        ("in_flight", "64", 64),
        ("max_rate", "1", 1),
        ("max_rate", "5000", 5000),
        ("share", "0.5", 0.5),
        ("share", ".25", 0.25),
        ("share", "1", 1.0),
        ("share", "1.0", 1.0),
        ("share", "", None),
        ("state", "examplebucket/ossweep-state", "examplebucket/ossweep-state/"),
        ("state", "examplebucket/a/b/", "examplebucket/a/b/"),
        ("state", "", None),
        ("checkpoint_seconds", "1", 1.0),
        ("max_hops", "1", 1),
        ("carrier", "fc2", "fc2"),
        ("carrier", "fc3", "fc3"),
        ("carrier", "", None),
        ("fc_endpoint", "http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("log_seconds", "60", 60.0),
    ],
)
def test_a_setting_is_read(name: str, text: str, value: Any) -> None:
    """From the variable of its name."""
    settings = Settings.read({f"OSSWEEP_{name.upper()}": text})

    assert getattr(settings, "raise_" if name == "raise" else name) == value


TAG = "a tag such as ossweep=allowed, with one = and without quotes"
THRESHOLD = "a whole number from 0 on, with 18 digits at most"
DAYS = "a whole number of days from 1 to 366"
LISTS = "bucket names with commas between them, or *"
ENDPOINT = "a host name, or a URL with http:// or https://"
HTTP = "trigger, or sha256: and the 64 hex digits of a token's hash"
SOURCES = "direct, http, oss, mns, timer with commas between them, or none"
ZONE = "a zone of the IANA time zone database, such as Asia/Shanghai"
SHARE = "a number above 0 and up to 1, such as 0.5"
STATE = "a bucket and a prefix, such as examplebucket/ossweep-state"
PREFIXES = (
    "key prefixes without a slash first, with commas between them, or as a JSON array, where each "
    "letter of a prefix stands for itself"
)


@pytest.mark.parametrize(
    ("variable", "text", "form"),
    [
        ("OSSWEEP_BUCKETS", "[one", LISTS),
        ("OSSWEEP_BUCKETS", '["one", 2]', LISTS),
        ("OSSWEEP_BUCKETS", '["one"] two', LISTS),
        ("OSSWEEP_PROTECTED", '["keep/", ""]', PREFIXES),
        ("OSSWEEP_PROTECTED", "/keep", PREFIXES),
        ("OSSWEEP_PROTECTED", '["\\\\keep"]', PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/*", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/;other/", PREFIXES),
        ("OSSWEEP_PROTECTED", "'keep/'", PREFIXES),
        ("OSSWEEP_PROTECTED", '"keep/"', PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/\uff0chold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/\u3001hold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/\uff1bhold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/\nhold/\n", PREFIXES),
        ("OSSWEEP_PROTECTED", "\ufeffkeep/,hold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "./keep/,hold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/|hold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "{keep/,hold/}", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/?", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/ hold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep/:hold/", PREFIXES),
        ("OSSWEEP_PROTECTED", "%6Beep/", PREFIXES),
        ("OSSWEEP_PROTECTED", "keep\\\\", PREFIXES),
        ("OSSWEEP_PROTECTED", "hold/,oss://examplebucket/keep/", PREFIXES),
        ("OSSWEEP_ENDPOINT", "ftp://127.0.0.1", ENDPOINT),
        ("OSSWEEP_ENDPOINT", "https://user@host", ENDPOINT),
        ("OSSWEEP_ENDPOINT", "https://host/path", ENDPOINT),
        ("OSSWEEP_ENDPOINT", "host:123456", ENDPOINT),
        ("OSSWEEP_ENDPOINT", "two hosts", ENDPOINT),
        ("OSSWEEP_STATE", "examplebucket/state\r", STATE),
        ("OSSWEEP_STATE", "examplebucket/state\r\n", STATE),
        ("OSSWEEP_STATE", "examplebucket/sta\x7fte", STATE),
        ("OSSWEEP_SOURCES", "", SOURCES),
        ("OSSWEEP_SOURCES", "queue", SOURCES),
        ("OSSWEEP_RAISE", "", SOURCES),
        ("OSSWEEP_RAISE", "all", SOURCES),
        ("OSSWEEP_RAISE", "none,oss", SOURCES),
        ("OSSWEEP_RAISE", "OSS", SOURCES),
        ("OSSWEEP_HTTP", "true", HTTP),
        ("OSSWEEP_HTTP", "sha256:0a", HTTP),
        ("OSSWEEP_HTTP", "secret", HTTP),
        ("OSSWEEP_DRY_RUN", "True", "true or false"),
        ("OSSWEEP_DRY_RUN", "1", "true or false"),
        ("OSSWEEP_DRY_RUN", " true", "true or false"),
        ("OSSWEEP_DRY_RUN", "", "true or false"),
        ("OSSWEEP_MAX_OBJECTS", "0", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", "-1", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", "1.5", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", "", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", "+1", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", "1_000", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", " 1", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", "1" * 19, "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_OBJECTS", "\u0663", "a whole number from 1 on, with 18 digits at most"),
        *(
            ("OSSWEEP_CONSENT_TAG", text, TAG)
            for text in (
                "ossweep",
                "=allowed",
                "ossweep=",
                "ossweep==allowed",
                "ossweep=allowed,other=x",
                "ossweep = allowed",
                " ossweep=allowed",
                "ossweep=allowed\n",
                '"ossweep=allowed"',
                '{"ossweep": "allowed"}',
                "ossweep:allowed",
                "ossweep\uff1dallowed",
                "aliyun-x=y",
                "https://a=b",
                "k" * 65 + "=v",
                "k=" + "\u00e9" * 65,
            )
        ),
        *(
            ("OSSWEEP_REQUIRE_PLAN", text, THRESHOLD)
            for text in ("-1", "1.5", "true", "10,000", "1_000", " 1", "1" * 19, "never")
        ),
        *(
            ("OSSWEEP_PLAN_DAYS", text, DAYS)
            for text in ("0", "367", "7d", "", "1.5", "-1", "0007")
        ),
        ("OSSWEEP_RESERVE_SECONDS", "0.9", "a number of seconds from 1 on"),
        ("OSSWEEP_RESERVE_SECONDS", "nan", "a number of seconds from 1 on"),
        ("OSSWEEP_RESERVE_SECONDS", "inf", "a number of seconds from 1 on"),
        ("OSSWEEP_RESERVE_SECONDS", "86400", "a number of seconds from 1 on"),
        ("OSSWEEP_TIME_ZONE", "", ZONE),
        ("OSSWEEP_TIME_ZONE", "Asia", ZONE),
        ("OSSWEEP_TIME_ZONE", "Shanghai", ZONE),
        ("OSSWEEP_TIME_ZONE", "../Asia/Shanghai", ZONE),
        ("OSSWEEP_IN_FLIGHT", "0", "a whole number from 1 to 64"),
        ("OSSWEEP_IN_FLIGHT", "65", "a whole number from 1 to 64"),
        ("OSSWEEP_MAX_RATE", "0", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_MAX_RATE", "0.5", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_SHARE", "0", SHARE),
        ("OSSWEEP_SHARE", "0.0", SHARE),
        ("OSSWEEP_SHARE", "1.5", SHARE),
        ("OSSWEEP_SHARE", "-0.5", SHARE),
        ("OSSWEEP_SHARE", "50%", SHARE),
        ("OSSWEEP_SHARE", "1/2", SHARE),
        ("OSSWEEP_SHARE", "nan", SHARE),
        ("OSSWEEP_SHARE", "1e-3", SHARE),
        ("OSSWEEP_STATE", "examplebucket", STATE),
        ("OSSWEEP_STATE", "examplebucket/", STATE),
        ("OSSWEEP_STATE", "examplebucket//a", STATE),
        ("OSSWEEP_STATE", "examplebucket/\\a", STATE),
        ("OSSWEEP_STATE", "oss://examplebucket/a", STATE),
        ("OSSWEEP_STATE", "examplebucket/" + "a" * 513, STATE),
        ("OSSWEEP_CHECKPOINT_SECONDS", "0", "a number of seconds from 1 on"),
        ("OSSWEEP_MAX_HOPS", "0", "a whole number from 1 on, with 18 digits at most"),
        ("OSSWEEP_CARRIER", "FC2", "fc2 or fc3"),
        ("OSSWEEP_FC_ENDPOINT", "https://host/path", ENDPOINT),
        ("OSSWEEP_LOG_SECONDS", "often", "a number of seconds from 1 on"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(variable: str, text: str, form: str) -> None:
    """With its name, what it is and what to write."""
    with pytest.raises(SettingsError) as refused:
        Settings.read({variable: text})

    assert str(refused.value) == f"{variable} is {json.dumps(text)}; write {form}"


@pytest.mark.parametrize(
    "address",
    [
        "oss://examplebucket",
        "OSS://examplebucket",
        "s3://examplebucket",
        "acs:oss:cn-hangzhou:1:examplebucket/a/",
        "acs:oss:*:*:examplebucket",
        "https://examplebucket.oss-cn-hangzhou.aliyuncs.com",
        "https://oss-cn-hangzhou.aliyuncs.com/examplebucket/a/",
    ],
)
def test_an_address_that_would_protect_nothing_is_refused(address: str) -> None:
    """In a JSON array, too, where each letter stands for itself; what to write is said."""
    with pytest.raises(SettingsError) as refused:
        Settings.read({"OSSWEEP_PROTECTED": json.dumps(["keep/", address])})

    assert str(refused.value).startswith(f"OSSWEEP_PROTECTED holds {json.dumps(address)}, an addr")
    assert 'such as "examplebucket/a/"' in str(refused.value)


def test_a_list_nested_beyond_reading_is_refused() -> None:
    """Whatever keeps a value from being read, the refusal names the variable."""
    with pytest.raises(SettingsError, match=r"^OSSWEEP_PROTECTED is "):
        Settings.read({"OSSWEEP_PROTECTED": "[" * 100_000})


@pytest.mark.parametrize(
    "variable", ["OSSWEEP_DRYRUN", "OSSWEEP_BUCKET", "OSSWEEP_", "OSSWEEP_dry_run"]
)
def test_a_setting_that_does_not_exist_is_refused(variable: str) -> None:
    """All there are stand beside it."""
    with pytest.raises(SettingsError) as refused:
        Settings.read({variable: "true"})

    assert str(refused.value) == (
        f"there is no setting {variable}; the settings are OSSWEEP_BUCKETS, OSSWEEP_CARRIER, "
        "OSSWEEP_CHECKPOINT_SECONDS, OSSWEEP_CONSENT_TAG, OSSWEEP_DRY_RUN, OSSWEEP_ENDPOINT, "
        "OSSWEEP_FC_ENDPOINT, "
        "OSSWEEP_HTTP, OSSWEEP_IN_FLIGHT, OSSWEEP_LOG_SECONDS, "
        "OSSWEEP_MAX_HOPS, OSSWEEP_MAX_OBJECTS, OSSWEEP_MAX_RATE, OSSWEEP_PLAN_DAYS, "
        "OSSWEEP_PRICES, OSSWEEP_PROTECTED, OSSWEEP_RAISE, OSSWEEP_REGION, "
        "OSSWEEP_REQUIRE_PLAN, OSSWEEP_RESERVE_SECONDS, OSSWEEP_RULES, "
        "OSSWEEP_SHARE, OSSWEEP_SOURCES, OSSWEEP_STATE, OSSWEEP_TIME_ZONE"
    )


@given(
    st.sampled_from(
        [
            "BUCKETS",
            "CONSENT_TAG",
            "DRY_RUN",
            "ENDPOINT",
            "HTTP",
            "IN_FLIGHT",
            "LOG_SECONDS",
            "MAX_OBJECTS",
            "MAX_RATE",
            "PLAN_DAYS",
            "PROTECTED",
            "RAISE",
            "REQUIRE_PLAN",
            "RESERVE_SECONDS",
            "RULES",
            "SHARE",
            "TIME_ZONE",
        ]
    ),
    st.text()
    | st.text('[]",a1.-/ ', max_size=8)
    | st.integers().map(str)
    | st.sampled_from(["1" * 5000, "[" + "1" * 5000 + "]"]),
)
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    """And what protects OSS-HDFS's data stays."""
    try:
        settings = Settings.read({f"OSSWEEP_{name}": text})
    except SettingsError as refusal:
        assert str(refusal).startswith((f"OSSWEEP_{name} is ", f"OSSWEEP_{name} holds "))  # noqa: PT017 - the words are the rule
    else:
        assert settings.protected[0] == ".dlsdata/"
        assert "" not in (*settings.protected, *settings.buckets)


def test_settings_are_shown_as_they_are_written() -> None:
    """Prices keep their digits."""
    settings = Settings(consent_tag=("ossweep", "allowed"), prices=PRICES, require_plan=0)

    shown = json.loads(json.dumps(described(settings)))

    assert shown["OSSWEEP_CONSENT_TAG"] == "ossweep=allowed"
    assert (shown["OSSWEEP_REQUIRE_PLAN"], shown["OSSWEEP_PLAN_DAYS"]) == (0, 7)
    assert shown["OSSWEEP_PRICES"] == {
        "currency": "CNY",
        "gb_month": {},
        "put": {"IA": "0.1"},
        "get": {},
    }
