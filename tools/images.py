"""Images for the pods of jobs."""

from typing import Annotated, Any, Literal

from pydantic import Field

from pai_dlc_mcp.server.cloud.images import Image
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Row, Verbatim
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import labels as label_rules
from pai_dlc_mcp.tools.params import ImageId, Limit, Offset, Region, WorkspaceId

tools = Toolset("core")

_FRAMEWORK = "system.framework."
_SHOWN = {"system.chipType": "", "system.pythonVersion": "python "}

Labels = Annotated[str | None, Field(description="K=V,K=V, all must match; from list_image_labels.")]


class ImageRow(Row):
    image_uri: Verbatim
    name: ForeignName
    image_id: str
    about: ForeignText | None = None


class ImageList(Listing):
    rows = "images"

    images: list[ImageRow]


class LabelRow(Row):
    key: ForeignName
    values: ForeignText


class LabelList(Facts):
    labels: list[LabelRow]


class ImageFacts(Facts):
    image_id: str
    image_uri: Verbatim
    name: ForeignName
    description: ForeignText | None = None
    labels: ForeignText | None = None
    accessibility: str | None = None
    workspace_id: str | None = None
    size: int | None = None
    source_type: str | None = None
    created: str | None = None


@tools.read("List image labels")
async def list_image_labels(
    cloud: Cloud,
    keys: Annotated[str | None, Field(description="Only these keys, comma-separated.")] = None,
    workspace_id: WorkspaceId | None = None,
    region: Region = None,
) -> LabelList:
    """List the label keys and values that images carry (framework, Python version, chip type). Use it before
    list_images to build its labels filter."""
    known = await _known_labels(cloud, {"LabelKeys": keys, "WorkspaceId": workspace_id})
    rows = [LabelRow(key=key, values=", ".join(sorted(values))) for key, values in sorted(known.items())]
    return LabelList(labels=rows)


@tools.read("List images")
async def list_images(
    cloud: Cloud,
    labels: Labels = None,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    accelerator: Annotated[Literal["GPU", "CPU"] | None, Field(description="What it is built for.")] = None,
    workspace_id: Annotated[WorkspaceId | None, Field(description="Only for its custom images.")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> ImageList:
    """List images DLC can run: the official public ones, or with workspace_id that workspace's custom ones. The
    image_uri goes verbatim into create_job's job_specs[].image."""
    wanted = label_rules.parse(labels) if labels else {}
    if wanted:
        label_rules.check(wanted, await _known_labels(cloud, {"WorkspaceId": workspace_id}))
    if accelerator and wanted.setdefault("system.chipType", accelerator) != accelerator:
        raise Failure(
            f"accelerator={accelerator} and the label system.chipType={wanted['system.chipType']} exclude each other.",
            fix="Pass one of them.",
            code="InvalidLabels",
        )
    if not workspace_id:  # custom images may lack the label
        wanted["system.supported.dlc"] = "true"
    filters = {"Labels": ",".join(f"{k}={v}" for k, v in wanted.items()) or None, "Name": name}
    page = await cloud.images.list({**filters, "WorkspaceId": workspace_id}, offset, limit)
    return ImageList.of(page, images=[_row(image) for image in page.items])


@tools.read("Get an image")
async def get_image(image_id: ImageId, cloud: Cloud, region: Region = None) -> ImageFacts:
    """Get one image's uri, labels and origin by its image_id. Use list_images to search."""
    image = await cloud.images.get(image_id)
    labels = ",".join(f"{label.key}={label.value}" for label in image.labels) or None
    return ImageFacts.model_validate(
        {**dict(image), "image_uri": image.uri, "labels": labels, "source_type": image.source}
    )


async def _known_labels(cloud: CloudInRegion, params: dict[str, Any]) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for label in await cloud.images.labels(params):
        known.setdefault(label.key, set()).add(label.value)
    return known


def _row(image: Image) -> ImageRow:
    return ImageRow(image_uri=image.uri, name=image.name, image_id=image.image_id, about=_about(image))


def _about(image: Image) -> str | None:
    """`PyTorch 2.6.0, GPU, python 3.11` and the labels that the platform did not set."""
    said = [f"{label.key.removeprefix(_FRAMEWORK)} {label.value}" for label in image.labels if _FRAMEWORK in label.key]
    said += [f"{_SHOWN[label.key]}{label.value}" for label in image.labels if label.key in _SHOWN]
    said += [f"{label.key}={label.value}" for label in image.labels if not label.key.startswith("system.")]
    return ", ".join(said) or None
