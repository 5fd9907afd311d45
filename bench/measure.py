"""Measures Casare from outside: HTTP calls, processes, files. See README.md."""

import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

BIN = os.path.abspath(sys.argv[1])
NOOP = {
    "metadata": {"name": "no-op"},
    "nodes": {"done": {"node_id": "done", "node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}},
    "connections": [],
}
LOOP_PASSES = 150_000


def loop(passes):
    """A counting loop: three node executions a pass (the loop's start, an increment, its end)."""
    return {
        "metadata": {"name": "loop"},
        "nodes": {
            "each": {"node_id": "each", "node_type": "ForLoopStartNode", "config": {"mode": "range", "end": passes}},
            "add": {"node_id": "add", "node_type": "IncrementVariableNode", "config": {"variable_name": "n"}},
            "next": {"node_id": "next", "node_type": "ForLoopEndNode", "config": {"paired_start_id": "each"}},
        },
        "connections": [
            {"source_node": "each", "source_port": "body", "target_node": "add", "target_port": "exec_in"},
            {"source_node": "add", "source_port": "exec_out", "target_node": "next", "target_port": "exec_in"},
        ],
    }


def long_document(nodes):
    """A chain of nodes of five types, with templates, data connections and nothing wrong."""
    configs = [
        ("SetVariableNode", {"variable_name": "row", "value": "{{input}} and some more text"}),
        ("LogNode", {"message": "Row {row} of /tmp/data/input.csv", "level": "info"}),
        ("ReadFileNode", {"file_path": "/tmp/data/input.csv", "encoding": "utf-8"}),
        ("TextReplaceNode", {"text": "{{row}}", "old_value": "a", "new_value": "b"}),
        ("MathOperationNode", {"a": 1, "b": 2, "operation": "add"}),
    ]
    ends = [(f"node_{place}", f"node_{place + 1}") for place in range(nodes - 1)]
    connections = [(source, "exec_out", target, "exec_in") for source, target in ends]
    connections += [
        (source, "result", target, "value") for place, (source, target) in enumerate(ends) if place % 5 == 4
    ]
    keys = ("source_node", "source_port", "target_node", "target_port")
    return {
        "metadata": {"name": "long"},
        "nodes": {
            f"node_{place}": {"node_type": configs[place % 5][0], "config": configs[place % 5][1], "position": [place, 0]}
            for place in range(nodes)
        },
        "connections": [dict(zip(keys, connection)) for connection in connections],
    }


MEMORY_PASSES = (100_000, 1_000_000)


def memory_loop(passes, body):
    """A loop around one node."""
    return {
        "metadata": {"name": "memory"},
        "nodes": {
            "each": {"node_id": "each", "node_type": "ForLoopStartNode", "config": {"mode": "range", "end": passes}},
            "body": {"node_id": "body", **body},
        },
        "connections": [{"source_node": "each", "source_port": "body", "target_node": "body", "target_port": "exec_in"}],
    }


class Api:
    """One kept-alive connection."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), self.headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status >= 300:
            sys.exit(f"{method} {path}: {response.status} {text[:500]}")
        return json.loads(text) if text else None


def row(what, value, note=""):
    load = os.getloadavg()[0]
    print(f"| {what} | {value} | {note} | {load:.1f} |", flush=True)


def flush_ms(folder):
    """Median of 50 writes of 8 KiB, each followed by fdatasync."""
    samples = []
    with open(os.path.join(folder, "flush"), "wb") as file:
        for _ in range(50):
            began = time.perf_counter()
            file.write(b"x" * 8192)
            file.flush()
            os.fdatasync(file.fileno())
            samples.append((time.perf_counter() - began) * 1000)
    return statistics.median(samples)


def percentile(samples, share):
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]


def timed(command, repeats=15):
    """Median wall milliseconds of a command."""
    samples = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        samples.append((time.perf_counter() - began) * 1000)
    return statistics.median(samples)


def rss_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


@contextlib.contextmanager
def process(command, environment):
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()


@contextlib.contextmanager
def system(folder, *options):
    """`casarectl dev` in a folder of its own; yields its port, token, database URL and environment."""
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": f"{folder}/config",
        "XDG_DATA_HOME": f"{folder}/data",
        "XDG_STATE_HOME": f"{folder}/state",
        "NO_COLOR": "1",
    }
    details = f"{folder}/dev.json"
    command = [f"{BIN}/casarectl", "dev", "--port", "0", "--data-dir", f"{folder}/dev", "--details", details, *options]
    if os.path.exists(details):
        os.unlink(details)
    began = time.perf_counter()
    with process(command, environment) as child:
        while not os.path.exists(details):
            if child.poll() is not None:
                sys.exit(f"casarectl dev ended: {child.stderr.read()}")
            time.sleep(0.005)
        up = time.perf_counter() - began
        with open(details) as file:
            found = json.load(file)
        port = int(found["url"].rsplit(":", 1)[1])
        yield child, port, found["token"], found["database_url"], environment, up


def until_drained(api):
    while True:
        jobs = api.call("GET", "/api/v1/status")["jobs"]
        if jobs["pending"] + jobs["running"] + jobs["scheduled"] == 0:
            return
        time.sleep(0.02)


def measure_submit(api):
    api.call("POST", "/api/v1/workflows", {"document": NOOP})
    get = []
    single = []
    for _ in range(300):
        began = time.perf_counter()
        api.call("GET", "/health/live")
        get.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        api.call("POST", "/api/v1/jobs", {"workflow": "no-op"})
        single.append((time.perf_counter() - began) * 1000)
    ratio = statistics.median(single) / statistics.median(get)
    row(
        "submit, one job a call",
        f"p50 {statistics.median(single):.2f} ms, p99 {percentile(single, 0.99):.2f} ms",
        f"{ratio:.1f} × `GET /health/live` on the same connection",
    )
    batch = {"jobs": [{"workflow": "no-op"}] * 1000}
    many = []
    for _ in range(7):
        began = time.perf_counter()
        api.call("POST", "/api/v1/jobs/batch", batch)
        many.append((time.perf_counter() - began) * 1000)
    row("submit, 1,000 jobs in one call", f"median {statistics.median(many):.0f} ms", f"max {max(many):.0f} ms of 7")


def measure_drain(api, database_url, environment, folder):
    for slots in (1, 16, 64):
        count = 2000 if slots == 1 else 6000
        for _ in range(count // 1000):
            api.call("POST", "/api/v1/jobs/batch", {"jobs": [{"workflow": "no-op"}] * 1000})
        robot = {
            **environment,
            "DATABASE_URL": database_url,
            "CASARE_ROBOT_ID": f"bench-{slots}",
            "CASARE_ROBOT_SLOTS": str(slots),
            "CASARE_WORKING_DIRECTORY": f"{folder}/runs",
            "LOG_LEVEL": "warning",
        }
        began = time.perf_counter()
        with process([f"{BIN}/casare-robot"], robot) as child:
            until_drained(api)
            rate = count / (time.perf_counter() - began)
            row(f"drain, one SQL robot with {slots} slots", f"{rate:.0f} jobs/s", "start of the robot included")
            if slots == 64:
                row("casare-robot, memory after that", f"{rss_mib(child.pid):.0f} MiB", "RSS")


def measure_pickup(api):
    samples = []
    for _ in range(100):
        job = api.call("POST", "/api/v1/jobs", {"workflow": "no-op"})["job"]["id"]
        done = api.call("GET", f"/api/v1/jobs/{job}?wait_seconds=10")["job"]
        samples.append(milliseconds(done["started_at"]) - milliseconds(done["created_at"]))
        time.sleep(0.02)
    row("pickup, idle", f"p50 {statistics.median(samples):.0f} ms, p99 {percentile(samples, 0.99):.0f} ms", "submit to lease")


def milliseconds(text):
    match = re.match(r"(.*)\.(\d+)Z", text)
    whole = time.mktime(time.strptime(match.group(1), "%Y-%m-%dT%H:%M:%S"))
    return whole * 1000 + int(match.group(2).ljust(3, "0")[:3])


def measure_engine(folder):
    path = f"{folder}/loop.json"
    rates = []
    for _ in range(5):
        cpu = []
        for passes in (1, LOOP_PASSES):
            with open(path, "w") as file:
                json.dump(loop(passes), file)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([f"{BIN}/casarectl", "run", path, "-o", "json"], check=True, stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        rates.append(3 * LOOP_PASSES / (cpu[1] - cpu[0]))
    row("pure nodes", f"{statistics.median(rates):,.0f} a second of CPU", f"min {min(rates):,.0f}, max {max(rates):,.0f} of 5")


def measure_validate(folder):
    """What validating a document takes: the first one of a process, and each one after it."""
    paths = {}
    for nodes in (1, 500, 1000):
        paths[nodes] = [f"{folder}/validate-{nodes}-{copy}.json" for copy in range(5)]
        for path in paths[nodes]:
            with open(path, "w") as file:
                json.dump(long_document(nodes), file)

    def cpu_ms(files):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [f"{BIN}/casarectl", "workflow", "validate", "--strict", *files], check=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000

    runs = {"start": paths[1][:1], "half": paths[500][:1], "one": paths[1000][:1], "five": paths[1000]}
    taken = {name: [] for name in runs}
    for _ in range(15):
        for name, files in runs.items():
            taken[name].append(cpu_ms(files))
    start, half, one, five = (statistics.median(taken[name]) for name in runs)
    row(
        "validate 1,000 nodes",
        f"{(five - one) / 4:.1f} ms of CPU",
        f"the first document of a process {one - start:.1f} ms, one of 500 nodes {half - start:.1f} ms; "
        f"beside the command's start, {start:.1f} ms; medians of 15",
    )


def peak_mib(command):
    """The most memory that a command had (the maximum of its resident set)."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}")
    return usage.ru_maxrss / 1024


def measure_memory(folder):
    """Whether a run has more memory the longer it is. Loops of nodes that compute, and that ask the world."""
    bodies = {
        "computing": {"node_type": "IncrementVariableNode", "config": {"variable_name": "n"}},
        "reading": {"node_type": "RandomNumberNode", "config": {"min": 1, "max": 6}},
    }
    path = f"{folder}/memory.json"
    for name, body in bodies.items():
        peaks = []
        for passes in MEMORY_PASSES:
            with open(path, "w") as file:
                json.dump(memory_loop(passes, body), file)
            command = [f"{BIN}/casarectl", "run", path, "-o", "json", "--max-executions", str(3 * passes)]
            peaks.append(peak_mib(command))
        row(
            f"casarectl run, memory of a {name} loop",
            f"{peaks[1]:.1f} MiB at {MEMORY_PASSES[1]:,} passes",
            f"{peaks[1] / peaks[0]:.2f} × that at {MEMORY_PASSES[0]:,}; most of RSS",
        )


def measure_start(folder):
    base = timed(["/bin/true"])
    for arguments in (["--help"], ["version"]):
        row(f"casarectl {' '.join(arguments)}", f"{timed([f'{BIN}/casarectl', *arguments]):.0f} ms", f"/bin/true {base:.1f} ms")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure_service_start(database_url, environment, folder):
    """From the start of the process until it is of use: ready to answer, and asking for jobs."""
    samples = []
    for _ in range(5):
        port = free_port()
        began = time.perf_counter()
        with process([f"{BIN}/casare-orchestrator"], {**environment, "DATABASE_URL": database_url,
                                                      "CASARE_PORT": str(port), "LOG_LEVEL": "error"}):
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready") as answer:
                        if answer.status == 200:
                            break
                except OSError:
                    time.sleep(0.002)
            samples.append((time.perf_counter() - began) * 1000)
    row("casare-orchestrator, start", f"{statistics.median(samples):.0f} ms", "until /health/ready answers 200, median of 5")
    samples = []
    for number in range(5):
        began = time.perf_counter()
        with process([f"{BIN}/casare-robot"], {**environment, "DATABASE_URL": database_url,
                                               "CASARE_ROBOT_ID": f"start-{number}",
                                               "CASARE_WORKING_DIRECTORY": f"{folder}/runs", "LOG_LEVEL": "notice"}) as robot:
            for line in robot.stderr:
                if "Robot is ready" in line:
                    break
            samples.append((time.perf_counter() - began) * 1000)
    row("casare-robot, start", f"{statistics.median(samples):.0f} ms", "until its session is open, over SQL, median of 5")


def main():
    print("| what | figure | beside it | load |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="casare-bench-") as folder:
        os.chmod(folder, 0o755)
        row("flush of the disk (8 KiB, fdatasync)", f"{flush_ms(folder):.2f} ms", "median of 50")
        measure_start(folder)
        measure_engine(folder)
        measure_memory(folder)
        measure_validate(folder)
        with system(folder, "--no-robot") as (child, port, token, database_url, environment, up):
            row("casarectl dev, first start", f"{up:.2f} s", "initdb included")
            row("casarectl dev without a robot, idle memory", f"{rss_mib(child.pid):.0f} MiB", "RSS; orchestrator in the process")
            api = Api(port, token)
            measure_submit(api)
            with process([f"{BIN}/casare-robot"], {**environment, "DATABASE_URL": database_url, "CASARE_ROBOT_ID": "idle",
                                                   "CASARE_WORKING_DIRECTORY": f"{folder}/runs", "LOG_LEVEL": "warning"}) as robot:
                until_drained(api)
                time.sleep(1)
                row("casare-robot, idle memory", f"{rss_mib(robot.pid):.0f} MiB", "RSS")
                measure_pickup(api)
            measure_drain(api, database_url, environment, folder)
            with process([f"{BIN}/casare-orchestrator"], {**environment, "DATABASE_URL": database_url, "CASARE_PORT": "0",
                                                          "LOG_LEVEL": "warning"}) as server:
                time.sleep(2)
                row("casare-orchestrator, idle memory", f"{rss_mib(server.pid):.0f} MiB", "RSS")
            measure_service_start(database_url, environment, folder)
        with system(folder) as (_, _, _, _, _, up):
            row("casarectl dev, later start", f"{up:.2f} s", "")
        row("flush of the disk again", f"{flush_ms(folder):.2f} ms", "median of 50")


if __name__ == "__main__":
    main()
