"""The operator's price table: read at start, refused in one sentence."""

from pathlib import Path

import pytest

from pai_dlc_mcp.server.prices import load
from pai_dlc_mcp.server.settings import Settings, problem

GOOD = 'currency = "EUR"\n[cn-hangzhou]\n"ecs.gn6i-c4g1.xlarge" = 11.63\n"ecs.g6.large" = 1\n'


def written(folder: Path, text: str) -> Path:
    (folder / "prices.toml").write_text(text, "utf-8")
    return folder / "prices.toml"


def test_a_price_is_of_a_region_and_an_instance_type(tmp_path: Path) -> None:
    table = load(written(tmp_path, GOOD))
    assert (table.currency, table.hourly("cn-hangzhou", "ecs.gn6i-c4g1.xlarge")) == ("EUR", 11.63)
    assert table.hourly("cn-beijing", "ecs.gn6i-c4g1.xlarge") is None
    assert table.hourly("cn-hangzhou", "ecs.unknown") is None
    assert load(written(tmp_path, "")).currency == "CNY"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cn-hangzhou", "is no TOML"),
        ('[cn-hangzhou]\n"ecs.g6.large" = "cheap"', "cn-hangzhou.ecs.g6.large: Input should be a valid number"),
        ('[cn-hangzhou]\n"ecs.g6.large" = -1', "cn-hangzhou.ecs.g6.large: Input should be greater than 0"),
        ('[cn-hangzhou]\n"ecs.g6.large" = nan', "cn-hangzhou.ecs.g6.large"),
        ('currency = "yuan"', "currency"),
        ("cn-hangzhou = 3", "cn-hangzhou"),
    ],
)
def test_a_table_of_another_form_is_refused_with_the_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"prices\.toml") as caught:
        load(written(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_setting_is_a_path_and_its_file_is_read_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAI_DLC_PRICES", str(written(tmp_path, GOOD)))
    prices = Settings().prices
    assert prices
    assert prices.currency == "EUR"
    monkeypatch.setenv("PAI_DLC_PRICES", str(tmp_path / "none.toml"))
    with pytest.raises(ValueError, match="none") as caught:
        Settings()
    assert "cannot be read (No such file" in problem(caught.value)
