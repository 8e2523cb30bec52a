"""An exclusive lock on an open file, held by the operating system: it ends with its process, however that ends."""

import errno
import sys
import time

_WAIT = 10.0  # seconds a lock is waited for: another process holds it for milliseconds, unless it is stuck
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
    """Hold the file until its descriptor is closed. Raises OSError when another process does not let go of it."""
    until = time.monotonic() + _WAIT
    while True:
        try:
            return _take(descriptor)
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK) or time.monotonic() > until:
                raise
        time.sleep(_STEP)
