"""One seed: the system is started, used and broken, healed and drained, and judged."""

import collections
import dataclasses
import heapq
import json
import random
import signal
import threading
import time

import oracle
import plan as plans
import workflows
from api import Refused, Unavailable
from faults import Faults
from latewrite import LateWrite
from people import People
from system import System

RESTART_SECONDS = 0.5  # Of a process that died by itself, as a supervisor would.
PROBE_SECONDS = 60
# A robot that dies by one of these has a bug: nobody here sends them.
CRASHES = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP}


def loses_answers(process):
    """Whether it tells of a fail point that has kept an answer from it."""
    if process.starts == 0:
        return False
    with open(process.log, errors="replace") as file:
        return any("The answer was lost at" in line for line in file)


class Schedule(System):
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
        self.problems = []
        self.struck = collections.Counter()  # Faults of the plan that were really made, by kind.
        self.log_file = open(f"{folder}/schedule.log", "w")
        self.faults, self.people = Faults(self), People(self)

    def log(self, text):
        with self.lock:
            if not self.log_file.closed:
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
            if self.plan.late_write:
                LateWrite(self).run()
            self.start_robots()
            self.faults.begin(time.monotonic())
            self.work(until=self.faults.until)
            self.heal()
            drained = self.drain(threads)
            if drained is not None:
                self.probe()
            self.problems += oracle.judge(self)
            self.struck["fail-points"] += sum(map(loses_answers, self.robots))
            return self.problems, drained
        finally:
            self.stop()

    @property
    def oblivious(self):
        """A robot over the API that has a long session: it would be missed for as long."""
        return self.robots[0] if self.plan.lease_seconds > plans.LEASE_SECONDS else None

    @property
    def impatient(self):
        return self.plan.impatient

    @property
    def answered(self):
        return self.people.answered

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
            if process.starts == 0 or process.restarting or process.is_held and not process.has_ended:
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
                self.at(time.monotonic() + plans.LEASE_SECONDS + 1, process.thawing())

    def passed_point(self, process, died):
        """Nobody but its fail point has killed or frozen a process that is found so."""
        held = self.plan.late_write and process is self.robots[0]
        if process in self.robots and process.starts == 1 and not held and (died or process.is_stopped):
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
        if self.plan.late_write and submit.at == 0:
            return writer.overtaken(f"w{number}")
        # Whoever waits for a job keeps its slot: one must be left for those that are waited for. And a called job has the
        # usual pauses after a failure, of minutes.
        may_call = (number < sum(robot.slots for robot in self.plan.robots) - 1 and not self.may_see_failures
                    and not self.plan.impatient)
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

    # MARK: After the faults

    def heal(self):
        self.log("heal")
        self.events = []
        self.faults.heal()
        for process in self.orchestrators + self.robots:
            if process.has_ended:
                process.start(CASARE_FAULTS=None)
            process.thaw()
        self.healed = time.monotonic()

    def drain(self, threads):
        """Seconds until every job has ended; None when they do not in time."""
        looked = 0.0

        def is_drained():
            nonlocal looked
            if time.monotonic() - looked < 0.3:
                return False
            looked = time.monotonic()
            if any(thread.is_alive() for thread in threads) or self.people.are_busy:
                return False
            self.people.resume_rest()
            self.people.answer()
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
            self.problems.append(f"I11 {counted('outcomes')} of {len(ids)} probes have ended, {PROBE_SECONDS} s after their"
                                 " cancel")

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
