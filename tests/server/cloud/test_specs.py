"""ListEcsSpecs."""

from pai_dlc_mcp.server.cloud.specs import EcsSpec


async def test_specs_are_never_asked_for_sorted_because_the_service_rejects_it(cloud, emulator) -> None:
    specs = (await cloud.specs.list({"AcceleratorType": "GPU"})).items
    (request,) = emulator.requests
    assert request.query == {"AcceleratorType": "GPU", "PageNumber": "1", "PageSize": "100"}
    assert len(specs) == 16
    assert {spec.accelerator for spec in specs} == {"GPU"}


async def test_a_spec_is_read_with_its_size_and_stock(cloud) -> None:
    found = {spec.instance_type: spec for spec in (await cloud.specs.list({})).items}
    assert found["ecs.gn7e-c16g1.4xlarge"] == EcsSpec.model_construct(
        instance_type="ecs.gn7e-c16g1.4xlarge",
        accelerator="GPU",
        gpus=1,
        gpu_type="NVIDIA A100",
        gpu_memory=80,
        cpus=16,
        memory=125,
        available=False,
        spot_stock=found["ecs.gn7e-c16g1.4xlarge"].spot_stock,
        spot_discount=0.0,
        driver="535.161.08",
        drivers=("470.199.02", "535.161.08", "550.127.08"),
        resource_type="ECS",
    )


async def test_all_pages_are_read(cloud, emulator) -> None:
    one = emulator.account.specs[0]
    emulator.account.specs = [{**one, "InstanceType": f"ecs.g6.{number}xlarge"} for number in range(230)]
    specs = (await cloud.specs.list({})).items
    assert [spec.instance_type for spec in specs] == [spec["InstanceType"] for spec in emulator.account.specs]
    assert [request.query["PageNumber"] for request in emulator.requests] == ["1", "2", "3"]
