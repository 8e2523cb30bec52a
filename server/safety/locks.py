"""An exclusive lock on an open file. The operating system releases it when the process ends."""

import errno
import sys
import time

_WAIT = 10.0  # seconds to wait for a lock: normally held for milliseconds, longer only by a stuck process
_STEP = 0.002

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock(descriptor: int) -> None:
    """Lock the file until its descriptor is closed. Raises OSError if another process does not release it in time."""
    until = time.monotonic() + _WAIT
    while True:
        try:
            return _take(descriptor)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK) or time.monotonic() > until:
                raise
        time.sleep(_STEP)
