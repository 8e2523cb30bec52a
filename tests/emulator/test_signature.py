"""Signatures: what the SDK signs is accepted, what somebody changed is not."""

import json
import urllib.request
from urllib.error import HTTPError

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from pai_dlc_mcp.emulator import signature, state
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.errors import ServiceError
from pai_dlc_mcp.emulator.signature import Key

QUERIES = {
    "sync": "DisplayName=a+b%2F%E6%B5%8B%E8%AF%95%2Bx~%2A&Order=desc&PageNumber=1&PageSize=20&ShowOwn=True"
    "&SortBy=GmtCreateTime&Status=Running&Tags=%7B%22team%22%3A%22nlp%22%2C%22x%22%3A%22y+z%22%7D",
    "async": "DisplayName=a+b/%E6%B5%8B%E8%AF%95%2Bx~*&Order=desc&PageNumber=1&PageSize=20&ShowOwn=True"
    "&SortBy=GmtCreateTime&Status=Running&Tags=%7B%22team%22:%22nlp%22,%22x%22:%22y+z%22%7D",
}
"""One call as the SDK's two clients put it on the wire."""

SIGNED = {
    "sync": ("3324afb0089d6d9d7b85139248bfe9fb", "0159c355f18ccbd863be7aefe6c93805ea9cc97678c46897043eb3401f52f9e3"),
    "async": ("4e057d0201f19a58e404c942ca3458d0", "6cbee83dc3ce9ee6ab94474e25ff15a17c49cdbbe14f82904a100ce9828804f8"),
}
"""Nonce and signature of each, captured from the SDK 1.11.6 with the key `testak` and the secret `testsk`."""


def captured(client: str) -> dict[str, str]:
    nonce, signature_ = SIGNED[client]
    headers = {
        "accept": "application/json",
        "host": "127.0.0.1:18999",
        "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2 my-mcp/1.0",
        "x-acs-action": "ListJobs",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-credentials-provider": "static_ak",
        "x-acs-date": "2026-11-23T11:55:38Z",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2020-12-03",
    }
    signed = ";".join(sorted(headers))
    authorization = f"ACS3-HMAC-SHA256 Credential=testak,SignedHeaders={signed},Signature={signature_}"
    return {**headers, "authorization": authorization}


@pytest.mark.parametrize("client", ["sync", "async"])
def test_both_clients_of_the_sdk_verify_whatever_they_escape(client: str) -> None:
    keys = {"testak": Key("testsk")}
    signature.verify(keys, "GET", "/api/v1/jobs", QUERIES[client], captured(client), b"")


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", "/api/v1/jobs", QUERIES["sync"], b""),
        ("GET", "/api/v1/job", QUERIES["sync"], b""),
        ("GET", "/api/v1/jobs", QUERIES["sync"] + "&more=1", b""),
        ("GET", "/api/v1/jobs", QUERIES["sync"], b"{}"),
    ],
    ids=["method", "path", "query", "body"],
)
def test_whatever_somebody_changes_is_noticed(method: str, path: str, query: str, body: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        signature.verify({"testak": Key("testsk")}, method, path, query, captured("sync"), body)
    assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("name", ["a b/测试+x~*", "%2F", "x=y&z", "üñ!'()"])
def test_any_text_in_a_query_or_a_path_is_signed_rightly(dlc: Client, name: str) -> None:
    dlc.list_jobs(models.ListJobsRequest(display_name=name, tags={"team": "x y", "測": "é"}))
    with pytest.raises(ClientException) as caught:
        dlc.get_job(name, models.GetJobRequest())
    assert (caught.value.status_code, caught.value.code) == (404, "NotFound")


async def test_the_async_client_is_understood_too(dlc: Client) -> None:
    response = await dlc.list_jobs_async(models.ListJobsRequest(display_name="a!*'():,b", show_own=False))
    assert response.body.total_count == 0


def test_an_unknown_key_is_not_found(config: Config) -> None:
    config.access_key_id = "nobody"
    with pytest.raises(ClientException) as caught:
        Client(config).list_jobs(models.ListJobsRequest())
    assert (caught.value.status_code, caught.value.code) == (404, "InvalidAccessKeyId.NotFound")


def test_a_wrong_secret_does_not_match(config: Config) -> None:
    config.access_key_secret = "guessed"
    with pytest.raises(ClientException) as caught:
        Client(config).list_jobs(models.ListJobsRequest())
    assert (caught.value.status_code, caught.value.code) == (400, "SignatureDoesNotMatch")


def test_an_unsigned_request_is_refused_in_json(emulator: Emulator) -> None:
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(f"http://{emulator.endpoint}/api/v1/jobs")
    with caught.value as answer:
        assert (answer.code, json.load(answer)["Code"]) == (400, "IncompleteSignature")


@pytest.fixture
def sts(config: Config) -> Config:
    config.access_key_id = state.STS_ACCESS_KEY_ID
    config.access_key_secret = state.STS_ACCESS_KEY_SECRET
    config.security_token = state.STS_SECURITY_TOKEN
    return config


def test_temporary_credentials_are_accepted(sts: Config) -> None:
    assert Client(sts).list_jobs(models.ListJobsRequest()).body.total_count == 6


def test_temporary_credentials_expire(sts: Config, emulator: Emulator) -> None:
    emulator.account.keys[state.STS_ACCESS_KEY_ID].expired = True
    with pytest.raises(ClientException) as caught:
        Client(sts).list_jobs(models.ListJobsRequest())
    assert (caught.value.status_code, caught.value.code) == (400, "InvalidSecurityToken.Expired")


def test_a_token_of_another_is_refused(sts: Config) -> None:
    sts.security_token = "another"
    with pytest.raises(ClientException) as caught:
        Client(sts).list_jobs(models.ListJobsRequest())
    assert caught.value.code == "InvalidSecurityToken.Malformed"


def roa(secret: str = state.ACCESS_KEY_SECRET) -> dict[str, str]:
    """Headers of the older signature as PAI's own SDK sends them, signed with `secret`."""
    headers = {
        "accept": "application/json",
        "date": "Mon, 05 Jan 2026 08:00:00 GMT",
        "x-acs-signature-method": "HMAC-SHA1",
        "x-acs-signature-version": "1.0",
        "x-acs-version": "2020-12-03",
    }
    request = DaraRequest()
    request.method, request.pathname, request.headers = "GET", "/api/v1/jobs", headers
    request.query = {"DisplayName": "a b&\u6d4b\u8bd5", "Empty": "", "PageSize": "20"}
    signed = Utils.get_roasignature(Utils.get_string_to_sign(request), secret)
    return {**headers, "authorization": f"acs {state.ACCESS_KEY_ID}:{signed}"}


ROA_QUERY = "PageSize=20&DisplayName=a+b%26%E6%B5%8B%E8%AF%95&Empty="


def test_the_older_signature_is_verified_too() -> None:
    keys = {state.ACCESS_KEY_ID: Key(state.ACCESS_KEY_SECRET)}
    signature.verify(keys, "GET", "/api/v1/jobs", ROA_QUERY, roa(), b"")
    for method, query, headers in (
        ("POST", ROA_QUERY, roa()),
        ("GET", ROA_QUERY + "&ShowOwn=False", roa()),
        ("GET", ROA_QUERY, roa("another secret")),
        ("GET", ROA_QUERY, {**roa(), "x-acs-version": "2022-01-12"}),
    ):
        with pytest.raises(ServiceError) as caught:
            signature.verify(keys, method, "/api/v1/jobs", query, headers, b"")
        assert caught.value.code == "SignatureDoesNotMatch"
