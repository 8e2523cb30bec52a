"""Selects instance types by GPU type, and computes the memory of one card."""

import re
from collections.abc import Sequence

from pai_dlc_mcp.server.cloud.specs import EcsSpec

# GiB of one card. The API reference of ListEcsSpecs does not say whether GpuMemory is for one card or for all.
_OF_A_CARD = {"T4": (16,), "P4": (8,), "P100": (16,), "V100": (16, 32), "A10": (24,), "A100": (40, 80), "L20": (48,)}
_SIZES = {8, 16, 24, 32, 40, 48, 64, 80, 96, 141, 144, 180, 192}


def card_memory(spec: EcsSpec) -> int | None:
    """GiB of one card; None if the service's value has no single plausible meaning. For a share of a card the value is
    used as it is."""
    if not spec.gpus or not spec.gpu_memory:
        return None
    if spec.gpus == 1:
        return spec.gpu_memory
    sizes = next((of for word, of in _OF_A_CARD.items() if word in words(spec.gpu_type)), _SIZES)
    each = spec.gpu_memory / spec.gpus
    if each in sizes:
        return int(each)
    return spec.gpu_memory if spec.gpu_memory in sizes else None


def of_type(specs: Sequence[EcsSpec], gpu_type: str) -> Sequence[EcsSpec]:
    """The specs of a GPU type: an exact word (`A10` is not `A100`), else a part of the name."""
    wanted = gpu_type.upper()
    exact = [spec for spec in specs if wanted in (*words(spec.gpu_type), (spec.gpu_type or "").upper())]
    return exact or [spec for spec in specs if wanted in (spec.gpu_type or "").upper()]


def words(gpu_type: str | None) -> Sequence[str]:
    return re.findall(r"[A-Z0-9]+", (gpu_type or "").upper())
