"""What people do meanwhile: they pause jobs and resume them, and afterwards say what became of steps in doubt."""

import random
import threading
import time

import oracle
from api import Refused, Unavailable

GRACE_SECONDS = 3.0  # Before a step in doubt is answered: what was on its way has arrived by then.
AGAIN_SECONDS = 0.3


class People:
    def __init__(self, schedule):
        self.schedule = schedule
        self.answered = {}  # "job/step" to how often it was answered that it had not happened.
        self.seen = {}
        self.lock = threading.Lock()
        self.pausing = set()  # Jobs that somebody pauses or is to resume.
        self.resumed = set()
        self.uncertain = set()  # Jobs of which it is not known whether and when they are paused: no answer came.
        self.threads = []

    # MARK: Pauses

    def pause(self, fault):
        """Begins to pause a job; what comes of it is found by a thread, as an answer may not come."""
        with self.schedule.lock:
            jobs = sorted(set(self.schedule.jobs) - self.pausing)
        if not jobs:
            return None
        random.Random(f"{self.schedule.plan.seed}/{fault.at}").shuffle(jobs)
        with self.lock:
            self.threads.append(threading.Thread(target=self.pause_one, args=(jobs, fault), daemon=True))
            self.threads[-1].start()
        return f"one of {len(jobs)} jobs"

    def pause_one(self, jobs, fault):
        for job in jobs:
            with self.lock:
                if job in self.pausing:
                    continue
                self.pausing.add(job)
            try:
                if self.paused(job, fault):
                    return
            finally:
                with self.lock:
                    self.pausing.discard(job)
        self.schedule.log("no job can be paused")
        self.schedule.struck["pause-job"] -= 1

    def paused(self, job, fault):
        """Whether the job was paused, and resumed, or may have been."""
        schedule = self.schedule
        try:
            schedule.api.call("POST", f"/api/v1/jobs/{job}/pause", {"reason": "chaos"}, first=fault.target)
            schedule.log(f"paused {job}")
        except Refused:
            return False  # It has ended, or is asked about.
        except Unavailable as error:
            schedule.log(f"pause of {job}: {error}")
            self.uncertain.add(job)
        schedule.giving_up.wait(fault.seconds)
        attempt = fault.target
        while not schedule.giving_up.is_set():
            try:
                schedule.api.call("POST", f"/api/v1/jobs/{job}/resume", {"reason": "chaos"}, first=attempt)
                break
            except Refused as refused:
                schedule.log(f"not resumed: {refused}")
                break
            except Unavailable as error:
                schedule.log(f"resume of {job}: {error}")
                attempt += 1
                time.sleep(AGAIN_SECONDS)
        self.resumed.add(job)
        schedule.log(f"resumed {job}")
        return True

    @property
    def are_busy(self):
        return any(thread.is_alive() for thread in self.threads)

    def resume_rest(self):
        """A request that nobody answered may come at last when the job was resumed already."""
        for row in self.schedule.database.rows("SELECT job_id::text AS job FROM paused", self.schedule.name):
            job = row["job"]
            if job not in self.uncertain:
                problem = f"job {job} stands paused, and " + (
                    "was resumed" if job in self.resumed else "nobody has paused it")
                if problem not in self.schedule.problems:
                    self.schedule.problems.append(problem)
            try:
                self.schedule.api.call("POST", f"/api/v1/jobs/{job}/resume", {"reason": "chaos"})
            except (Refused, Unavailable) as error:
                self.schedule.log(f"not resumed {job}: {error}")

    # MARK: Answers

    def answer(self):
        """Answers steps in doubt, as a person would who looks into the ledger."""
        schedule = self.schedule
        for question in schedule.database.rows("SELECT job_id::text AS job, step, node, attempt FROM blocked", schedule.name):
            key = f"{question['job']}/{question['step']}"
            first = self.seen.setdefault((key, self.answered.get(key, 0)), time.monotonic())
            if time.monotonic() - first < GRACE_SECONDS:
                continue
            happened = oracle.Effects(schedule).has(question["job"], key, question["node"])
            answer = "done" if happened else "retry"
            try:
                schedule.api.call("POST", f"/api/v1/jobs/{question['job']}/resolve", {
                    "step": question["step"], "attempt": question["attempt"], "answer": answer, "reason": "the ledger says so"})
            except Refused as error:
                schedule.log(f"not answered {key} {answer}: {error}")
                continue
            except Unavailable as error:  # It may count all the same.
                schedule.log(f"answered {key} {answer}, it seems: {error}")
            schedule.log(f"answered {key} {question['node']}: {answer}")
            if answer == "retry":
                self.answered[key] = self.answered.get(key, 0) + 1
