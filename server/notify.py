"""Posts one message to a webhook for the end of each job that was created or waited for through this server.

An end is recorded before its message is posted, and a message is never retried: at most one POST for each end, with
replicas and restarts as well. Messages are cleaned and redacted as results are.
"""

import logging
import re
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import requests

from pai_dlc_mcp.server import deadline
from pai_dlc_mcp.server.budget import redact
from pai_dlc_mcp.server.budget.fence import inert, inline
from pai_dlc_mcp.server.cloud.endpoints import resolve_region
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.workers import Workers
from pai_dlc_mcp.server.deps import App, CloudInRegion
from pai_dlc_mcp.server.safety.store import kept
from pai_dlc_mcp.server.webhook import form_of, message
from pai_dlc_mcp.server.workflows.diagnosis import diagnose
from pai_dlc_mcp.server.workflows.waiting import Looks, Sight
from pai_dlc_mcp.server.workflows.watched import KIND

_EVERY = 30.0  # seconds between two looks
_AT_ONCE = 50  # jobs of one look
_TOLD, _TOLD_S = "told", 90 * 86400  # ends that were told, and for how long that is known
_POST_S = 10.0  # for all of one POST, however slowly it is answered
_POSTS = 4  # at once: one that was given up goes on until its socket times out
_ANSWER = 2000  # bytes read of an answer
_FACT = 600  # characters of one fact in a message
_log = logging.getLogger(__name__)


class Watch:
    """Checks the watched jobs in the store until the server ends."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._looks: dict[str, Looks] = {}  # by region: what is known of its jobs spares requests
        self._posts = Workers(_POSTS)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[dict[str, Any]]:
        async with anyio.create_task_group() as group:
            group.start_soon(self._run)
            yield {}
            group.cancel_scope.cancel()

    async def _run(self) -> None:
        while True:
            with _going_on("watched jobs could not be looked at"):
                await self.look()
            await self._app.clock.sleep(_EVERY)

    async def look(self) -> None:
        """Check each watched job once; post a message for each that has ended."""
        store = self._app.store
        regions: dict[str, list[str]] = {}
        for job_id in await kept(store.keys, KIND):
            with _going_on("the record of a watched job could not be read"):
                if record := await kept(store.get, KIND, job_id):
                    regions.setdefault(record["region"], []).append(job_id)
        for region, job_ids in regions.items():
            for start in range(0, len(job_ids), _AT_ONCE):
                with _going_on("watched jobs of a region could not be looked at"):
                    await self._look_at(region, job_ids[start : start + _AT_ONCE])

    async def _look_at(self, region: str, job_ids: Sequence[str]) -> None:
        for sight in await self._sights(region, job_ids):
            if sight.over:
                with _going_on("the end of a job could not be told"):
                    await self._over(sight, region)

    async def _sights(self, region: str, job_ids: Sequence[str]) -> Sequence[Sight]:
        if region not in self._looks:
            cloud = CloudInRegion(self._app, resolve_region(region, self._app.settings))
            self._looks[region] = Looks(cloud, ())
        looks = self._looks[region]
        looks.job_ids = job_ids
        await looks.look()
        return looks.sights

    async def _over(self, sight: Sight, region: str) -> None:
        store, job_id = self._app.store, sight.job_id
        if sight.job is None and sight.gone != "not found":
            self._looks.pop(region, None)  # cannot be read now: start anew at the next check
            return
        words = await self._words(job_id, region) if sight.job else None  # first: on an error nothing is recorded
        first = words is not None and await kept(store.put, _TOLD, job_id, {}, _TOLD_S)
        await kept(store.take, KIND, job_id)
        if words and first:
            with _going_on("a notification was not taken"), anyio.fail_after(_POST_S):
                await self._posts.run(self._post, *words)

    async def _words(self, job_id: str, region: str) -> tuple[str, dict[str, Any]]:
        """The text about a job's end, and the same as fields."""
        with self._cloud(region) as cloud:
            job = await cloud.jobs.get(job_id)
            why = await _why(cloud, job)
            known = {"job_id": job_id, "region": region, "display_name": job.display_name, "status": job.status, **why}
            facts = {name: inert(inline(str(value), _FACT)) for name, value in known.items() if value}
        said = ": ".join(facts[name] for name in why if name in facts)
        name = f"{facts['display_name']} ({job_id})" if "display_name" in facts else job_id
        where = "PAI-DLC emulator" if self._app.settings.emulator else "PAI-DLC"
        return f"{where}: job {name} in {region} has ended: {facts['status']}{said and f'. {said}'}", facts

    @contextmanager
    def _cloud(self, region: str) -> Generator[CloudInRegion]:
        """The cloud for one message; secrets met in its answers are redacted from the message."""
        with deadline.whole_call(self._app.settings.deadline), redact.whole_call(redact.Seen(self._app.own)):
            yield CloudInRegion(self._app, resolve_region(region, self._app.settings))

    def _post(self, text: str, facts: dict[str, Any]) -> None:
        """One POST, no redirect followed. A refusal is logged without the address, which is a key."""
        settings = self._app.settings
        assert settings.notify
        url, key = settings.notify.get_secret_value(), settings.notify_secret
        form = form_of(url, settings.notify_hosts)
        url, body = message(url, form, key.get_secret_value() if key else None, text, facts, time.time())
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # DEBUG has addresses, as a warning of a bad header has
        plain = {"Accept-Encoding": "identity"}  # what is read of an answer is not inflated
        with requests.post(
            url, json=body, headers=plain, timeout=_POST_S, allow_redirects=False, stream=True
        ) as answer:
            code = _code(answer.raw.read(_ANSWER).decode(errors="replace"))
        if answer.status_code >= 300 or code:
            _log.warning("a notification was refused: HTTP %d, code %d", answer.status_code, code)


@contextmanager
def _going_on(what: str) -> Generator[None]:
    """Whatever fails in here is logged by its kind, and what comes after goes on: a server does not end because one of
    its ends cannot be told, and the next look may succeed. Its text may quote the address."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a loop outlives what it looks at
        _log.warning("%s: %s", what, type(error).__name__)


async def _why(cloud: CloudInRegion, job: Job) -> dict[str, str | None]:
    if job.status != "Failed":
        return {"reason": job.reason if job.status != "Succeeded" else None}
    report = await diagnose(cloud, job)
    return {"category": report.category, "verdict": report.verdict}


def _code(answer: str) -> int:
    """The error code in a body sent with HTTP 200: DingTalk, Feishu and WeCom report failures so."""
    found = re.search(r'"(?:errcode|code)"\s*:\s*(\d{1,9})', answer)
    return int(found[1]) if found else 0
