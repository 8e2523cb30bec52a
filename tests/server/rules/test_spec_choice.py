"""GPU types and the memory of one card."""

import pytest

from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.rules.spec_choice import card_memory, of_type


def spec(gpu_type: str | None, gpus: int = 1, memory: int | None = 16) -> EcsSpec:
    return EcsSpec(instance_type=f"{gpu_type} {gpus}", gpu_type=gpu_type, gpus=gpus, gpu_memory=memory)


@pytest.mark.parametrize(
    ("gpu_type", "gpus", "memory", "card"),
    [
        ("NVIDIA T4", 1, 16, 16),
        ("NVIDIA T4", 2, 32, 16),  # of both cards
        ("NVIDIA T4", 2, 16, 16),  # of one
        ("NVIDIA V100", 8, 128, 16),
        ("NVIDIA A100", 8, 640, 80),
        ("NVIDIA A100", 8, 80, 80),
        ("NVIDIA A100-SXM4-40GB", 4, 160, 40),
        ("GU8TF", 8, 384, 48),
        ("GU8T", 8, 768, 96),
        ("NEW", 8, 141, 141),
        ("NEW", 8, 1000, None),  # 125 is no card's
        ("NVIDIA A10", 1, 12, 12),  # half a card
        (None, 0, 0, None),
        ("NVIDIA T4", 1, None, None),
    ],
)
def test_what_one_card_has(gpu_type: str | None, gpus: int, memory: int | None, card: int | None) -> None:
    assert card_memory(spec(gpu_type, gpus, memory)) == card


def test_a_type_is_a_word_of_the_name_before_it_is_part_of_one() -> None:
    known = [spec("NVIDIA A10"), spec("NVIDIA A100"), spec("NVIDIA A100", 8), spec("GU8TF"), spec("GU8T"), spec(None)]
    assert [found.instance_type for found in of_type(known, "a10")] == ["NVIDIA A10 1"]
    assert [found.instance_type for found in of_type(known[1:], "A10")] == ["NVIDIA A100 1", "NVIDIA A100 8"]
    assert [found.instance_type for found in of_type(known, "nvidia a100")] == ["NVIDIA A100 1", "NVIDIA A100 8"]
    assert [found.instance_type for found in of_type(known, "gu8t")] == ["GU8T 1"]
    assert of_type(known, "H100") == []


@pytest.mark.parametrize("card", [8, 16, 24, 32, 40, 48, 64, 80, 96, 141, 144, 180, 192])
def test_a_size_that_cards_have_is_one_of_a_type_that_is_not_known(card: int) -> None:
    assert card_memory(spec("NEW", 8, 8 * card)) == card


@pytest.mark.parametrize(
    ("gpu_type", "cards"),
    [("T4", {16}), ("P4", {8}), ("P100", {16}), ("V100", {16, 32}), ("A10", {24}), ("A100", {40, 80}), ("L20", {48})],
)
def test_a_known_type_has_its_sizes_alone(gpu_type: str, cards: set[int]) -> None:
    assert {card for card in range(1, 200) if card_memory(spec(gpu_type, 3, 3 * card)) == card} == cards
