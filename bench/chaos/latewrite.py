"""A robot that is frozen with a write in its hands, overtaken, and goes on: what it writes then comes too late.

Its session would hold for long, so that nothing but the token of its lease tells it, and its session is ended as the sweep would
if the database's clock had gone on. The schedule's faults begin behind that."""

import time

import oracle

SECONDS = 20  # Until it stands still, and until another one has got further than it.
AFTERWARDS_SECONDS = 0.5


class LateWrite:
    def __init__(self, schedule):
        self.schedule = schedule
        self.robot = schedule.robots[0]

    def run(self):
        self.robot.is_held = True
        self.robot.start(CASARE_FAULTS=self.schedule.plan.robots[0].faults)
        try:
            what = self.made()
        except SystemExit as error:  # Of a question to the database.
            what = str(error)
        if self.robot.is_stopped:
            self.robot.thaw()
        self.robot.is_held = False
        self.schedule.start_robots()
        if what:
            self.schedule.log(f"no late write: {what}")

    def made(self):
        """Why it is not; None when it is."""
        schedule = self.schedule
        if not schedule.work(time.monotonic() + SECONDS, lambda: self.robot.is_stopped):
            return "the robot does not come to its fail point"
        held = schedule.database.rows(f"""
            SELECT leases.job_id::text AS job FROM leases JOIN robot_sessions USING (tenant_id, session_id)
            WHERE robot_id = '{self.robot.name}'""", schedule.name)
        if not held:
            return "the robot has no job"
        job = held[0]["job"]
        schedule.database.sql("UPDATE robot_sessions SET alive_until = now() - interval '1 second'"
                              f" WHERE robot_id = '{self.robot.name}' AND ended_at IS NULL", schedule.name)
        schedule.start_robots()
        if not schedule.work(time.monotonic() + SECONDS, lambda: self.is_overtaken(job)):
            return f"nobody else gets further with job {job}"
        self.robot.thaw()
        schedule.work(time.monotonic() + AFTERWARDS_SECONDS)
        schedule.struck["late-write"] += 1
        schedule.log(f"fault late-write: {self.robot.name} wrote of job {job} at {schedule.plan.late_write}")
        return None

    def is_overtaken(self, job):
        """Another one has the lease, and what the frozen one is about to do is done."""
        label = {"before-intent:1": "first", "before-intent:2": "second"}.get(self.schedule.plan.late_write)
        if label and not any(line["label"] == label and line["key"].startswith(f"{job}/")
                             for line in oracle.Effects(self.schedule).lines):
            return False
        return self.schedule.database.sql(f"""
            SELECT count(*) FROM leases JOIN robot_sessions USING (tenant_id, session_id)
            WHERE job_id = '{job}' AND robot_id <> '{self.robot.name}'""", self.schedule.name) == "1"
