"""Findings of the sanity checks of a job's nodes: failed phases, and nodes that perform worse than the others."""

from pai_dlc_mcp.server.budget.fence import inert, word
from pai_dlc_mcp.server.insight.health import outliers
from pai_dlc_mcp.server.workflows.evidence import Evidence, Report

_NAMED = 5  # outliers named for each phase


async def sanity_facts(evidence: Evidence, report: Report) -> None:
    """Adds the findings of the newest check; sets the report's category if it has no better one."""
    checks = await evidence.sanity()
    if not checks:
        return
    phases = checks[0]
    done = [phase for phase in phases if phase.status in ("Succeeded", "Failed")]
    report.facts.append(f"sanity check {phases[0].number}: " + ", ".join(f"{p.phase} {p.status}" for p in phases))
    failed = next((phase for phase in phases if phase.status == "Failed"), None)
    if failed:
        _found(report, "sanity", f"sanity check failed in {failed.phase}")
        said = failed.message or "no message"
        report.quoted.append(f"{failed.phase}: {inert(evidence.redactor.text(said))[:300]}")
        for pod in evidence.job.pods:
            if pod.node and pod.node in said:
                report.facts.append(f"suspect: {pod.pod_id} on {pod.node}")
                report.meta |= {"pod_id": pod.pod_id, "node": pod.node}
    for phase in done:
        for node in outliers(phase.message or "")[:_NAMED]:
            degree = "significantly off" if node.significant else "off"
            said = f"{word(node.node)} is {node.off:+.1%} {degree} the others in {phase.phase}"
            report.facts.append(f"outlier: {said} ({node.value:g} against {node.usual:.4g}, {word(node.figure)})")
            report.meta.setdefault("outliers", []).append({"node": word(node.node), "off": round(node.off, 4)})
            _found(report, "sanity", f"a node is {node.off:+.1%} {degree} the others")


def _found(report: Report, category: str, verdict: str) -> None:
    """Makes a finding the verdict, unless the report already has a cause of another kind."""
    if report.category in ("unknown", "healthy", "platform", "none"):
        report.category, report.verdict = category, verdict
