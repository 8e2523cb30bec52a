"""Disks, quotas, mounts, files that are broken."""

from pai_dlc_mcp.server.insight.kinds import ERROR, ROOT, Kind

STORAGE = (
    Kind(
        "disk full",
        ROOT,
        "configuration",
        r"[Nn]o space left on device|[Dd]isk quota exceeded|\[Errno (?:28|122)\]|[Nn]ot enough (?:disk|free) space"
        r"|[Dd]isk (?:is )?full|磁盘空间不足|设备上没有空间|超出磁盘限额",
        "No space left on device",
        "space left on device: 120 GiB",
    ),
    Kind(
        "mount",
        ROOT,
        "configuration",
        r"^mount(?:\.\w+)?: |\bmount(?:\.\w+)? ?(?:error|failed|point .{0,60}(?:busy|does not exist|not found))"
        r"|MountVolume|Failed(?:Mount|AttachVolume)|Multi-Attach error"
        r"|[Uu]nable to (?:attach or )?mount|[Ff]ailed to mount"
        r"|[Mm]ount.{0,30}access denied"
        r"|[Ss]tale (?:NFS )?file handle|[Tt]ransport endpoint is not connected|[Rr]ead-only file system"
        r"|[Ii]nput/output error|ossfs\w*: .*(?:error|fail|denied|invalid|unable)|\b(?:cpfs|jindofs?|fuse|nfs"
        r"|lustre)\w*: .{0,80}(?:error|fail|denied|unable|timed out|not responding)"
        r"|挂载.{0,20}失败|nfs: server \S+ not responding",
        "mount.nfs: access denied by server while mounting 10.0.0.9:/share",
        "mount point /mnt/data is ready",
    ),
    Kind(
        "broken file",
        ROOT,
        "program",
        r"PytorchStreamReader failed|BadZipFile|SafetensorError|(?:file|checkpoint|archive|shard|record"
        r"|dataset) .{0,60}(?:is )?(?:corrupt|truncated)|[Uu]npickling ?[Ee]rror|Ran out of input"
        r"|invalid (?:header|magic|load key)"
        r"|corrupted? (?:record|data|file|shard|checkpoint)|DATA_LOSS|DataLossError|[Cc]hecksum (?:mismatch"
        r"|failed)|unexpected (?:end of file|EOF)|Not a gzipped file|UnidentifiedImageError",
        "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory",
        "checkpoint shard 3 of 8 written",
    ),
    Kind(
        "permission",
        ROOT,
        "program",
        r"^(?:\S+: )*PermissionError|\[Errno 13\]|[Pp]ermission denied|Operation not permitted|\bEACCES\b|权限不够"
        r"|没有权限|拒绝访问",
        "bash: /mnt/code/run.sh: Permission denied",
        "permission checks passed",
    ),
    Kind(
        "missing file",
        ROOT,
        "program",
        r"^(?:\S+: )*FileNotFoundError|\[Errno 2\]|can't open file|(?:ba|z"
        r"|da)?sh: .{0,120}: No such file or directory|: line \d+: .{0,200}: No such file or directory"
        r"|does not appear to have a file named|没有那个文件或目录"
        r"|bad interpreter|NotFoundError: .{0,200}(?:No such|not exist)|NotADirectoryError|IsADirectoryError"
        r"|no such file or directory: ",
        "python: can't open file '/mnt/x.py': [Errno 2] No such file or directory",
        "cat: /mnt/a: No such file or directory",
    ),
    Kind(
        "file",
        ERROR,
        "program",
        r": No such file or directory|(?:file|path|directory) .{0,120}(?:does not exist|doesn't exist|not found)",
        "cat: /mnt/a: No such file or directory",
        "file /mnt/a found",
    ),
)
