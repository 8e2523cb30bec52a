"""Drivers against the CUDA of an image's tag."""

import pytest

from pai_dlc_mcp.server.rules.drivers import cuda_of, fits, is_older, newest, oldest


@pytest.mark.parametrize(
    ("image", "cuda"),
    [
        ("registry/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04", (12, 4)),
        ("pytorch:2.0-cuda11.8-cudnn8", (11, 8)),
        ("pytorch:cuda12.4.1-devel", (12, 4)),
        ("nvidia/cuda:12.2", (12, 2)),
        ("tf:1.15-gpu-cu100", (10, 0)),
        ("x:cu130", (13, 0)),
        ("pytorch:2.6.0-cpu-py311-ubuntu22.04", None),
        ("registry/cu124/trainer:v1", None),  # a folder's name is no tag
        ("focus12:1.0", None),
        ("trainer:v12", None),
    ],
)
def test_the_tag_says_the_cuda(image: str, cuda: tuple[int, int] | None) -> None:
    assert cuda_of(image) == cuda


@pytest.mark.parametrize(
    ("cuda", "driver"),
    [((13, 1), "580"), ((12, 9), "525.60.13"), ((11, 8), "450.80.02"), ((11, 0), "450.36.06"), ((9, 2), "384.81")],
)
def test_a_release_runs_on_its_majors_oldest_driver(cuda: tuple[int, int], driver: str) -> None:
    assert oldest(cuda) == driver


def test_a_cuda_that_is_not_known_needs_nothing_that_is_known() -> None:
    assert oldest((14, 0)) is None
    assert oldest((8, 0)) is None


def test_versions_are_compared_by_their_numbers() -> None:
    assert is_older("470.199.02", "525.60.13")
    assert not is_older("1000.1", "525.60.13")
    assert not is_older("525.60.13", "525.60.13")
    assert newest(["470.199.02", "550.127.08", "535.161.08"]) == "550.127.08"
    assert newest([]) is None


@pytest.mark.parametrize(
    ("driver", "image", "said"),
    [
        ("535.161.08", "x:cu124", "driver 535.161.08 runs the image's CUDA 12.4 (needs 525.60.13 or newer)"),
        (
            "470.199.02",
            "x:cu124",
            "driver 470.199.02 is too old for the image's CUDA 12.4, which needs 525.60.13 or newer",
        ),
        ("470.199.02", "x:latest", "driver 470.199.02; the image's tag names no CUDA that is known here"),
    ],
)
def test_one_sentence_says_whether_they_fit(driver: str, image: str, said: str) -> None:
    assert fits(driver, image) == said
