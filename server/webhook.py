"""Webhook formats for messages about jobs: which format a host takes, and the URL and body of a POST.

Sources: open.dingtalk.com, "custom robot security settings"; open.feishu.cn, "custom bot usage guide";
developer.work.weixin.qq.com, path 91770.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection
from typing import Any, Literal
from urllib.parse import quote_plus, urlsplit

Form = Literal["dingtalk", "feishu", "wecom", "generic"]

_FORMS: dict[str, Form] = {
    "oapi.dingtalk.com": "dingtalk",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
    "qyapi.weixin.qq.com": "wecom",
}
_HERE = ("127.0.0.1", "localhost", "::1")
# What every parser reads alike: none takes a part of the path, of a user's name or of a fragment for the host.
_ADDRESS = re.compile(r"(?i:https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?][!\"$-\[\]-~]*)?")


def form_of(url: str, hosts: Collection[str]) -> Form:
    """The format for this URL. `hosts` are the hosts that take a generic message. Raises ValueError, whose text does
    not quote the URL, for any other host."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not an address") from None
    if not _ADDRESS.fullmatch(url):
        raise ValueError("must be an https:// address of a host, without a user, a fragment or a blank")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _HERE):
        raise ValueError("must be an https:// address")
    if host not in _FORMS and host not in (known.lower() for known in hosts):
        raise ValueError(f"its host is none of {', '.join(_FORMS)}; name it in PAI_DLC_NOTIFY_HOSTS to allow it")
    return _FORMS.get(host, "generic")


def message(
    url: str, form: Form, key: str | None, text: str, facts: dict[str, Any], now: float
) -> tuple[str, dict[str, Any]]:
    """URL and JSON body of one POST. `key` signs it in the formats that have signatures; `now` in seconds since
    1970."""
    match form:
        case "dingtalk":
            stamp = str(round(now * 1000))
            sign = quote_plus(_signature(key, f"{stamp}\n{key}")) if key else ""
            asked = f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={sign}" if sign else ""
            return f"{url}{asked}", {"msgtype": "text", "text": {"content": text}}
        case "feishu":
            stamp = str(round(now))
            proof = {"timestamp": stamp, "sign": _signature(f"{stamp}\n{key}", "")} if key else {}
            plain = text.replace("<", "\uff1c")  # <at user_id="all"> would notify everybody
            return url, {**proof, "msg_type": "text", "content": {"text": plain}}
        case "wecom":
            return url, {"msgtype": "text", "text": {"content": text}}
        case "generic":
            return url, {"text": text, **facts}


def _signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
