"""How launchers and schedulers report what became of the processes they started."""

from pai_dlc_mcp.server.insight.kinds import DEATH, ROOT, VICTIM, WRAPPER, Kind

_KILLS = r"-?(?:4|7|8|9|11|31|132|135|136|137|139)\b"

LAUNCHERS = (
    Kind(
        "stopped by a signal",
        VICTIM,
        None,
        r"(?:return code|exit ?code|exit(?:ed)? (?:with )?(?:status|code)|status code)[ :=]{1,3}(?:-15|143)\b"
        r"|[Ss]ignal 15\b|-15 \(SIGTERM\)",
        "[2026-01-05 10:00:00,1] [ERROR] [launch.py:325:sigkill_handler] ['python'] exits with return code = -15",
        "exits with return code = -9",
        alike=True,
    ),
    Kind(
        "time limit",
        ROOT,
        "resources",
        r"DUE TO TIME LIMIT|DeadlineExceeded: Job was active|exceeded (?:the |its )?(?:time limit"
        r"|maximum running time|max(?:imum)? run ?time)",
        "slurmstepd: error: *** JOB 42 ON node1 CANCELLED AT 2026-01-05T10:00:00 DUE TO TIME LIMIT ***",
        "time limit: 3-00:00:00",
    ),
    Kind(
        "resources taken away",
        ROOT,
        "resources",
        r"DUE TO (?:PREEMPTION|NODE FAILURE)|\b[Pp]reempted\b|[Pp]reemption (?:notice|signal|request)"
        r"|[Ss]pot (?:instance|node)\w* .{0,40}(?:reclaim|interrupt|releas|terminat)"
        r"|(?i:\b(?:reclaim(?:ed|ing|ation)?|interruption|eviction|preemption) (?:notice|warning|event|signal"
        r"|request)\b)"
        r"|\b(?i:instance|node|machine|vm|host) .{0,40}(?:will|is going to|about to) be (?:released|reclaimed"
        r"|terminated"
        r"|interrupted|preempted)"
        r"|\bEvicted\b|\bpods? .{0,40}evicted|[Nn]ot enough (?:slots|GPUs|resources)|[Dd]isk pressure"
        r"|[Tt]he node was low on resource|was evicted|ResourceAllocateFailed|resource type is not enough"
        r"|[Ii]nsufficient quota|QuotaExceeded"
        r"|[Ii]nsufficient (?:cpu|memory|nvidia\.com/gpu)\b|No (?:available|enough) resources|资源不足|被抢占",
        "slurmstepd: error: *** STEP 7.0 ON node2 CANCELLED AT 2026-01-05T10:00:00 DUE TO PREEMPTION ***",
        "preemption policy: never",
    ),
    Kind(
        "stopped by a signal",
        VICTIM,
        None,
        r"(?:JOB|STEP|TASK) .{0,80}CANCELLED|killed due to job finish",
        "slurmstepd: error: *** STEP 7.0 ON node2 CANCELLED AT 2026-01-05T10:00:00 ***",
        "STEP 7 of 9",
        alike=True,
    ),
    Kind(
        "killed",
        DEATH,
        "memory",
        r"(?:exitcode|return code|exit(?:ed)? (?:with )?(?:status|code)|[Ee]xit [Cc]ode|status code"
        r"|EXIT CODE)[ :=]{1,4}-?(?:9|137)\b|\bexit code -?(?:9|137)\b"
        r"|on signal 9 \(|EXIT STRING: Killed|died with <Signals\.SIGKILL|terminated (?:with"
        r"|by) signal:? (?:SIGKILL|9\b)|[Ss]ignal 9 \(SIGKILL\)|task \d[\d,-]*: Killed"
        r"|KILLED BY SIGNAL: 9|was sent SIGKILL|[Ww]orker .{0,60}killed by SIGKILL",
        "[2026-01-05 10:00:00,1] [ERROR] [launch.py:325:sigkill_handler] ['python'] exits with return code = -9",
        "torchelastic exitcode  : 1 (pid: 9)",
    ),
    Kind(
        "crash",
        DEATH,
        "program",
        r"(?:exitcode|return code|exit(?:ed)? (?:with )?(?:status|code)|[Ee]xit [Cc]ode|status code"
        r"|EXIT CODE)[ :=]{1,4}"
        + _KILLS
        + r"|KILLED BY SIGNAL: (?:4|7|8|11)\b|on signal (?:4|7|8|11) \("
        + r"|EXIT STRING: (?:Segmentation|Bus|Floating|Illegal)"
        + r"|died with <Signals\.SIG(?:SEGV|BUS|FPE|ILL)"
        r"|terminated (?:with|by) signal:? (?:SIG(?:SEGV|BUS|FPE|ILL)|11\b)|[Ss]ignal (?:4|7|8|11) \(SIG"
        r"|task \d[\d,-]*: (?:Segmentation|Bus|Floating|Illegal)",
        "mpirun noticed that process rank 3 with PID 0 on node w exited on signal 11 (Segmentation fault).",
        "mpirun noticed that process rank 3 exited on signal 15 (Terminated).",
    ),
    Kind(
        "MPI abort",
        DEATH,
        "program",
        r"MPI_ABORT was invoked|MPI_Abort\(|application called MPI_Abort",
        "MPI_ABORT was invoked on rank 2 in communicator MPI_COMM_WORLD",
        "MPI_Init done",
    ),
    Kind(
        "gave up",
        DEATH,
        None,
        r"entered FATAL state|\b[Gg]ave up: \w+",
        "INFO gave up: trainer entered FATAL state, too many start retries too quickly",
        "INFO success: trainer entered RUNNING state",
    ),
    Kind(
        "torchrun report",
        WRAPPER,
        None,
        r"ChildFailedError|Root Cause \(first observed failure\)|^ *exitcode +: |CHILD PROCESS FAILED"
        r"|failed \(exitcode: |\(local_rank \d+\) FAILED \(exitcode",
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
        "  error_file: <N/A>",
    ),
    Kind(
        "packages",
        ROOT,
        "program",
        r"^ *[×✗] (?:Failed to (?:build|download|resolve|fetch)|No solution found)",
        "  × Failed to build `flash-attn==2.7.4`",
        "  × python setup.py bdist_wheel did not run successfully.",
    ),
    Kind(
        "launcher report",
        WRAPPER,
        None,
        r"CalledProcessError|returned non-zero exit status|exits with return code = |Lost executor|exit(?:ed"
        r"|s)? with (?:a )?non-zero|non-zero exit code"
        r"|BAD TERMINATION OF ONE OF|mpirun (?:noticed|detected) that|Primary job +terminated|exited on signal \d+"
        r"|[Ee]xit(?:ed|s)? with (?:exit )?(?:code|status)[ :=]+-?[1-9]|(?:ORTE|PRTE|PRRTE) .{0,20}was unable"
        r"|exit status [1-9]\d*\b"
        r"|Process \d+ exit with status code|Horovod(?:run)? .{0,40}failed|Container failed !!!"
        r"|ABORT!!! Out of all|trainer process with rank=|LAUNCH (?:INFO|ERROR|WARNING) .* Exit code -?[1-9]"
        r"|[Pp]rocess \d+ exit(?:ed)? abnormally|worker exits with exception|[Cc]ommand terminated with exit code"
        r"|Back-off restarting failed|CrashLoopBackOff"
        r"|[Ff]ailed with (?:exit|return) code|(?:exit|return) ?code[ :=]+-?[1-9]\d*\b"
        r"|make(?:\[\d+\])?: \*\*\* .*Error \d|ninja: build stopped|Error building extension"
        r"|subprocess-exited-with-error|srun: error:|^ *[×✗✘❌] +\S",
        "subprocess.CalledProcessError: Command '['python', 'train.py']' returned non-zero exit status 1.",
        "process 3 exited with exit code 0",
    ),
)

# a worker's report, passed on by the process that started it
WORKERS = (
    Kind(
        "report of a worker",
        WRAPPER,
        None,
        r"Graph execution error:|sigquit from a child process"
        r"|ProcessRaisedException|ProcessExitedException|Process \d+ terminated with the following error"
        r"|Caught \w+ in (?:DataLoader worker|replica|pin memory)"
        r"|DataLoader worker .{0,80}exited unexpectedly|BrokenProcessPool|RemoteTraceback|^EOFError|RayTaskError"
        r"|Ray(?:Actor|Worker)Error|ActorDiedError|ActorUnavailableError"
        r"|WorkerCrashedError|TrainingFailedError|TuneError|A worker died or was killed"
        r"|[Ww]orker unexpectedly exits|[Ee]ngine ?core .{0,40}failed|[Ss]ee (?:the )?(?:root cause"
        r"|stack trace) above"
        r"|^(?:\w+\.)*(?:SystemExit|Exit)\b|Job aborted due to stage failure|Lost task \d"
        r"|Error executing job with overrides|KilledWorker|workers? died while trying to run"
        r"|Uncaught exception in ZeroMQ|^Process [\w-]+:\d+:$|HYDRA_FULL_ERROR"
        r"|^(?:\w+\.)*(?:RuntimeError|Exception): (?:[Tt]raining|[Jj]ob|[Ww]orker"
        r"|[Ss]ubprocess) (?:process )?\S{0,20} ?failed",
        "RuntimeError: DataLoader worker (pid(s) 4242) exited unexpectedly",
        "Process SpawnProcess-3: started",
    ),
)
