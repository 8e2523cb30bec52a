"""Patterns of identifiers, checked before a request: the SDK accepts `..` and an empty string as part of a path."""

import re

JOB_ID = r"^dlc[0-9a-z-]{13,200}$"  # dlc and 13 characters today; earlier dlc-<date>-<13 characters>
POD_ID = r"^dlc[0-9a-z-]{1,250}$"
POD_UID = r"^[0-9a-fA-F-]{8,64}$"
WORKSPACE_ID = r"^[0-9]{1,20}$"
QUOTA_ID = r"^(?:quota|rg)[0-9a-z]{3,60}$"
IMAGE_ID = r"^image-[0-9a-z]{1,64}$"
DATASET_ID = r"^d-[0-9a-z]{1,64}$"
CODE_SOURCE_ID = r"^code-[0-9A-Za-z-]{1,128}$"
TENSORBOARD_ID = r"^t[0-9a-z-]{1,200}$"  # tb… or tensorboard-…
RAY_HISTORY_SERVER_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$"  # form not documented
TEMPLATE_ID = r"^[A-Za-z0-9_-]{1,128}$"  # form not documented
SIGNAL_ID = TEMPLATE_ID  # form not documented
TARGET_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$"  # a job or a tensorboard
INSTANCE_TYPE = r"^[A-Za-z0-9][A-Za-z0-9.-]{1,99}$"
REGION = r"^[a-z]{2}-[a-z0-9-]{2,40}$"

_PATH_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,255}")


def is_path_segment(value: str) -> bool:
    """Whether a value can be part of a request path: not empty, no dot, slash, percent sign or space."""
    return _PATH_SEGMENT.fullmatch(value) is not None
