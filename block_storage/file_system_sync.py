"""syncfs: all that was written to one file system becomes durable by one call, where that call can be believed."""

import ctypes
import os
import platform
import re
import sys

# From statfs(2): those that write everything to the device and tell what failed. Others say yes and have only passed the bytes on (FUSE,
# CIFS) or lose the error (overlay). tmpfs has nothing to write.
_BELIEVED = {
    0xEF53,  # ext2, ext3, ext4
    0x58465342,  # XFS
    0x9123683E,  # btrfs
    0x01021994,  # tmpfs
}
# Errors of the write-back are told since 5.8 (syncfs(2)), those of the journal since 5.17 (vfs: make sync_filesystem return errors from
# ->sync_fs).
_BELIEVED_SINCE = (5, 17)

_libc = ctypes.CDLL(None, use_errno=True)


def sync_file_system(fd: int) -> None:
    """Return once all that was written before is durable on the file system that `fd` is open on.

    Raises OSError, also for what anybody else's writes met since the last call through this open file description. A failure is told
    once per description: whoever shares one shares its failures.
    """
    if _libc.syncfs(fd):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def is_syncfs_believed(fd: int) -> bool:
    """Does `sync_file_system` make what `fd` is open on durable, and tell when it cannot?"""
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    if not sys.platform.startswith("linux") or not release or not hasattr(_libc, "syncfs"):
        return False
    if (int(release[1]), int(release[2])) < _BELIEVED_SINCE:
        return False
    found = ctypes.create_string_buffer(512)  # struct statfs, whose first word is f_type.
    if _libc.fstatfs(fd, found):
        return False
    return ctypes.c_ulong.from_buffer(found).value in _BELIEVED
