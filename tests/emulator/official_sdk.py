"""Run by test_clients.py in an interpreter that has `alipai`: PAI's own SDK, with its vendored clients and their older
signature, does a job's round against the emulator. Writes what it saw as JSON."""

import json
import sys

from alibabacloud_tea_openapi.models import Config
from pai.libs.alibabacloud_aiworkspace20210204 import models as workspace_models
from pai.libs.alibabacloud_aiworkspace20210204.client import Client as Workspace
from pai.libs.alibabacloud_pai_dlc20201203 import models
from pai.libs.alibabacloud_pai_dlc20201203.client import Client as Dlc

endpoint, key_id, secret = sys.argv[1:]


def config() -> Config:
    return Config(
        access_key_id=key_id,
        access_key_secret=secret,
        endpoint=endpoint,
        protocol="HTTP",
        region_id="cn-hangzhou",
        signature_algorithm="v2",
    )


workspace, dlc = Workspace(config()), Dlc(config())
labels = workspace_models.ListImagesRequest(verbose=True, labels="system.official=true")
image = workspace.list_images(labels).body.images[0].image_uri
spec = models.JobSpec(type="Worker", image=image, pod_count=1, ecs_spec="ecs.g6.large")
made = dlc.create_job(
    models.CreateJobRequest(
        display_name="official-sdk",
        job_type="PyTorchJob",
        user_command="python train.py --note '\u6d4b\u8bd5 a=b&c'",
        job_specs=[spec],
        workspace_id="123456",
    )
).body.job_id
search = models.ListJobsRequest(display_name="official-sdk", workspace_id="123456", show_own=True)
seen = {
    "workspaces": workspace.list_workspaces(workspace_models.ListWorkspacesRequest()).body.total_count,
    "datasets": workspace.list_datasets(workspace_models.ListDatasetsRequest(workspace_id="123456")).body.total_count,
    "code_sources": workspace.list_code_sources(
        workspace_models.ListCodeSourcesRequest(workspace_id="123456")
    ).body.total_count,
    "specs": dlc.list_ecs_specs(models.ListEcsSpecsRequest(page_size=5)).body.total_count,
    "status": dlc.get_job(made).body.status,
    "command": dlc.get_job(made).body.user_command,
    "found": [job.job_id for job in dlc.list_jobs(search).body.jobs] == [made],
    "stopped": dlc.stop_job(made).body.job_id == made,
}
sys.stdout.write(json.dumps(seen))
