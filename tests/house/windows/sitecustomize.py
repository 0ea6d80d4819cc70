"""As much of Windows as can be had elsewhere: a process that begins with this folder on its path lacks what it lacks.

Modules of Unix are missing for our own code (the standard library of Linux needs them itself), a folder cannot be
opened, no loop takes signals, and a text that is opened without an encoding is an error, for there it is another one.
"""

import asyncio
import builtins
import os
import shutil
import socket
import subprocess
import tempfile
import warnings
from typing import Any

ABSENT_MODULES = ("fcntl", "grp", "posix", "pwd", "resource", "syslog", "termios")
ABSENT = ("O_DIRECTORY", "chown", "killpg", "mkfifo", "nice", "pread", "pwrite", "setsid")
"""Of `os`; what libraries for Linux need themselves, the walk over our files looks for."""
OURS = ("unwound", "unwound_clinic", "manage")
assert all((asyncio, shutil, socket, subprocess, tempfile)), "loaded before what they need themselves is gone"

shutil._use_fd_functions = False  # type: ignore[attr-defined]  # the way of Windows to remove a tree: no folder is opened
_import, _open = builtins.__import__, os.open


def _imported(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    by = str((globals or {}).get("__name__", "")).partition(".")[0]
    if level == 0 and by in OURS and name in ABSENT_MODULES:
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)
    return _import(name, globals, locals, fromlist, level)


def _opened(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
    if isinstance(path, (str, os.PathLike)) and os.path.isdir(path) and named.get("dir_fd") is None:
        raise PermissionError(13, "Permission denied", path)
    return _open(path, flags, *arguments, **named)


def _no_signals(*_: Any) -> None:
    raise NotImplementedError


builtins.__import__ = _imported
os.open = _opened
asyncio.unix_events._UnixSelectorEventLoop.add_signal_handler = _no_signals  # type: ignore[attr-defined]
for _name in ABSENT:
    if hasattr(os, _name):
        delattr(os, _name)
for _package in OURS:
    warnings.filterwarnings("error", category=EncodingWarning, module=rf"{_package}(\..*)?$")
