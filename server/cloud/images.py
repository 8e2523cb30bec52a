"""Images and their labels (AIWorkSpace)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, each, page
from pai_dlc_mcp.server.cloud.shape import as_list

_MOST = 10  # pages of the catalogue that a search reads


class Label(CloudModel):
    """One label of an image."""

    key: Told = Field(default="", alias="Key")
    value: Told = Field(default="", alias="Value")


class Image(CloudModel):
    """An image. `uri` is the value for a job's Image."""

    image_id: str = Field(default="", alias="ImageId")
    name: Told = Field(default="", alias="Name")
    uri: Told = Field(default="", alias="ImageUri")
    description: Told | None = Field(default=None, alias="Description")
    accessibility: str | None = Field(default=None, alias="Accessibility")
    workspace_id: str | None = Field(default=None, alias="WorkspaceId")
    size: int | None = Field(default=None, alias="Size")
    source: str | None = Field(default=None, alias="SourceType")
    created: str | None = Field(default=None, alias="GmtCreateTime")
    labels: tuple[Label, ...] = Field(default=(), alias="Labels")


class Images(Regional):
    """Operations on images in one region. Without a workspace the official public images, with one its custom
    images."""

    async def list(self, filters: Mapping[str, Any], offset: int = 0, limit: int = 20) -> Page[Image]:
        """ListImages with the API's filters (Labels, Name, WorkspaceId, …). Raises CloudError."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {"Verbose": True, "SortBy": "GmtCreateTime", "Order": "DESC", **filters, **paging}
            return self.api.read("aiworkspace", "ListImages", params=params)

        return await page(ask, "Images", Image, offset, limit)

    async def get(self, image_id: str) -> Image:
        """GetImage. Raises CloudError, kind not_found for an unknown id."""
        params = {"Verbose": True}
        body = await self.api.read("aiworkspace", "GetImage", image_id, params=params)
        return Image.model_validate({**body, "ImageId": image_id})

    async def with_uri(self, uri: str, workspace_id: str | None) -> Image | None:
        """The image with exactly this URI; None if there is none. The results are compared here, page by page, because
        the reference does not say whether the ImageUri filter is exact."""
        filters = {"ImageUri": uri, "WorkspaceId": workspace_id}
        async for image in each(lambda offset, limit: self.list(filters, offset, limit), _MOST):
            if image.uri == uri:
                return image
        return None

    async def labels(self, params: Mapping[str, Any]) -> Sequence[Label]:
        """ListImageLabels: the keys and values that ListImages can filter by. Raises CloudError."""
        body = await self.api.read("aiworkspace", "ListImageLabels", params=params)
        return [Label.model_validate(label) for label in as_list(body.get("Labels"))]
