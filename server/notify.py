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
from anyio import to_thread

from pai_dlc_mcp.server import deadline
from pai_dlc_mcp.server.budget import redact
from pai_dlc_mcp.server.budget.fence import inert, inline
from pai_dlc_mcp.server.cloud.endpoints import resolve_region
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import App, CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety.store import kept
from pai_dlc_mcp.server.webhook import form_of, message
from pai_dlc_mcp.server.workflows.diagnosis import diagnose
from pai_dlc_mcp.server.workflows.waiting import Looks, Sight
from pai_dlc_mcp.server.workflows.watched import KIND

_EVERY = 30.0  # seconds between two checks
_AT_ONCE = 50  # jobs of one check
_TOLD, _TOLD_S = "told", 90 * 86400  # kind and lifetime (s) of the records of ends already posted
_POST_S = 10.0
_FACT = 600  # characters of one fact in a message
_log = logging.getLogger(__name__)


class Watch:
    """Checks the watched jobs in the store until the server ends."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._looks: dict[str, Looks] = {}  # by region; keeps the jobs' workspaces, which saves requests

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[dict[str, Any]]:
        async with anyio.create_task_group() as group:
            group.start_soon(self._run)
            yield {}
            group.cancel_scope.cancel()

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except (Failure, ExceptionGroup) as error:  # try again at the next check
                _log.warning("watched jobs could not be looked at: %s", type(error).__name__)
            await self._app.clock.sleep(_EVERY)

    async def look(self) -> None:
        """Check each watched job once; post a message for each that has ended."""
        store = self._app.store
        regions: dict[str, list[str]] = {}
        for job_id in await kept(store.keys, KIND):
            if record := await kept(store.get, KIND, job_id):
                regions.setdefault(record["region"], []).append(job_id)
        for region, job_ids in regions.items():
            for start in range(0, len(job_ids), _AT_ONCE):
                await self._look_at(region, job_ids[start : start + _AT_ONCE])

    async def _look_at(self, region: str, job_ids: Sequence[str]) -> None:
        try:
            sights = await self._sights(region, job_ids)
        except (Failure, ExceptionGroup) as error:  # of one region only; go on with the others
            _log.warning("watched jobs of %s could not be looked at: %s", inline(region, 40), type(error).__name__)
            return
        for sight in sights:
            if sight.over:
                try:
                    await self._over(sight, region)
                except (Failure, ExceptionGroup) as error:  # try again at the next check
                    _log.warning("the end of a job could not be told: %s", type(error).__name__)

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
            text, facts = words
            await to_thread.run_sync(self._post, text, facts, abandon_on_cancel=True)

    async def _words(self, job_id: str, region: str) -> tuple[str, dict[str, Any]]:
        """The text about a job's end, and the same as fields."""
        with self._cloud(region) as cloud:
            job = await cloud.jobs.get(job_id)
            why = await _why(cloud, job)
            known = {"job_id": job_id, "region": region, "display_name": job.display_name, "status": job.status, **why}
            facts = {name: inert(inline(str(value), _FACT)) for name, value in known.items() if value}
        said = ": ".join(facts[name] for name in why if name in facts)
        name = f"{facts['display_name']} ({job_id})" if "display_name" in facts else job_id
        return f"PAI-DLC: job {name} in {region} has ended: {facts['status']}{said and f'. {said}'}", facts

    @contextmanager
    def _cloud(self, region: str) -> Generator[CloudInRegion]:
        """The cloud for one message; secrets met in its answers are redacted from the message."""
        with deadline.whole_call(self._app.settings.deadline), redact.whole_call(redact.Seen(self._app.own)):
            yield CloudInRegion(self._app, resolve_region(region, self._app.settings))

    def _post(self, text: str, facts: dict[str, Any]) -> None:
        """One POST, without following redirects. Failures are logged without the address, which contains a key."""
        settings = self._app.settings
        assert settings.notify
        url, key = settings.notify.get_secret_value(), settings.notify_secret
        form = form_of(url, settings.notify_hosts)
        url, body = message(url, form, key.get_secret_value() if key else None, text, facts, time.time())
        logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs addresses
        try:
            answer = requests.post(url, json=body, timeout=_POST_S, allow_redirects=False)
        except requests.RequestException as error:
            _log.warning("a notification was not taken: %s", type(error).__name__)
            return
        code = _code(answer.text[:2000])
        if answer.status_code >= 300 or code:
            _log.warning("a notification was refused: HTTP %d, code %d", answer.status_code, code)


async def _why(cloud: CloudInRegion, job: Job) -> dict[str, str | None]:
    if job.status != "Failed":
        return {"reason": job.reason if job.status != "Succeeded" else None}
    report = await diagnose(cloud, job)
    return {"category": report.category, "verdict": report.verdict}


def _code(answer: str) -> int:
    """The error code in a body sent with HTTP 200: DingTalk, Feishu and WeCom report failures so."""
    found = re.search(r'"(?:errcode|code)"\s*:\s*(\d{1,9})', answer)
    return int(found[1]) if found else 0
