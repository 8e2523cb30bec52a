"""The environment of a pod whose command runs: the variables that DLC sets for each framework, with all pods on the
loopback.

Names and meanings are those of the page "Built-in environment variables" in PAI's documentation (April 2026):
WORLD_SIZE is the number of nodes, RANK is the node's; LOCAL_RANK is set by the launcher.
"""

import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from pai_dlc_mcp.emulator.job import Job, Resources
from pai_dlc_mcp.emulator.state import OWNER_ID, REGION

LOOPBACK = "127.0.0.1"
Member = tuple[str, int, Resources]
"""Role, index in the role, resources. The position in the list is the rank (pods.names)."""

OF_MASTER = ("PyTorchJob", "XGBoostJob", "OneFlowJob", "ElasticBatchJob")
"""Job types whose pods meet at MASTER_ADDR:MASTER_PORT. The page names PyTorch; KubeDL does it for the others too."""


def free_ports(count: int) -> list[int]:
    """Free ports. All are held open together, so that none is returned twice."""
    held = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def environment(job: Job, members: Sequence[Member], rank: int, ports: Sequence[int]) -> dict[str, str]:
    """The variables of one pod. Of this process's environment only the search paths of programs are passed on, since
    others may be credentials."""
    role, index, resources = members[rank]
    found = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "LANG": "C.UTF-8",
        "DLC_JOB_ID": job.job_id,
        "REGION": REGION,
        "PAI_WORKSPACE_ID": job.body["WorkspaceId"],
        "HOSTNAME": f"{job.job_id}-{role}-{index}",
        "KUBERNETES_POD_NAMESPACE": f"t{OWNER_ID}",
    }
    if job.kind in OF_MASTER:
        found |= {
            "MASTER_ADDR": LOOPBACK,
            "MASTER_PORT": str(ports[0]),
            "WORLD_SIZE": str(len(members)),
            "RANK": str(rank),
            "NPROC_PER_NODE": str(max(resources.gpu, 1)),
            "PYTHONUNBUFFERED": "0",  # any non-empty text turns buffering off; KubeDL writes 0
        }
    if job.kind == "TFJob":
        found["TF_CONFIG"] = json.dumps(tf_config(members, rank, ports))
    return {**found, **{str(name): str(value) for name, value in job.body.get("Envs", {}).items()}}


def tf_config(members: Sequence[Member], rank: int, ports: Sequence[int]) -> dict[str, object]:
    cluster: dict[str, list[str]] = {}
    for (role, _, _), port in zip(members, ports, strict=True):
        cluster.setdefault(role, []).append(f"{LOOPBACK}:{port}")
    role, index, _ = members[rank]
    return {"cluster": cluster, "task": {"type": role, "index": index}, "environment": "cloud"}
