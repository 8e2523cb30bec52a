"""Operations on images: the catalogue, and the look-up of one by its uri."""

PUBLIC = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
CUSTOM = "registry-vpc.cn-hangzhou.aliyuncs.com/example-team/llm-trainer:v12"


async def test_images_are_listed_with_their_labels(cloud, emulator) -> None:
    page = await cloud.images.list({"Labels": "system.framework.Ray=2.40.0"})
    (request,) = emulator.requests
    assert request.query == {
        "Verbose": "True",
        "SortBy": "GmtCreateTime",
        "Order": "DESC",
        "Labels": "system.framework.Ray=2.40.0",
        "PageNumber": "1",
        "PageSize": "20",
    }
    (image,) = page.items
    assert image.name == "ray:2.40.0-gpu-py311-cu124-ubuntu22.04"
    assert {label.key: label.value for label in image.labels}["system.chipType"] == "GPU"


async def test_a_workspace_has_images_of_its_own(cloud) -> None:
    own = await cloud.images.list({"WorkspaceId": "123456"})
    public = await cloud.images.list({})
    assert {image.name for image in own.items} == {"llm-trainer", "data-prep"}
    assert (public.total, {image.workspace_id for image in public.items}) == (12, {None})


async def test_one_image_is_read_with_the_id_the_service_leaves_out(cloud, emulator) -> None:
    image = await cloud.images.get("image-4pytorch26gpu001")
    assert emulator.requests[0].path == "/api/v1/images/image-4pytorch26gpu001"
    assert (image.image_id, image.uri) == ("image-4pytorch26gpu001", PUBLIC)
    assert image.labels


async def test_an_image_is_found_by_its_uri_in_its_own_place_only(cloud) -> None:
    assert (await cloud.images.with_uri(PUBLIC, None)).image_id == "image-4pytorch26gpu001"
    assert (await cloud.images.with_uri(CUSTOM, "123456")).image_id == "image-7llmtrainer00001"
    assert await cloud.images.with_uri(CUSTOM, None) is None
    assert await cloud.images.with_uri(CUSTOM, "234567") is None
    assert await cloud.images.with_uri(PUBLIC[:-1], None) is None


async def test_labels_are_the_distinct_keys_and_values_in_sight(cloud, emulator) -> None:
    labels = await cloud.images.labels({"LabelKeys": "system.chipType"})
    assert emulator.requests[0].query == {"LabelKeys": "system.chipType"}
    assert sorted((label.key, label.value) for label in labels) == [
        ("system.chipType", "CPU"),
        ("system.chipType", "GPU"),
    ]
