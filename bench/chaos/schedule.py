"""One seed: the system is started, used and broken, healed and drained, and judged."""

import collections
import dataclasses
import hashlib
import heapq
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time

import network
import oracle
import plan as plans
import workflows
from api import Api, Refused, Unavailable
from fleet import Process

HERE = os.path.dirname(os.path.abspath(__file__))
RESTART_SECONDS = 0.5  # Of a process that died by itself, as a supervisor would.
GRACE_SECONDS = 3.0  # Before a step in doubt is answered: what was on its way has arrived by then.
PROBE_SECONDS = 60
# A robot that dies by one of these has a bug: nobody here sends them.
CRASHES = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP}
SCRIPT = 'printf "%s %s\\n" "$2" "$3" >> "$1"\n'
CLOCKS = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
          "/usr/lib/faketime/libfaketime.so.1")


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def loses_answers(process):
    """Whether it tells of a fail point that has kept an answer from it."""
    with open(process.log, errors="replace") as file:
        return any("The answer was lost at" in line for line in file)


class Schedule:
    def __init__(self, plan, programs, database, template, folder, server, drain_seconds):
        self.plan = plan
        self.programs = programs
        self.database = database
        self.template = template
        self.folder = folder
        self.server = server  # An address for namespaces, or None.
        self.drain_seconds = drain_seconds
        self.name = f"seed_{plan.seed}"
        self.events = []
        self.serial = 0
        self.robots, self.orchestrators, self.namespaces = [], [], {}
        self.jobs = {}  # Acknowledged: ID to its flow and its submit.
        self.lock = threading.Lock()
        self.giving_up = threading.Event()
        self.answered = {}  # "job/step" to answers.
        self.problems = []
        self.struck = collections.Counter()  # Faults of the plan that were really made, by kind.
        self.down_until = None  # PostgreSQL was stopped, and is started then.
        self.disk_is_full = False
        self.log_file = open(f"{folder}/schedule.log", "w")

    def log(self, text):
        with self.lock:
            self.log_file.write(f"{time.time():.3f} {text}\n")
            self.log_file.flush()

    # MARK: The whole

    def run(self):
        """What is wrong, as sentences; and how long the draining took."""
        with open(f"{self.folder}/plan.json", "w") as file:
            json.dump(dataclasses.asdict(self.plan), file, indent=1)
        try:
            self.start()
            threads = [threading.Thread(target=self.submit, args=(number, submit), daemon=True)
                       for number, submit in enumerate(self.plan.submits)]
            self.began = time.monotonic()
            for thread in threads:
                thread.start()
            for fault in self.plan.faults:
                self.at(self.began + fault.at, lambda fault=fault: self.strike(fault))
            self.work(until=self.began + self.plan.seconds)
            self.heal()
            drained = self.drain(threads)
            if drained is not None:
                self.probe()
            self.problems += oracle.judge(self)
            self.struck["fail-points"] += sum(map(loses_answers, self.robots))
            return self.problems, drained
        finally:
            self.stop()

    def start(self):
        self.database.fresh(self.name, self.template)
        admin, robot = (f"crpa_{secrets.token_urlsafe(32)}" for _ in range(2))
        for name, role, text in (("chaos", "admin", admin), ("robots", "robot", robot)):
            digest = hashlib.sha256(text.encode()).hexdigest()
            self.database.sql(
                "INSERT INTO tokens (tenant_id, name, role, hash, created_at)"
                f" VALUES (1, '{name}', '{role}', '\\x{digest}', now())", self.name)
        host = self.server.address if self.server else "127.0.0.1"
        self.ledger_file, self.program_file = f"{self.folder}/ledger.jsonl", f"{self.folder}/programs.txt"
        open(self.program_file, "w").close()
        os.chmod(self.program_file, 0o666)
        with open(f"{self.folder}/append.sh", "w") as file:
            file.write(SCRIPT)
        self.ledger = subprocess.Popen(
            [sys.executable, f"{HERE}/ledger.py", self.ledger_file, "0.0.0.0" if self.server else host,
             str(self.plan.seed), str(self.plan.late), str(self.plan.never)],
            stdout=subprocess.PIPE, stderr=open(f"{self.folder}/ledger.log", "w"), text=True, start_new_session=True)
        self.ledger_url = f"http://{host}:{self.ledger.stdout.readline().strip()}"
        base = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.folder, "NO_COLOR": "1",
                "SWIFT_BACKTRACE": "enable=no", "LOG_LEVEL": "info", **self.clock_environment()}
        ports = [free_port("127.0.0.1") for _ in range(self.plan.orchestrators)]
        for number, port in enumerate(ports):
            process = Process(f"orchestrator-{number}", [f"{self.programs}/casare-orchestrator"], {
                **base, "DATABASE_URL": self.database.url(self.name), "CASARE_PORT": str(port),
                "CASARE_HOST": "0.0.0.0" if self.server else "127.0.0.1",
            }, f"{self.folder}/orchestrator-{number}.log")
            self.orchestrators.append(process)
            process.start()
        for number, robot_plan in enumerate(self.plan.robots):
            self.robots.append(self.robot(number, robot_plan, base, host, ports, robot))
        self.api = Api("127.0.0.1", ports, admin)
        self.until("the orchestrators are ready", 60, lambda: all(map(self.api.is_ready, range(len(ports)))))
        for robot_plan, process in zip(self.plan.robots, self.robots):
            process.start(CASARE_FAULTS=robot_plan.faults or None)

    def robot(self, number, plan, base, host, ports, token):
        environment = {
            **base, "CASARE_ROBOT_ID": plan.name, "CASARE_ROBOT_SLOTS": str(plan.slots),
            "CASARE_LEASE_SECONDS": str(plans.LEASE_SECONDS), "CASARE_ALLOW_INTERNAL_URLS": "true",
            "CASARE_WORKING_DIRECTORY": f"{self.folder}/runs", "CASARE_SHUTDOWN_GRACE": "5",
        }
        prefix = []
        if plan.namespace and self.server:
            self.namespaces[number] = network.Namespace(self.server, number).__enter__()
            prefix = self.namespaces[number].prefix
        if plan.kind == "api":
            environment["CASARE_URL"] = f"http://{host}:{ports[number % len(ports)]}"
            environment["CASARE_TOKEN"] = token
        else:
            environment["DATABASE_URL"] = (self.database.network_url if prefix else self.database.url)(self.name)
        return Process(plan.name, [*prefix, f"{self.programs}/casare-robot"], environment, f"{self.folder}/{plan.name}.log")

    def stop(self):
        self.giving_up.set()
        for process in self.robots + self.orchestrators:
            process.kill()
        for namespace in self.namespaces.values():
            namespace.__exit__()
        if getattr(self, "ledger", None):
            self.ledger.kill()
            self.ledger.wait()
        self.log_file.close()

    # MARK: Time

    def at(self, moment, action):
        self.serial += 1
        heapq.heappush(self.events, (moment, self.serial, action))

    def work(self, until=None, done=None):
        """Does what is due, and starts again what has died, until a time or until `done` says so."""
        while True:
            now = time.monotonic()
            while self.events and self.events[0][0] <= now:
                heapq.heappop(self.events)[2]()
            self.supervise()
            if done and done():
                return True
            if until is not None and time.monotonic() >= until:
                return False
            time.sleep(0.05)

    def until(self, what, seconds, done):
        if not self.work(time.monotonic() + seconds, done):
            raise RuntimeError(f"it never happened that {what}")

    def supervise(self):
        for process in self.robots + self.orchestrators:
            if process.starts == 0 or process.restarting:
                continue
            if process.has_ended:
                self.log(f"{process.name} has ended with {process.child.returncode}")
                if -process.child.returncode in CRASHES:
                    self.problems.append(
                        f"{process.name} crashed by {signal.Signals(-process.child.returncode).name}: see {process.log}")
                self.passed_point(process, died=process.child.returncode == -signal.SIGKILL)
                self.restart_in(RESTART_SECONDS, process)
            elif process.is_stopped and not process.frozen:
                # By a fail point.
                self.log(f"{process.name} stands still")
                process.frozen = True
                self.passed_point(process, died=False)
                self.at(time.monotonic() + plans.LEASE_SECONDS + 1, process.thaw)

    def passed_point(self, process, died):
        """Nobody but its fail point has killed or frozen a process that is found so."""
        if process in self.robots and process.starts == 1 and (died or process.is_stopped):
            self.struck["fail-points"] += 1

    def restart_in(self, seconds, process):
        process.restarting = True
        # Only its first process has fail points: one that dies whenever it starts would do nothing else.
        self.at(time.monotonic() + seconds, lambda: process.start(CASARE_FAULTS=None))

    # MARK: Use

    def flow(self, number, submit):
        rng = random.Random(f"{self.plan.seed}/{number}")
        writer = workflows.Writer(rng, self.ledger_url, f"{self.folder}/append.sh", self.program_file,
                                  self.plan.recoveries, self.plan.impatient)
        # Whoever waits for a job keeps its slot: one must be left for those that are waited for. And a called job has the
        # usual pauses after a failure, of minutes.
        may_call = number < sum(robot.slots for robot in self.plan.robots) - 1 and not self.may_see_failures
        return writer.workflow(f"w{number}", submit.fails, may_call)

    @property
    def may_see_failures(self):
        """A robot whose network fails has requests that fail before they are sent: workflows see a failure then."""
        return bool(self.namespaces) and any(fault.kind == "network" for fault in self.plan.faults)

    def submit(self, number, submit):
        """A thread of its own: what goes wrong in it must not get lost with it."""
        try:
            self.submit_and_cancel(number, submit)
        except Exception as error:
            self.problems.append(f"the submit of w{number} broke off: {error!r}")

    def submit_and_cancel(self, number, submit):
        """Submits a job until that is acknowledged, and cancels it when its time has come."""
        flow = self.flow(number, submit)
        body = {"document": flow.document, "idempotency_key": f"chaos-{number}", "variables": {},
                "options": {"retry": {"backoff": "list", "delays_seconds": [0.3], "jitter": 0,
                                      "max_attempts": 2 if submit.fails else 20}}}
        if not flow.children:  # Such a call takes as long as the job that is called.
            body["options"]["node_timeout_seconds"] = workflows.STEP_SECONDS
        job = self.insist(submit.at, number, "POST", "/api/v1/jobs", body)
        if job is None:
            return
        with self.lock:
            self.jobs[job["job"]["id"]] = (flow, submit)
        self.log(f"job {job['job']['id']} is w{number}")
        if submit.cancel_at is not None:
            try:
                self.insist(submit.cancel_at, number, "POST", f"/api/v1/jobs/{job['job']['id']}/cancel",
                            {"reason": "chaos"})
            except Refused as refused:
                if refused.status != 409:  # It has ended.
                    raise
                self.log(f"not cancelled: {refused}")

    def insist(self, at, number, method, path, body):
        if self.giving_up.wait(max(0, self.began + at - time.monotonic())):
            return None
        attempt = number
        while not self.giving_up.is_set():
            try:
                return self.api.call(method, path, body, first=attempt)
            except Unavailable as error:
                self.log(f"{method} {path} of {number}: {error}")
                attempt += 1
                time.sleep(0.3)
            except Refused as refused:
                if path == "/api/v1/jobs":
                    self.problems.append(f"a submit is refused: {refused}")
                    return None
                raise
        return None

    # MARK: Faults

    def strike(self, fault):
        process = None
        if fault.kind.endswith("-robot") or fault.kind == "clock":
            process = self.robots[fault.target % len(self.robots)]
        elif fault.kind.endswith("-orchestrator"):
            process = self.orchestrators[fault.target % len(self.orchestrators)]
        what = f"{fault.kind} {process.name if process else ''} {fault.detail or ''} for {fault.seconds}"
        if process is not None and (process.has_ended or process.restarting or process.frozen):
            self.log(f"no fault {what}: another one is at work there")
            return
        self.log(f"fault {what}")
        if self.has_struck(fault, process, time.monotonic() + fault.seconds):
            self.struck[fault.kind] += 1
        else:
            self.log(f"no fault {what}: it was not possible then")

    def has_struck(self, fault, process, over):
        """Whether the fault was really made."""
        if fault.kind.startswith("kill-"):
            process.send(signal.SIGKILL)
            process.child.wait()
            self.restart_in(fault.seconds, process)
        elif fault.kind.startswith("end-"):
            process.send(signal.SIGTERM)
        elif fault.kind.startswith("freeze-"):
            process.freeze()
            self.at(over, process.thaw)
        elif fault.kind == "clock":
            self.set_clock(fault.detail)
            self.at(over, lambda: self.set_clock("+0"))
        elif fault.kind == "cut-sessions":
            return self.cut_sessions(fault.detail)
        elif fault.kind == "restart-database":
            return self.stop_database(fault.seconds)
        elif fault.kind == "disk-full":
            self.disk_is_full = True
            self.database.fill()
            self.at(over, self.free_disk)
        elif fault.kind == "network":
            if not self.namespaces:
                return False
            namespace = list(self.namespaces.values())[fault.target % len(self.namespaces)]
            obstacle = namespace.fail(fault.detail)
            self.at(over, namespace.heal)
            if obstacle:
                self.log(f"the network does not fail: {obstacle}")
                return False
        else:
            raise ValueError(f"nobody makes the fault {fault.kind}")
        return True

    def cut_sessions(self, share):
        try:
            found = self.database.sql(
                f"SELECT pid FROM pg_stat_activity WHERE datname = '{self.name}' AND pid <> pg_backend_pid()").split()
            rng = random.Random(f"{self.plan.seed}/{len(found)}")
            chosen = [pid for pid in found if rng.random() < share]
            if chosen:
                self.database.sql(f"SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{','.join(chosen)}]) AS pid")
            self.log(f"cut {len(chosen)} of {len(found)} sessions")
            return bool(chosen)
        except SystemExit as error:
            self.log(f"no session is cut: {error}")
            return False

    def stop_database(self, seconds):
        if self.down_until is not None:
            return False
        self.database.stop()
        self.down_until = time.monotonic() + seconds
        self.at(self.down_until, self.start_database)
        return True

    def start_database(self):
        self.down_until = None
        if self.disk_is_full:
            return  # It may not be able to: it is looked after when there is room again.
        self.database.ensure_running()
        self.log("the database runs")

    def free_disk(self):
        self.disk_is_full = False
        self.database.free()
        if self.down_until is None:
            self.start_database()

    def clock_environment(self):
        library = next(filter(os.path.exists, CLOCKS), None)
        if not library or not any(fault.kind == "clock" for fault in self.plan.faults):
            return {}
        self.clock_file = f"{self.folder}/clock"
        self.set_clock("+0")
        return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self.clock_file, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set_clock(self, offset):
        with open(f"{self.clock_file}.new", "w") as file:
            file.write(offset + "\n")
        os.rename(f"{self.clock_file}.new", self.clock_file)

    # MARK: After the faults

    def heal(self):
        self.log("heal")
        self.events = []
        self.down_until = None
        self.free_disk()
        for namespace in self.namespaces.values():
            namespace.heal()
        if hasattr(self, "clock_file"):
            self.set_clock("+0")
        for process in self.orchestrators + self.robots:
            if process.has_ended:
                process.start(CASARE_FAULTS=None)
            process.thaw()
        self.healed = time.monotonic()

    def drain(self, threads):
        """Seconds until every job has ended; None when they do not in time."""
        seen, looked = {}, 0.0

        def is_drained():
            nonlocal looked
            if time.monotonic() - looked < 0.3:
                return False
            looked = time.monotonic()
            if any(thread.is_alive() for thread in threads):
                return False
            self.answer(seen)
            left = self.database.sql(
                "SELECT count(*) FROM jobs WHERE NOT EXISTS (SELECT FROM outcomes"
                " WHERE outcomes.tenant_id = jobs.tenant_id AND outcomes.job_id = jobs.job_id)", self.name)
            return left == "0"

        if self.work(self.healed + self.drain_seconds, is_drained):
            taken = time.monotonic() - self.healed
            self.log(f"drained after {taken:.1f} s")
            return taken
        waiting = [thread for thread in threads if thread.is_alive()]
        self.problems.append(
            f"I11 not drained {self.drain_seconds} s after everything was healed"
            + (f"; {len(waiting)} submits are not acknowledged" if waiting else ""))
        return None

    def answer(self, seen):
        """Answers steps in doubt, as a person would who looks into the ledger."""
        blocked = self.database.rows("SELECT job_id::text AS job, step, node, attempt FROM blocked", self.name)
        for question in blocked:
            key = f"{question['job']}/{question['step']}"
            first = seen.setdefault((key, self.answered.get(key, 0)), time.monotonic())
            if time.monotonic() - first < GRACE_SECONDS:
                continue
            happened = oracle.Effects(self).has(question["job"], key, question["node"])
            answer = "done" if happened else "retry"
            try:
                self.api.call("POST", f"/api/v1/jobs/{question['job']}/resolve", {
                    "step": question["step"], "attempt": question["attempt"], "answer": answer, "reason": "the ledger says so"})
            except (Refused, Unavailable) as error:
                self.log(f"not answered {key} {answer}: {error}")
                continue
            self.log(f"answered {key} {question['node']}: {answer}")
            if answer == "retry":
                self.answered[key] = self.answered.get(key, 0) + 1

    def probe(self):
        """Every robot still takes as many jobs at once as it has slots: these wait until they are cancelled."""
        document = {"metadata": {"name": "probe"}, "nodes": {"a": {
            "node_type": "WaitNode", "config": {"duration": 10 * PROBE_SECONDS}}}}
        probes = []
        for robot in self.plan.robots:
            for number in range(robot.slots):
                probes.append({"document": document, "requirements": {"robot": robot.name},
                               "idempotency_key": f"probe-{robot.name}-{number}"})
        answers = [self.asked("/api/v1/jobs", body) for body in probes]
        ids = [answer["job"]["id"] for answer in answers if answer]
        if len(ids) < len(probes):
            self.problems.append(f"I11 only {len(ids)} of {len(probes)} submits are taken, with everything healed")
            return
        listed = ",".join(f"'{job}'" for job in ids)

        def counted(table):
            return self.database.sql(f"SELECT count(*) FROM {table} WHERE job_id IN ({listed})", self.name)

        if not self.work(time.monotonic() + PROBE_SECONDS, lambda: counted("leases") == str(len(ids))):
            self.problems.append(f"I5 the robots run {counted('leases')} jobs at once and have {len(ids)} slots,"
                                 f" {PROBE_SECONDS} s after the rest")
        for job in ids:
            self.asked(f"/api/v1/jobs/{job}/cancel", {"reason": "the probe is over"})
        if not self.work(time.monotonic() + PROBE_SECONDS, lambda: counted("outcomes") == str(len(ids))):
            self.problems.append(f"I11 {counted('outcomes')} of {len(ids)} probes have ended, {PROBE_SECONDS} s after their cancel")

    def asked(self, path, body):
        """The answer to a request that is repeated until there is one; None when there is none in time."""
        deadline = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < deadline:
            try:
                return self.api.call("POST", path, body)
            except (Refused, Unavailable) as error:
                if isinstance(error, Refused) and error.status == 409:
                    return None  # It was done before, and nobody heard of it.
                self.log(f"{path}: {error}")
                time.sleep(0.2)
        return None
