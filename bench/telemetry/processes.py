"""What is measured and what it tells: an orchestrator, a robot and a collector as processes of their own."""

import contextlib
import http.client
import json
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time

READY_SECONDS, ANSWER_SECONDS, END_SECONDS = 60, 120, 30
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE = re.compile(r"^(\w+?)(?:\{(.*)\})? (\S+)", re.MULTILINE)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ReservedPort:
    """A port where connections are refused until a collector listens there; nobody else is given it meanwhile.

    A socket is bound to it and does not listen: the collector sets SO_REUSEADDR too, and may have it."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


class Api:
    """One kept-alive connection."""

    def __init__(self, port, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def text(self, method, path, body=None):
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text[:500]}")
        return text

    def call(self, method, path, body=None):
        text = self.text(method, path, body)
        return json.loads(text) if text else None


class Telling:
    """What one process says of its own telemetry at /metrics, at one moment."""

    def __init__(self, text):
        self.samples = [(name, labels or "", float(value)) for name, labels, value in SAMPLE.findall(text)]

    def sum(self, name, failed=None):
        """Over the series of a metric: all of them, those with `error_type`, or those without."""
        return round(sum(value for known, labels, value in self.samples
                         if known == name and failed in (None, "error_type=" in labels)))

    def processed(self, signal, failed):
        return self.sum(f"otel_sdk_processor_{signal}_processed_total", failed)

    def exported(self, signal, failed):
        return self.sum(f"otel_sdk_exporter_{signal}_exported_total", failed)

    def lost(self, signal):
        """How many had no room, and how many of those that were handed over did not get through."""
        return self.processed(signal, True) + self.exported(signal, True)

    def waiting(self, signal):
        return self.sum(f"otel_sdk_processor_{signal}_queue_size")

    def reasons(self, signal):
        """How many were lost, by why."""
        found = {}
        for name, labels, value in self.samples:
            error = re.search(r'error_type="([^"]*)"', labels)
            counts = (f"otel_sdk_processor_{signal}_processed_total", f"otel_sdk_exporter_{signal}_exported_total")
            if name in counts and error and value:
                found[error.group(1)] = found.get(error.group(1), 0) + round(value)
        return found


class Program:
    """A program of the product, its processor time, its memory and its metrics."""

    def __init__(self, command, environment, log):
        with open(log, "ab") as file:
            self.child = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                                          stdout=file, stderr=file)
        self.name, self.log = os.path.basename(command[0]), log
        self.metrics_api = None

    def until(self, what, is_so):
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.child.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if is_so():
                    return
            time.sleep(0.02)
        self.stop()
        sys.exit(f"{self.name} {what}: see {self.log}")

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    @property
    def cpu(self):
        """Seconds, of all its threads."""
        with open(f"/proc/{self.child.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def mib(self, name):
        with open(f"/proc/{self.child.pid}/status") as status:
            return int(re.search(rf"{name}:\s+(\d+)", status.read()).group(1)) / 1024

    @property
    def telling(self):
        return Telling(self.metrics_api.text("GET", "/metrics"))


def answers(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    return connection.getresponse().status == 200


@contextlib.contextmanager
def orchestrator(programs, environment, token, log):
    port = free_port()
    child = Program([f"{programs}/casare-orchestrator"], {**environment, "CASARE_PORT": str(port)}, log)
    try:
        child.until("is never ready", lambda: answers(port, "/health/ready"))
        child.api = Api(port, token)
        child.metrics_api = Api(port, token)
        yield child
    finally:
        child.stop()


@contextlib.contextmanager
def robot(programs, environment, log):
    port = free_port()
    child = Program([f"{programs}/casare-robot"], {**environment, "CASARE_METRICS_PORT": str(port)}, log)
    try:
        child.until("never serves its metrics", lambda: answers(port, "/metrics"))
        child.metrics_api = Api(port)
        yield child
    finally:
        child.stop()


class Collector:
    """The benchmark's own collector."""

    def __init__(self, command, mode, port):
        self.child = subprocess.Popen([*command, mode, str(port)], text=True, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self.listen, daemon=True).start()
        if self.line()["port"] != port:
            sys.exit("the collector listens at another port")

    def listen(self):
        for line in self.child.stdout:
            self.lines.put(line)

    def line(self):
        try:
            return json.loads(self.lines.get(timeout=ANSWER_SECONDS))
        except queue.Empty:
            sys.exit("the collector says nothing")

    @property
    def counts(self):
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return self.line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.child.stdin.close()
        try:
            self.child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
