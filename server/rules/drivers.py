"""Whether a node's GPU driver is new enough for the CUDA version of an image."""

import re
from collections.abc import Iterable

# Oldest driver for each CUDA release with minor-version compatibility (NVIDIA, CUDA Toolkit release notes).
_OLDEST = {
    (13, 0): "580",
    (12, 0): "525.60.13",
    (11, 1): "450.80.02",
    (11, 0): "450.36.06",
    (10, 2): "440.33",
    (10, 1): "418.39",
    (10, 0): "410.48",
    (9, 0): "384.81",
}
_TAG = re.compile(r"(?i)(?:^|[^a-z])cu(?:da)?[-_:]?(\d{1,2})[._]?(\d)(?:\.\d+)?(?=$|[^\d])")


def cuda_of(image: str) -> tuple[int, int] | None:
    """`pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04` has CUDA 12.4; None where the tag does not say."""
    found = _TAG.search(image.rpartition("/")[2])
    return (int(found[1]), int(found[2])) if found else None


def oldest(cuda: tuple[int, int]) -> str | None:
    """The oldest driver for this CUDA version; None if it is not in the table."""
    of_major = (release for release in sorted(_OLDEST, reverse=True) if release[0] == cuda[0])
    return next((_OLDEST[release] for release in of_major if release <= cuda), None)


def is_older(driver: str, other: str) -> bool:
    return _parts(driver) < _parts(other)


def fits(driver: str, image: str) -> str:
    """One sentence on whether the driver fits the image."""
    cuda = cuda_of(image)
    needed = oldest(cuda) if cuda else None
    if cuda is None or needed is None:
        return f"driver {driver}; the image's tag names no CUDA that is known here"
    version = f"CUDA {cuda[0]}.{cuda[1]}"
    if is_older(driver, needed):
        return f"driver {driver} is too old for the image's {version}, which needs {needed} or newer"
    return f"driver {driver} runs the image's {version} (needs {needed} or newer)"


def newest(drivers: Iterable[str]) -> str | None:
    return max(drivers, key=_parts, default=None)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
