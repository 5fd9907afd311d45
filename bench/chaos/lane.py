"""Runs seeds one after another, on clusters of its own that are made when they are first needed."""

import collections
import json
import os
import shutil
import time
import traceback

import database as databases
import network
import plan as plans
import schedule as schedules

TEMPLATE = "template_chaos"
SMALL_DISK_EVERY = 3
# What a finding is understood by.
TABLES = ("jobs", "outcomes", "job_results", "events", "journal", "leases", "ready", "scheduled", "blocked", "paused",
          "attempts", "dead_letters", "robot_sessions")


class Lane:
    def __init__(self, options, can, folder):
        self.options, self.can, self.folder = options, can, folder
        self.clusters = {}
        self.server = network.Server() if "network" in can else None

    def cluster(self, small):
        if small not in self.clusters:
            made = databases.Database(self.folder, small, self.server.address if self.server else None)
            self.clusters[small] = made  # Before it is started: whatever happens, it is cleared away.
            made.__enter__()
            made.migrate(TEMPLATE, self.options.programs, self.folder)
        return self.clusters[small]

    def close(self):
        for cluster in self.clusters.values():
            cluster.free()
            cluster.__exit__()
        if self.server:
            self.server.close()

    def run(self, seed):
        plan = planned(self.options, self.can, seed)
        folder = f"{self.folder}/seed-{seed}"
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        began = time.monotonic()
        drained = None
        schedule = None
        try:
            cluster = self.cluster(has_small_disk(self.can, seed))
            cluster.free()
            cluster.ensure_running()
            schedule = schedules.Schedule(
                plan, self.options.programs, cluster, TEMPLATE, folder, self.server, self.options.drain)
            problems, drained = schedule.run()
            if problems:
                self.dump(cluster, schedule, folder)
            cluster.drop(schedule.name)
        except (Exception, SystemExit) as error:
            problems = [f"the harness: {error}"]
            with open(f"{folder}/harness.log", "w") as file:
                traceback.print_exc(file=file)
        if not problems and not self.options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        return {"seed": seed, "problems": problems, "seconds": round(time.monotonic() - began, 1), "drained": drained,
                "planned": kinds_of(plan), "struck": schedule.struck if schedule else {}, "jobs": len(plan.submits),
                "folder": folder, "answers": sum(schedule.answered.values()) if schedule else 0}

    def dump(self, cluster, schedule, folder):
        with open(f"{folder}/tables.jsonl", "w") as file:
            for table in TABLES:
                try:
                    for row in cluster.rows(f"SELECT * FROM {table}", schedule.name):
                        file.write(json.dumps({"table": table, **row}) + "\n")
                except SystemExit as error:
                    file.write(json.dumps({"table": table, "error": str(error)}) + "\n")


def kinds_of(plan):
    """How many faults of each kind a plan has."""
    found = collections.Counter(fault.kind for fault in plan.faults)
    with_points = plan.robots[1:] if plan.late_write else plan.robots
    found["fail-points"] += sum(bool(robot.faults) for robot in with_points)
    found["late-write"] += plan.late_write is not None
    return +found


def has_small_disk(can, seed):
    return "disk-full" in can and seed % SMALL_DISK_EVERY == 0


def planned(options, can, seed):
    kinds = options.faults.split(",") if options.faults else None
    can = set(can)
    if not has_small_disk(can, seed):
        can.discard("disk-full")
    if kinds:
        can -= set(plans.OTHERS) - set(kinds)
    return plans.make(seed, options.seconds, can, kinds)
