"""ListImages, GetImage, ListImageLabels. Official images belong to no workspace, custom images to one."""

from pai_dlc_mcp.emulator import errors, listing
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


def list_images(account: Account, request: Request) -> Json:
    """Official images without WorkspaceId, else the workspace's images. Labels only with Verbose."""
    wanted = pairs(request.text("Labels"))
    verbose = request.flag("Verbose")
    found = listing.select(
        [image for image in in_workspace(account, request.text("WorkspaceId")) if has(image, wanted)],
        request,
        exact={"Accessibility": "Accessibility", "ImageUri": "ImageUri"},
        contains={"Name": "Name", "Query": "Name"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "ASC")
    images = [view(image, verbose) for image in listing.page(found, request, 20)]
    return {"Images": images, "TotalCount": len(found)}


def get_image(account: Account, request: Request) -> Json:
    image_id = request.ids["ImageId"]
    image = next((image for image in account.images if image["ImageId"] == image_id), None)
    if not image:
        raise errors.not_found(f"Image {image_id} not exists.")
    body = view(image, request.flag("Verbose"))
    del body["ImageId"]
    return body


def list_image_labels(account: Account, request: Request) -> Json:
    """The different labels of the images that the caller can see."""
    keys = request.words("LabelKeys")
    wanted = pairs(request.text("LabelFilter"))
    images = listing.select(in_workspace(account, request.text("WorkspaceId")), request, exact={"ImageId": "ImageId"})
    found = {
        (label["Key"], label["Value"])
        for image in images
        if has(image, wanted)
        for label in image["Labels"]
        if not keys or label["Key"] in keys
    }
    return {
        "Labels": [{"Key": key, "Value": value} for key, value in sorted(found)],
        "TotalCount": len(found),
    }


def in_workspace(account: Account, workspace_id: str) -> list[Json]:
    if workspace_id:
        account.workspace(workspace_id)
    return [image for image in account.images if image["WorkspaceId"] == workspace_id]


def view(image: Json, verbose: bool) -> Json:
    return {key: value for key, value in image.items() if verbose or key != "Labels"}


def pairs(text: str) -> list[tuple[str, str]]:
    """Parse `k=v,k=v`; all must match. v can be * for any value."""
    found: list[tuple[str, str]] = []
    for pair in filter(None, text.split(",")):
        key, equals, value = pair.strip().partition("=")
        if not equals:
            raise errors.invalid(f"Labels {pair!r} is not key=value.")
        found.append((key, value))
    return found


def has(image: Json, wanted: list[tuple[str, str]]) -> bool:
    labels = {label["Key"]: label["Value"] for label in image["Labels"]}
    return all(key in labels and value in ("*", labels[key]) for key, value in wanted)


def known(account: Account, uri: str) -> bool:
    """Whether the registry has the image. The public host has the same images as the -vpc host."""
    return any(uri in (image["ImageUri"], image["ImageUri"].replace("-vpc.", ".")) for image in account.images)
