"""Which host gets a region's signed requests, and who may choose the region."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pai_dlc_mcp.server.cloud.endpoints import REGIONS, Region, host, is_loopback, profile_region, resolve_region
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.settings import Settings


def configure_cli(home: Path, **config: object) -> None:
    """An aliyun CLI configuration; the environment's HOME is the test's own."""
    (home / ".aliyun").mkdir()
    (home / ".aliyun" / "config.json").write_text(json.dumps(config), "utf-8")


PROFILES = [{"name": "default", "region_id": "cn-beijing"}, {"name": "work", "region_id": "cn-shanghai"}]


@pytest.mark.parametrize(
    ("product", "network", "expected"),
    [
        ("pai-dlc", "public", "pai-dlc.cn-guangzhou.aliyuncs.com"),
        ("aiworkspace", "public", "aiworkspace.cn-guangzhou.aliyuncs.com"),
        ("pai", "public", "pai.cn-guangzhou.aliyuncs.com"),
        ("pai-dlc", "vpc", "pai-dlc-vpc.cn-guangzhou.aliyuncs.com"),
        ("aiworkspace", "vpc", "aiworkspace-vpc.cn-guangzhou.aliyuncs.com"),
        ("pai", "vpc", "pai-vpc.cn-guangzhou.aliyuncs.com"),
    ],
)
def test_a_host_is_built_from_product_network_and_region(product, network, expected) -> None:
    assert host(product, "cn-guangzhou", Settings(network=network)) == expected


@pytest.mark.parametrize("product", ["pai-dlc", "aiworkspace", "pai"])
def test_a_configured_endpoint_stands_for_all_products(product) -> None:
    assert host(product, "cn-hangzhou", Settings(endpoint="10.1.2.3:8443")) == "10.1.2.3:8443"


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_every_known_region_may_be_named_by_a_caller(region) -> None:
    assert resolve_region(region, Settings()) == Region(region, "argument")


def test_an_argument_wins_over_the_configuration_and_that_over_the_cli_profile(tmp_path) -> None:
    configure_cli(tmp_path, current="default", profiles=PROFILES)
    configured = Settings(region="cn-hangzhou")
    assert resolve_region("cn-shenzhen", configured) == Region("cn-shenzhen", "argument")
    assert resolve_region(None, configured) == Region("cn-hangzhou", "configuration")
    assert resolve_region(None, Settings()) == Region("cn-beijing", "aliyun CLI profile")


@pytest.mark.parametrize("variable", ["PAI_DLC_REGION", "ALIBABA_CLOUD_REGION_ID"])
def test_a_region_of_the_environment_is_configuration(monkeypatch, variable) -> None:
    monkeypatch.setenv(variable, "cn-shanghai")
    assert resolve_region(None, Settings()) == Region("cn-shanghai", "configuration")


def test_our_own_region_variable_wins_over_the_platforms(monkeypatch) -> None:
    monkeypatch.setenv("PAI_DLC_REGION", "cn-beijing")
    monkeypatch.setenv("ALIBABA_CLOUD_REGION_ID", "cn-shanghai")
    assert resolve_region(None, Settings()).id == "cn-beijing"


def test_the_named_cli_profile_wins_over_the_current_one(tmp_path, monkeypatch) -> None:
    configure_cli(tmp_path, current="default", profiles=PROFILES)
    monkeypatch.setenv("ALIBABA_CLOUD_PROFILE", "work")
    assert profile_region() == "cn-shanghai"


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"current": "default"},
        {"current": "default", "profiles": []},
        {"current": "default", "profiles": [{"name": "default"}]},
        {"current": "default", "profiles": [{"name": "default", "region_id": ""}]},
        {"current": "default", "profiles": ["default"]},
        {"current": "default", "profiles": None},
        {"current": "gone", "profiles": PROFILES},
    ],
)
def test_a_cli_profile_without_a_region_is_none(tmp_path, config) -> None:
    configure_cli(tmp_path, **config)
    assert profile_region() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_an_unreadable_cli_configuration_is_none(tmp_path, content) -> None:
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_bytes(content)
    assert profile_region() is None


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("cn-hangzou", "Use cn-hangzhou."),
        ("ap-southeast1", "Use ap-southeast-1."),
        ("mars", f"Use one of: {', '.join(sorted(REGIONS))}."),
        ("cn-hangzhou.example.com/", "Use cn-hangzhou."),
    ],
)
def test_a_region_that_does_not_exist_is_answered_with_the_one_meant(given, fix) -> None:
    with pytest.raises(Failure) as caught:
        resolve_region(given, Settings(region="cn-beijing"))
    assert (caught.value.code, caught.value.fix) == ("InvalidRegion", fix)


def test_an_operators_region_may_be_one_we_do_not_know_yet() -> None:
    settings = Settings(region="cn-newtown")
    assert resolve_region(None, settings).id == "cn-newtown"
    assert resolve_region("cn-newtown", settings) == Region("cn-newtown", "argument")


NO_REGIONS = ["hangzhou", "cn-hangzhou.example.com", "cn-hangzhou/", "CN-hangzhou", "cn-a\n"]


@pytest.mark.parametrize("region", NO_REGIONS)
def test_a_configured_region_that_is_no_region_id_is_refused_at_start(region) -> None:
    with pytest.raises(ValidationError):
        Settings(region=region)


@pytest.mark.parametrize("region", NO_REGIONS)
def test_a_region_of_the_profile_that_is_no_region_id_is_refused(region) -> None:
    file = Path("~/.aliyun/config.json").expanduser()
    file.parent.mkdir()
    file.write_text(json.dumps({"current": "default", "profiles": [{"name": "default", "region_id": region}]}))
    with pytest.raises(Failure) as caught:
        resolve_region(None, Settings())
    assert caught.value.code == "InvalidRegion"


def test_without_any_region_the_way_to_set_one_is_told() -> None:
    with pytest.raises(Failure) as caught:
        resolve_region(None, Settings())
    assert caught.value.code == "MissingRegion"
    assert "PAI_DLC_REGION" in caught.value.fix


@given(st.text())
def test_no_callers_region_gets_into_a_host_name_unless_it_is_known(region) -> None:
    settings = Settings(region="cn-hangzhou")
    try:
        found = resolve_region(region, settings).id
    except Failure:
        return
    assert found in REGIONS


@pytest.mark.parametrize("endpoint", ["127.0.0.1", "127.0.0.1:8080", "127.9.9.9:1", "localhost", "localhost:80"])
def test_this_machine_is_the_loopback(endpoint) -> None:
    assert is_loopback(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    ["0.0.0.0:80", "10.0.0.1", "localhost.example.com:80", "127.0.0.1.example.com", "127.1", "example.com:127", ""],
)
def test_nothing_else_is(endpoint) -> None:
    assert not is_loopback(endpoint)
