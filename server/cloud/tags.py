"""Tags of jobs, which are their Settings.Tags."""

from collections.abc import Mapping, Sequence

from pai_dlc_mcp.server.cloud.regional import Regional

MOST_JOBS, MOST_TAGS = 50, 20  # of one call


class Tags(Regional):
    """Operations on tags in one region."""

    async def add(self, job_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """TagResources: an existing key gets the new value. The one operation whose body names the region."""
        params = {
            "RegionId": self.region,
            "ResourceType": "Job",
            "ResourceId": list(job_ids),
            "Tag": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        await self.gateway.call("pai-dlc", "TagResources", self.region, params=params)

    async def remove(self, job_ids: Sequence[str], keys: Sequence[str]) -> None:
        """UntagResources: named keys only, never all of them."""
        params = {"ResourceType": "Job", "ResourceId": list(job_ids), "TagKey": list(keys)}
        await self.gateway.call("pai-dlc", "UntagResources", self.region, params=params)
