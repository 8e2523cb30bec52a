"""list_ecs_specs, through a real client."""

from typing import Any

import pytest


@pytest.fixture
def agent(connect: Any) -> Any:
    """Building only the tool these tests call saves most of their time."""
    return connect(allow_tools=("list_ecs_specs",))


def types(found: dict[str, Any]) -> list[str]:
    return [row["instance_type"] for row in found["specs"]]


async def test_specs_are_listed_with_their_size_and_stock(agent) -> None:
    found = await agent.facts("list_ecs_specs", prefix="ecs.gn6i-c4g1")
    assert found["specs"] == [
        {
            "instance_type": "ecs.gn6i-c4g1.xlarge",
            "gpus": 1,
            "gpu_type": "NVIDIA T4",
            "gpu_memory": 16,
            "card_memory": 16,
            "cpus": 4,
            "memory": 15,
            "available": True,
            "spot_stock": found["specs"][0]["spot_stock"],
            "spot_discount": 0.1,
            "drivers": "535.161.08 470.199.02 550.127.08",
        }
    ]


@pytest.mark.parametrize("sort_by", ["gpus", "gpu_memory", "cpus", "memory"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_specs_are_sorted_here_because_the_service_rejects_every_way_to_ask_for_it(
    agent, emulator, sort_by, order
) -> None:
    found = await agent.facts("list_ecs_specs", sort_by=sort_by, order=order, limit=100)
    sizes = [row.get(sort_by, 0) for row in found["specs"]]
    assert sizes == sorted(sizes, reverse=order == "desc")
    assert [
        request.action for request in emulator.requests if "SortBy" in request.query or "Order" in request.query
    ] == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (
            {"accelerator": "GPU", "gpus": 8},
            {"ml.gu7xf.c96m1600.8-gu108", "ecs.gn7e-c16g1.32xlarge", "ecs.gn8is-8x.32xlarge"},
        ),
        ({"resource_type": "Lingjun"}, {"ml.gu7xf.c96m1600.8-gu108"}),
        ({"prefix": "ecs.gn6i", "gpus": 1}, {"ecs.gn6i-c4g1.xlarge", "ecs.gn6i-c8g1.2xlarge"}),
        ({"prefix": "ecs.r7"}, set()),
        ({"prefix": "ecs.r7", "available_only": False}, {"ecs.r7.16xlarge"}),
        ({"gpus": 64}, set()),
        ({"gpu_type": "A100", "min_gpus": 4}, {"ecs.gn7e-c16g1.16xlarge", "ecs.gn7e-c16g1.32xlarge"}),
        ({"gpu_type": "a10", "min_gpus": 2}, {"ecs.gn7i-c32g1.32xlarge"}),
    ],
)
async def test_a_filter_leaves_the_specs_it_names(agent, filters, expected) -> None:
    assert set(types(await agent.facts("list_ecs_specs", **filters))) == expected


async def test_what_is_hidden_for_want_of_stock_is_counted(agent) -> None:
    text = await agent.text("list_ecs_specs", accelerator="GPU")
    assert "3 specs without stock are hidden (available_only=false shows them)" in text
    assert "hidden" not in await agent.text("list_ecs_specs", available_only=False)


async def test_only_specs_the_other_filters_would_show_are_counted_as_hidden(agent) -> None:
    text = await agent.text("list_ecs_specs", prefix="ecs.gn7e")
    assert "1 specs without stock" in text or "1 spec without stock" in text


async def test_the_next_page_continues_where_the_first_ended(agent) -> None:
    seen: list[str] = []
    while True:
        found = await agent.facts("list_ecs_specs", limit=7, offset=len(seen), available_only=False)
        seen += types(found)
        if "next" not in found:
            break
        assert found["next"] == f"offset={len(seen)}"
    assert (len(seen), len(set(seen)), found["total"]) == (24, 24, 24)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"sort_by": "name"}, "sort_by: 'name' is not valid, use one of gpus, gpu_memory, cpus, memory, price"),
        ({"sort_by": "price"}, "There are no prices to sort by"),
        ({"accelerator": "gpu"}, "accelerator: 'gpu' is not valid, use 'GPU'"),
        ({"prefix": "../"}, "prefix: '../' does not have the form"),
        ({"gpus": -1}, "gpus: "),
    ],
)
async def test_a_mistake_is_answered_with_the_right_value(agent, emulator, arguments, said) -> None:
    assert said in await agent.error("list_ecs_specs", **arguments)
    assert emulator.requests == []


async def test_a_gpu_type_that_is_not_there_is_answered_with_those_that_are(agent: Any) -> None:
    found = await agent.facts("list_ecs_specs", gpu_type="H100")
    assert found["specs"] == []
    assert found["note"].startswith("no GPU type 'H100' here; there is GU108, GU8T, GU8TF, NVIDIA A10, NVIDIA A100,")


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_specs_are_sorted_by_the_operators_prices_and_those_without_one_come_last(
    order: str, connect: Any, tmp_path: Any
) -> None:
    prices = {"ecs.gn6i-c4g1.xlarge": 11.5, "ecs.gn6i-c8g1.2xlarge": 9, "ecs.gn7i-c8g1.2xlarge": 14}
    lines = [f'"{name}" = {price}' for name, price in prices.items()]
    (tmp_path / "prices.toml").write_text("\n".join(["[cn-hangzhou]", *lines]))
    agent = connect(prices=tmp_path / "prices.toml")
    found = await agent.facts("list_ecs_specs", sort_by="price", order=order, accelerator="GPU")
    told = [row.get("price") for row in found["specs"]]
    assert told[:3] == sorted(prices.values(), reverse=order == "desc")
    assert set(told[3:]) == {None}


async def test_all_specs_fit_the_budget(agent: Any) -> None:
    assert len(await agent.text("list_ecs_specs", limit=100, available_only=False)) <= 4000
