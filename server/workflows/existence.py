"""Checks before a create that everything a draft names exists: workspace, images, specs, datasets, code sources."""

import re
from collections.abc import Awaitable, Iterator, Sequence

import anyio

from pai_dlc_mcp.server.budget.fence import word
from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.errors import missing, or_none
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_spec import Draft
from pai_dlc_mcp.server.spelling import nearest

_OFFERS = 5  # values that an error suggests
_ALIKE = 100  # images of a name, the nearest of which is suggested


async def check(cloud: CloudInRegion, draft: Draft) -> Sequence[EcsSpec]:
    """Check everything that the draft names, in parallel. Returns the ECS specs.

    Raises one Failure that names all that does not exist, or the first CloudError.
    """
    specs: list[EcsSpec] = []
    problems: list[str] = []
    failures: list[Failure] = []

    async def look(question: Awaitable[str | None]) -> None:
        try:
            if problem := await question:
                problems.append(problem)
        except Failure as failure:
            failures.append(failure)

    async with anyio.create_task_group() as group:
        for question in _questions(cloud, draft, specs):
            group.start_soon(look, question)
    if problems:
        raise Failure(
            f"The job cannot be created in {cloud.region}: {'; '.join(sorted(problems))}.",
            fix="Correct these fields, with values that the named list tools show.",
            code="NotInCatalog",
        )
    if failures:
        raise failures[0]
    return specs


def _questions(cloud: CloudInRegion, draft: Draft, specs: list[EcsSpec]) -> Iterator[Awaitable[str | None]]:
    """One check for each name: None, or what is wrong with it."""
    yield _workspace(cloud, draft.workspace_id)
    yield _ecs_specs(cloud, draft, specs)
    if cloud.settings.image_policy == "catalog":
        for image in dict.fromkeys(spec.image for spec in draft.job_specs):
            yield _image(cloud, image, draft.workspace_id)
    for dataset in dict.fromkeys(source.data_source_id for source in draft.data_sources or []):
        if dataset:
            yield _dataset(cloud, dataset)
    if draft.code_source and draft.code_source.code_source_id:
        yield _code_source(cloud, draft.code_source.code_source_id)


async def _ecs_specs(cloud: CloudInRegion, draft: Draft, specs: list[EcsSpec]) -> str | None:
    """Appends the specs that exist to `specs`."""
    wanted = dict.fromkeys(spec.ecs_spec for spec in draft.job_specs if spec.ecs_spec)
    found = {spec.instance_type: spec for spec in (await cloud.specs.list({})).items} if wanted else {}
    specs.extend(found[name] for name in wanted if name in found)
    return "; ".join(_no_spec(name, list(found)) for name in wanted if name not in found) or None


async def _workspace(cloud: CloudInRegion, workspace_id: str) -> str | None:
    if await missing(cloud.workspaces.get(workspace_id)):
        return f"workspace {workspace_id} does not exist in {cloud.region} (list_workspaces shows yours)"
    return None


async def _dataset(cloud: CloudInRegion, dataset_id: str) -> str | None:
    if await missing(cloud.sources.dataset(dataset_id)):
        return f"dataset {dataset_id} does not exist in {cloud.region} (list_datasets)"
    return None


async def _code_source(cloud: CloudInRegion, code_source_id: str) -> str | None:
    if await missing(cloud.sources.code_source(code_source_id)):
        return f"code source {code_source_id} does not exist in {cloud.region} (list_code_sources)"
    return None


async def _image(cloud: CloudInRegion, given: str, workspace_id: str) -> str | None:
    """An image must be exactly an ImageUri of the catalogue. For a name or an id the error suggests its URI."""
    for workspace in (None, workspace_id):
        if await or_none(cloud.images.with_uri(given, workspace)):
            return None
    meant = await _uri_of(cloud, given, workspace_id)
    offer = f"its ImageUri is {word(meant)}" if meant else "list_images shows the ImageUris"
    return f"image {given!r} is not an ImageUri of this region's catalogue ({offer})"


async def _uri_of(cloud: CloudInRegion, given: str, workspace_id: str) -> str | None:
    if re.fullmatch(ids.IMAGE_ID, given):
        image = await or_none(cloud.images.get(given))
        return image.uri if image and image.workspace_id in (None, workspace_id) else None
    name = given.rpartition("/")[2]
    family = name.partition(":")[0]  # of a tag that is no longer there
    for part in dict.fromkeys((name, family)):
        for workspace in (None, workspace_id):
            page = await or_none(cloud.images.list({"Name": part, "WorkspaceId": workspace}, 0, _ALIKE))
            items = [image for image in (page.items if page else ()) if image.uri]
            found = {image.name: image.uri for image in items if part == name or image.name.startswith(f"{family}:")}
            if found:
                return found[nearest(name, found) or next(iter(found))]
    return None


def _no_spec(name: str, known: Sequence[str]) -> str:
    near = [k for k in known if k.startswith(name)][:_OFFERS] or [n for n in [nearest(name, known)] if n]
    offer = f"there is {', '.join(near)}" if near else "list_ecs_specs shows them"
    return f"ecs_spec {name!r} does not exist ({offer})"
