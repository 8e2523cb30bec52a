"""A test of code that submits a training job."""

from alibabacloud_pai_dlc20201203 import models

IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"


def submit(client):
    spec = models.JobSpec(type="Worker", image=IMAGE, pod_count=1, ecs_spec="ecs.gn7i-c8g1.2xlarge")
    job = models.CreateJobRequest(
        display_name="sft", job_type="PyTorchJob", user_command="python train.py", job_specs=[spec]
    )
    job.envs = {"EMULATOR_SCENARIO": "cuda_oom"}
    return client.create_job(job).body.job_id


def test_a_job_that_runs_out_of_memory_fails(pai_dlc_client, pai_dlc_emulator):
    job_id = submit(pai_dlc_client)
    pai_dlc_emulator.clock.advance(3600)
    assert pai_dlc_client.get_job(job_id, models.GetJobRequest()).body.status == "Failed"
    log = pai_dlc_client.get_pod_logs(job_id, f"{job_id}-master-0", models.GetPodLogsRequest()).body.logs
    assert "CUDA out of memory" in log[-1]
