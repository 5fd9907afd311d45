"""Clocks of single processes that move, by libfaketime. The monotonic ones stay, as they do when a machine's time is set."""

import atexit
import contextlib
import functools
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

PLACES = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
          "/usr/lib/faketime/libfaketime.so.1")
# How far the clocks are from those of the asker, and for how long a timer of a monotonic one goes that was set to 0.1 s.
PROBE = """
import ctypes, os, select, struct, time
moved = [time.time() - {}, time.clock_gettime(time.CLOCK_MONOTONIC) - {}, time.clock_gettime(time.CLOCK_BOOTTIME) - {}]
libc = ctypes.CDLL(None)
timer = libc.timerfd_create(time.CLOCK_BOOTTIME, 0)
at = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + 100_000_000
libc.timerfd_settime(timer, 1, struct.pack("qqqq", 0, 0, *divmod(at, 1_000_000_000)), None)
print(*moved, bool(select.select([timer], [], [], 5)[0]))
"""
COMPILERS = ("clang", "cc", "gcc")


def library():
    return next(filter(os.path.exists, PLACES), None)


@functools.cache
def timers():
    """The library of timers.c, for everybody who runs programs with it; None where nothing compiles it."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if not compiler:
        return None
    folder = tempfile.mkdtemp(prefix="casare-timers-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chmod(folder, 0o755)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "timers.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", f"{folder}/timers.so", source], check=True)
    return f"{folder}/timers.so"


def environment(file):
    """Of a process whose clock is set by `file`, at any time."""
    return {"LD_PRELOAD": f"{timers()}:{library()}", "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def put(file, offset):
    """Seconds with their sign, such as +3600."""
    with open(f"{file}.new", "w") as new:
        new.write(f"{offset}\n")
    os.rename(f"{file}.new", file)


def clear():
    """Takes away what libfaketime leaves behind of processes that were killed, those that robots had started too."""
    for path in glob.glob("/dev/shm/*faketime_s[eh]m_*"):
        if not os.path.exists(f"/proc/{path.rpartition('_')[2]}"):
            with contextlib.suppress(OSError):
                os.unlink(path)


def obstacle():
    """Why clocks cannot be moved; None when they can."""
    if not library():
        return "there is no libfaketime (Debian: libfaketime)"
    if not timers():
        return f"there is no C compiler ({', '.join(COMPILERS)})"
    with tempfile.TemporaryDirectory(prefix="casare-probe-") as folder:
        put(f"{folder}/clock", "-3600")
        code = PROBE.format(time.time(), time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime(time.CLOCK_BOOTTIME))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                              env={**os.environ, **environment(f"{folder}/clock")})
    try:
        *moved, has_rung = done.stdout.split()
        wall, monotonic, boot = map(float, moved)
    except ValueError:
        return f"libfaketime does not work here: {done.stderr.strip()[-200:]}"
    if wall > -3000:
        return "libfaketime does not move the clock here"
    if min(monotonic, boot) < -3000:
        return "this libfaketime moves the monotonic clocks too"
    return None if has_rung == "True" else "this libfaketime moves timers of the monotonic clocks, too"
