"""Makes the faults of a plan, each at its time or as soon after it as there is something to break."""

import random
import signal
import time

import clocks

AGAIN_SECONDS = 0.2  # After a fault that was not possible.
ENDING = ("kill-robot", "kill-orchestrator", "end-robot")  # What may also happen to a process that stands still.


class Faults:
    def __init__(self, schedule):
        self.schedule = schedule
        self.until = None  # When it is too late for another fault.
        self.down_until = None  # PostgreSQL was stopped, and is started then.
        self.disk_is_full = False

    def begin(self, moment):
        plan = self.schedule.plan
        self.until = moment + plan.seconds
        for fault in plan.faults:
            self.schedule.at(moment + fault.at, lambda fault=fault: self.strike(fault))

    def strike(self, fault):
        what = f"{fault.kind} {fault.detail or ''} for {fault.seconds}"
        done = self.made(fault, time.monotonic() + fault.seconds)
        if done:
            self.schedule.struck[fault.kind] += 1
            self.schedule.log(f"fault {what}: {done}")
        elif time.monotonic() + AGAIN_SECONDS < self.until:
            self.schedule.at(time.monotonic() + AGAIN_SECONDS, lambda: self.strike(fault))
        else:
            self.schedule.log(f"no fault {what}: it was not possible")

    def process(self, fault):
        """The one that is meant, or the next one to which it can happen just now."""
        schedule = self.schedule
        found = {"robot": schedule.robots, "orchestrator": schedule.orchestrators}.get(
            fault.kind.rpartition("-")[2], schedule.robots + schedule.orchestrators)
        first = fault.target % len(found)
        for process in found[first:] + found[:first]:
            stands = process.has_ended or process.restarting or process.is_held
            if not stands and (fault.kind in ENDING or not process.frozen) and process is not schedule.oblivious:
                return process
        return None

    def made(self, fault, over):
        """To whom it happened; None when it was not possible."""
        schedule = self.schedule
        if fault.kind == "cut-sessions":
            return self.cut_sessions(fault.detail)
        if fault.kind == "restart-database":
            return self.stop_database(fault.seconds)
        if fault.kind == "disk-full":
            if self.disk_is_full:
                return None
            self.disk_is_full = True
            schedule.database.fill()
            schedule.at(over, self.free_disk)
            return "the database's disk"
        if fault.kind == "network":
            return self.cut_network(fault, over)
        if fault.kind == "pause-job":
            return schedule.people.pause(fault)
        process = self.process(fault)
        if process is None:
            return None
        if fault.kind.startswith("kill-"):
            process.send(signal.SIGKILL)
            process.child.wait()
            schedule.restart_in(fault.seconds, process)
        elif fault.kind.startswith("end-"):
            process.send(signal.SIGTERM)  # Heard when it goes on, if it stands still.
        elif fault.kind.startswith("freeze-"):
            process.freeze()
            schedule.at(over, process.thawing())
        elif fault.kind == "clock":
            clocks.put(schedule.clock_file(process.name), fault.detail)
            schedule.at(over, lambda: clocks.put(schedule.clock_file(process.name), "+0"))
        else:
            raise ValueError(f"nobody makes the fault {fault.kind}")
        return process.name

    def cut_network(self, fault, over):
        found = list(self.schedule.namespaces.values())
        if not found:
            return None
        namespace = found[fault.target % len(found)]
        obstacle = namespace.fail(fault.detail)
        self.schedule.at(over, namespace.heal)
        if obstacle:
            self.schedule.log(f"the network does not fail: {obstacle}")
            return None
        return namespace.name

    def cut_sessions(self, share):
        schedule = self.schedule
        try:
            found = schedule.database.sql("SELECT pid FROM pg_stat_activity"
                                          f" WHERE datname = '{schedule.name}' AND pid <> pg_backend_pid()").split()
            rng = random.Random(f"{schedule.plan.seed}/{len(found)}")
            chosen = [pid for pid in found if rng.random() < share] or found[:1]
            if chosen:
                schedule.database.sql(f"SELECT pg_terminate_backend(pid) FROM unnest(ARRAY[{','.join(chosen)}]) AS pid")
            return f"{len(chosen)} of {len(found)} sessions" if chosen else None
        except SystemExit as error:
            schedule.log(f"no session is cut: {error}")
            return None

    def stop_database(self, seconds):
        if self.down_until is not None:
            return None
        self.schedule.database.stop()
        self.down_until = time.monotonic() + seconds
        self.schedule.at(self.down_until, self.start_database)
        return "PostgreSQL"

    def start_database(self):
        self.down_until = None
        if self.disk_is_full:
            return  # It may not be able to: it is looked after when there is room again.
        self.schedule.database.ensure_running()
        self.schedule.log("the database runs")

    def free_disk(self):
        self.disk_is_full = False
        self.schedule.database.free()
        if self.down_until is None:
            self.start_database()

    def heal(self):
        self.down_until = None
        self.free_disk()
        for namespace in self.schedule.namespaces.values():
            namespace.heal()
        for process in self.schedule.robots + self.schedule.orchestrators:
            clocks.put(self.schedule.clock_file(process.name), "+0")
