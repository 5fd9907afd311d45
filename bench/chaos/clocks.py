"""Clocks of single processes that move, by libfaketime. The monotonic ones stay, as they do when a machine's time is set."""

import contextlib
import glob
import os
import subprocess
import sys
import tempfile
import time

PLACES = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
          "/usr/lib/faketime/libfaketime.so.1")
PROBE = ("import time; print(time.time() - {}, time.clock_gettime(time.CLOCK_MONOTONIC) - {},"
         " time.clock_gettime(time.CLOCK_BOOTTIME) - {})")


def library():
    return next(filter(os.path.exists, PLACES), None)


def environment(file):
    """Of a process whose clock is set by `file`, at any time."""
    return {"LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
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
    with tempfile.TemporaryDirectory(prefix="casare-probe-") as folder:
        put(f"{folder}/clock", "+3600")
        code = PROBE.format(time.time(), time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime(time.CLOCK_BOOTTIME))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                              env={**os.environ, **environment(f"{folder}/clock")})
    try:
        wall, monotonic, boot = map(float, done.stdout.split())
    except ValueError:
        return f"libfaketime does not work here: {done.stderr.strip()[-200:]}"
    if wall < 3000:
        return "libfaketime does not move the clock here"
    return None if max(monotonic, boot) < 3000 else "this libfaketime moves the monotonic clocks too"
