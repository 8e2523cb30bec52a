"""The form, address and body of a message, for each host that takes one."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest

from pai_dlc_mcp.server.webhook import form_of, message

DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=abc"
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/abc"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc"
NOW = 1_767_000_000.25


def hmac_of(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


@pytest.mark.parametrize(
    ("url", "form"),
    [
        (DINGTALK, "dingtalk"),
        (FEISHU, "feishu"),
        ("https://open.larksuite.com/open-apis/bot/v2/hook/abc", "feishu"),
        (WECOM, "wecom"),
        ("https://hooks.example.com/x", "generic"),
        ("http://127.0.0.1:8080/x", "generic"),
    ],
)
def test_the_host_says_the_form(url, form) -> None:
    assert form_of(url, ("hooks.example.com", "127.0.0.1")) == form


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.org/secret",
        "https://oapi.dingtalk.com.example.org/secret",
        "https://oapi.dingtalk.com@example.org/secret",
        "http://oapi.dingtalk.com/secret",
        "http://hooks.example.com/secret",
        "ftp://hooks.example.com/secret",
        "https://[secret",
        r"https://example.org\@oapi.dingtalk.com/secret",  # requests goes to example.org
        r"https://example.org\\@oapi.dingtalk.com/secret",
        "https://user:secret@oapi.dingtalk.com/",
        "https://oapi.dingtalk.com./secret",
        "https://oapi.dingtalk.com%2eexample.org/secret",
        "https://oapi.dingtalk.com\t/secret",
        " https://oapi.dingtalk.com/secret",
        "https://oapi.dingtalk.com/secret#",  # what signs it would be cut off with the fragment
        "https://oapi.dingtalk.com:99999/secret",
        "https://\u043eapi.dingtalk.com/secret",  # a Cyrillic letter
        "https://oapi\u3002dingtalk.com/secret",
        "http://127.1/secret",
        "http://2130706433/secret",
        "secret",
        "",
    ],
)
def test_any_other_address_is_refused_without_being_repeated(url) -> None:
    with pytest.raises(ValueError, match=r"^(its host|must be|is not)") as refused:
        form_of(url, ("hooks.example.com",))
    assert "secret" not in str(refused.value)


def test_dingtalk_is_signed_in_the_address() -> None:
    url, body = message(DINGTALK, "dingtalk", "SEC1", "said", {}, NOW)
    asked = parse_qs(urlsplit(url).query)
    assert asked == {
        "access_token": ["abc"],
        "timestamp": ["1767000000250"],
        "sign": [hmac_of("SEC1", "1767000000250\nSEC1")],
    }
    assert body == {"msgtype": "text", "text": {"content": "said"}}


def test_the_signature_begins_the_question_of_an_address_without_one() -> None:
    url, _ = message("https://oapi.dingtalk.com/robot", "dingtalk", "SEC1", "said", {}, NOW)
    assert set(parse_qs(urlsplit(url).query)) == {"timestamp", "sign"}


def test_a_host_is_allowed_in_any_case() -> None:
    assert form_of("https://Hooks.example.com/x", ("HOOKS.Example.com",)) == "generic"


def test_feishu_is_signed_in_the_body_and_calls_nobody() -> None:
    url, body = message(FEISHU, "feishu", "SEC1", '<at user_id="all">', {}, NOW)
    assert url == FEISHU
    assert (body["timestamp"], body["sign"]) == ("1767000000", hmac_of("1767000000\nSEC1", ""))
    assert "<" not in body["content"]["text"]


@pytest.mark.parametrize(
    ("url", "form", "body"),
    [
        (DINGTALK, "dingtalk", {"msgtype": "text", "text": {"content": "said"}}),
        (FEISHU, "feishu", {"msg_type": "text", "content": {"text": "said"}}),
        (WECOM, "wecom", {"msgtype": "text", "text": {"content": "said"}}),
        ("https://x/y", "generic", {"text": "said", "status": "Failed"}),
    ],
)
def test_without_a_key_nothing_is_signed(url, form, body) -> None:
    assert message(url, form, None, "said", {"status": "Failed"}, NOW) == (url, body)
