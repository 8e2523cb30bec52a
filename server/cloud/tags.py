"""Tags of jobs (Settings.Tags)."""

from collections.abc import Mapping, Sequence

from pai_dlc_mcp.server.cloud.api import Regional, Write

MOST_JOBS, MOST_TAGS = 50, 20  # in one call


class Tags(Regional):
    """Operations on tags in one region."""

    def add(self, job_ids: Sequence[str], tags: Mapping[str, str]) -> Write[None]:
        """TagResources; replaces the value of an existing key. The only operation whose body contains the region."""
        params = {
            "RegionId": self.api.region,
            "ResourceType": "Job",
            "ResourceId": list(job_ids),
            "Tag": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        return self.api.write("TagResources", params=params)

    def remove(self, job_ids: Sequence[str], keys: Sequence[str]) -> Write[None]:
        """UntagResources for the given keys."""
        params = {"ResourceType": "Job", "ResourceId": list(job_ids), "TagKey": list(keys)}
        return self.api.write("UntagResources", params=params)
