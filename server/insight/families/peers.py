"""Collectives and the peers of a process: what hangs, and what a failure elsewhere does to the others."""

from pai_dlc_mcp.server.insight.kinds import ROOT, STALL, VICTIM, Kind

PEERS = (
    Kind(
        "data worker killed",
        ROOT,
        "memory",
        r"DataLoader worker .{0,60}killed by signal: (?:Killed|Bus error|Segmentation|Aborted)",
        "RuntimeError: DataLoader worker (pid 4242) is killed by signal: Killed.",
        "RuntimeError: DataLoader worker (pid 4242) is killed by signal: Terminated.",
    ),
    Kind(
        "stopped by a signal",
        VICTIM,
        None,
        r"\bSIGTERM\b|closing signal|(?:[Gg]ot|[Rr]eceived|[Cc]aught)(?: death)? signal:? 15\b|SignalException"
        r"|[Rr]eceived \d+ death signal"
        r"|exitcode *: -15\b|KeyboardInterrupt|signal: Terminated"
        r"|on signal 15 |EXIT STRING: Terminated|(?:^|: )Terminated(?:$| )|task \d[\d,-]*: (?:Terminated"
        r"|Exited with exit code 143)|CancelledError|SIGINT\b"
        r"|[Rr]eceived (?:stop|termination) signal",
        "W0105 10:00:00 88 torch/distributed/elastic/api.py:897] Sending process 9 closing signal SIGTERM",
        "signal handlers installed",
        alike=True,
    ),
    Kind(
        "lost a peer",
        VICTIM,
        None,
        r"Connection(?:Reset|Aborted)Error|[Cc]onnection (?:reset by|closed by|aborted|was closed"
        r"|lost)|[Bb]roken ?[Pp]ipe|ncclRemoteError|remote process exited"
        r"|[Ss]ocket closed|recvValue failed|failed to recv|RendezvousClosedError|dump signal|to signal dumping"
        r"|dump the debug info"
        r"|NCCL communicator (?:was|is) aborted|ncclCommAbort"
        r"|Horovod has been shut down|HorovodInternalError|HostsUpdatedInterrupt|[Gg]loo .{0,60}(?:closed|reset"
        r"|failed)|[Cc]ould not connect to .{0,40}peer|[Pp]eer .{0,30}(?:has )?(?:closed|exited|died|disconnected"
        r"|shut)"
        r"|[Rr]emote (?:peer|side|end) (?:closed|exited)|[Ss]ome rank\w* .{0,20}(?:crashed|died|failed)"
        r"|(?:UNAVAILABLE|CANCELLED|ABORTED): |Coordination service agent|store->get\(|TCPStore"
        r"|Some NCCL operations have failed or timed out|process group .{0,40}(?:abort|destroy)"
        r"|retrieving ncclUniqueId|heartbeat (?:timeout|monitor)|HeartbeatMonitor|HCCL.{0,60}(?:remote|peer)"
        r"|is setting up NCCL communicator"
        r"|Transport endpoint is already|Bad file descriptor|[Ee]xception ignored in"
        r"|call hccl api failed|has failed to shutdown the rendezvous"
        r"|Terminating process because the JAX distributed service"
        r"|cannot schedule new futures after",
        "[rank0]: torch.distributed.DistBackendError: NCCL error in: ProcessGroupNCCL.cpp:1, remote process exited",
        "connected to peer 3 by NVLink",
        alike=True,
    ),
    Kind(
        "abort",
        VICTIM,
        "network",
        r"terminate called after throwing an instance of 'c10::Dist",
        "terminate called after throwing an instance of 'c10::DistBackendError'",
        "terminated 'c10::DistBackendError' handlers",
    ),
    Kind(
        "collective setup",
        ROOT,
        "configuration",
        r"Duplicate GPU detected|ncclInvalid(?:Usage|Argument)|[Ii]nvalid device ordinal|Address already in use"
        r"|EADDRINUSE|EI0003|NCCL version mismatch|[Ii]nconsistent .{0,30}across ranks",
        "[rank1]: torch.distributed.DistBackendError: invalid usage, Duplicate GPU detected : rank 1 and rank 0",
        "device ordinal 3 in use by rank 3",
    ),
    Kind(
        "collective timeout",
        STALL,
        "network",
        r"collective operation timeout|[Cc]ollective .{0,40}timed? ?out|Timed out waiting \d+ ?ms for (?:recv"
        r"|send)|wait timeout after \d+ ?ms|NCCL timeout|[Ww]atchdog .{0,60}(?:timeout|timed out|terminat)"
        r"|monitoredBarrier|EI000[26]\b|[Nn]otify(?:Wait)? .{0,40}time ?out|HCCL.{0,80}time ?out"
        r"|[Ss]ocket [Tt]imeout|Timed out after \d+ seconds waiting for|[Rr]endezvous .{0,40}(?:timed out|timeout)"
        r"|Rendezvous(?:Timeout|Connection)Error|DistNetworkError"
        r"|[Mm]issing (?:rank|peer)s?\b|One or more tensors were submitted to be|Stalled (?:tensor|op"
        r"|rank)s?|集合通信.{0,20}超时",
        "[rank1]:[E ProcessGroupNCCL.cpp:9] [Rank 1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=1)",
        "NCCL_TIMEOUT=1800 collective ops enabled",
        alike=True,
    ),
    Kind(
        "node lost",
        STALL,
        "platform",
        r"\b(?:[Nn]ode|[Hh]ost|[Ee]xecutor|[Ww]orker)\b.{0,160}(?:marked (?:as )?dead|went down|is unreachable"
        r"|LINK DOWN)|LINK DOWN",
        "The node with node id: 3f1c has been marked dead because it missed too many heartbeats.",
        "node 3 of 4 is ready",
    ),
    Kind(
        "NCCL",
        STALL,
        "network",
        r"NCCL (?:WARN|[Ee]rror)|nccl(?:Unhandled|System|Internal)\w*Error|DistBackendError|ibv_\w+ (?:failed"
        r"|error)|NET/(?:IB|Socket) ?: .*(?:error|fail)|HCCL .{0,30}(?:error|fail)|ERR\d{5} DIST|XCCL error"
        r"|RCCL error|BKCL.{0,30}(?:error|fail)",
        "node1:1:2 [0] NCCL WARN Call to connect failed",
        "NCCL INFO Init COMPLETE",
        alike=True,
    ),
    Kind(
        "no connection",
        STALL,
        "network",
        r"(?:[Ff]ailed|[Uu]nable|[Cc]ould not|[Cc]annot) (?:to )?connect\b|[Cc]onnection refused"
        r"|ConnectionRefusedError|DistStoreError",
        "Failed to connect to GCS at address 10.0.0.3:6379 within 60 seconds.",
        "connected to 10.0.0.3",
        alike=True,
    ),
)
