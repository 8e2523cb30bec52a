"""ListEcsSpecs."""

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException


@pytest.mark.parametrize("sort_by", ["CPU", "GPU", "Gpu", "Memory", "GmtCreateTime"])
def test_no_order_is_accepted(dlc: Client, sort_by: str) -> None:
    with pytest.raises(ClientException) as caught:
        dlc.list_ecs_specs(models.ListEcsSpecsRequest(sort_by=sort_by))
    assert (caught.value.status_code, caught.value.code) == (400, "InvalidParameter")


def test_specs_are_filtered_and_paged(dlc: Client) -> None:
    first = dlc.list_ecs_specs(models.ListEcsSpecsRequest()).body
    assert (len(first.ecs_specs), first.total_count) == (10, 24)
    lingjun = dlc.list_ecs_specs(models.ListEcsSpecsRequest(resource_type="Lingjun")).body.ecs_specs
    assert [spec.instance_type for spec in lingjun] == ["ml.gu7xf.c96m1600.8-gu108"]
    request = models.ListEcsSpecsRequest(instance_types="ecs.g6.large,ecs.gn6i-c4g1.xlarge", accelerator_type="GPU")
    assert [(spec.instance_type, spec.gpu_type) for spec in dlc.list_ecs_specs(request).body.ecs_specs] == [
        ("ecs.gn6i-c4g1.xlarge", "NVIDIA T4")
    ]


def test_some_machines_are_out_of_stock(dlc: Client) -> None:
    specs = dlc.list_ecs_specs(models.ListEcsSpecsRequest(page_size=100)).body.ecs_specs
    gone = {spec.instance_type for spec in specs if not spec.is_available}
    assert "ecs.gn7e-c16g1.4xlarge" in gone
    assert {spec.spot_stock_status for spec in specs if spec.instance_type in gone} == {"NoStock"}
