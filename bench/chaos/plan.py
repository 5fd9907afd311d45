"""What a seed stands for: who takes part, what they are asked to do, and what goes wrong when."""

import dataclasses
import random

LEASE_SECONDS = 3  # The least that a robot over SQL takes, and what orchestrators give to those over the API.
OBLIVIOUS_SECONDS = 30  # Of a robot that is not to notice by itself that its lease is over.

# Of a robot's talk with the rest, as CASARE_FAULTS names it.
POINTS = [f"{moment}-{call}" for call in ("open", "lease", "renew", "journal", "intent", "result", "complete", "fail",
                                          "block", "release", "submit", "ending") for moment in ("before", "after")]
OFTEN = ("lease", "intent", "result", "complete")  # Every schedule passes these, some of the others few do.
ACTIONS = ["kill", "stop", "lose-answer"]

# How likely each is beside the others, and how long it lasts: seconds from and to.
FAULTS = {
    "kill-robot": (5, 0.1, 2.0),  # kill -9; it is started again after that time.
    "end-robot": (2, 0.1, 1.0),  # SIGTERM: it hands its jobs back.
    "freeze-robot": (4, 0.5, LEASE_SECONDS + 3),  # SIGSTOP, past its lease at times.
    "kill-orchestrator": (2, 0.1, 2.0),
    "freeze-orchestrator": (3, 0.5, 5.0),
    "cut-sessions": (4, 0, 0),  # pg_terminate_backend, of some or of all.
    "restart-database": (2, 0.0, 3.0),  # Stopped as if the power were cut.
    "network": (3, 0.5, LEASE_SECONDS + 3),  # Of a robot in a network namespace of its own.
    "disk-full": (4, 0.5, 3.0),  # Where the database's disk is a small one.
    "clock": (3, 1.0, 5.0),  # A robot's or an orchestrator's clock moves, where libfaketime is.
    "pause-job": (4, 0.2, 2.5),  # Somebody pauses a job, and resumes it after that time.
}
NETWORK = ["cut", "to-robot", "from-robot"]
NETEM = ["loss 25%", "delay 200ms 150ms"]  # Where the kernel has it.
CLOCKS = ["+30", "-30", "+3600", "-3600"]
# Beside those of the table: what the first process of a robot does at its fail point, and a write that comes late.
OTHERS = ("fail-points", "late-write")

# A robot is frozen with this write in its hands, and goes on when another one has the job and has got further. One seed of
# four has that.
LATE_WRITES = ["before-intent:1", "before-complete:1", "before-intent:2"]
LATE_EVERY, LATE_FIRST = 4, 1


@dataclasses.dataclass
class Robot:
    name: str
    kind: str  # sql or api
    slots: int
    namespace: bool
    faults: str  # CASARE_FAULTS of its first process.
    lease_seconds: int = LEASE_SECONDS


@dataclasses.dataclass
class Fault:
    at: float
    seconds: float
    kind: str
    target: int
    detail: object = None


@dataclasses.dataclass
class Submit:
    at: float
    fails: bool
    cancel_at: float | None


@dataclasses.dataclass
class Plan:
    seed: int
    seconds: float
    orchestrators: int
    robots: list
    submits: list
    faults: list
    late: float
    never: float
    recoveries: list
    impatient: bool
    late_write: str | None  # Of the first robot.
    lease_seconds: int  # Of robots over the API.


def make(seed, seconds, can, kinds=None):
    """`can`: what this machine and these programs are able to do, names of faults and of "fail-points", "late-write",
    "netem", "resolve". What cannot be done is left out, and the rest of the plan is as it would be. `kinds`: only
    these faults, and another plan."""
    rng = random.Random(f"schedule {seed}")
    robots = [robot(rng, number, can) for number in range(rng.choice([1, 2, 2, 3, 3]))]
    orchestrators = rng.randint(1, 2)
    wanted = {name: weight for name, (weight, *_) in FAULTS.items() if not kinds or name in kinds}
    faults = []
    for _ in range(rng.randint(2, max(4, round(seconds * 1.2))) if wanted else 0):
        kind = rng.choices(list(wanted), list(wanted.values()))[0]
        _, least, most = FAULTS[kind]
        at, lasts, target = rng.uniform(0.3, seconds), rng.uniform(least, most), rng.randint(0, 5)
        detail = {
            "cut-sessions": rng.choice([0.3, 0.7, 1.0]),
            "network": rng.choice(NETWORK + NETEM),
            "clock": rng.choice(CLOCKS),
        }.get(kind)
        if detail in NETEM and "netem" not in can:
            detail = NETWORK[target % len(NETWORK)]
        if kind in can:
            faults.append(Fault(round(at, 2), round(lasts, 2), kind, target, detail))
    faults.sort(key=lambda fault: fault.at)
    submits = []
    for number in range(rng.randint(4, 10)):
        at = 0.0 if number < 3 else round(rng.uniform(0, seconds * 0.8), 2)
        cancelled = rng.random() < 0.1
        submits.append(Submit(at, rng.random() < 0.15, round(at + rng.uniform(0, 3), 2) if cancelled else None))
    late, never = rng.choice([0, 0.1, 0.3]), rng.choice([0, 0, 0.05])
    recoveries = rng.choice([["ask"], ["ask", "skip"], ["ask", "skip", "fail"]])
    if "resolve" not in can:
        recoveries = rng.choice([["skip"], ["skip", "fail"]])
    impatient = rng.random() < 0.2
    plan = Plan(seed, seconds, orchestrators, robots, submits, faults, late, never, recoveries, impatient, None,
                LEASE_SECONDS)
    if seed % LATE_EVERY == LATE_FIRST and "late-write" in can:
        have_late_write(plan)
    cut_off_one(plan)
    return plan


def robot(rng, number, can):
    kind = "sql" if rng.random() < 0.6 else "api"
    slots = rng.choice([1, 2, 4])
    namespace = rng.random() < 0.15
    weights = [4 if point.split("-")[1] in OFTEN else 1 for point in POINTS]
    point, count, action = rng.choices(POINTS, weights)[0], rng.randint(1, 4), rng.choice(ACTIONS)
    faults = f"{point}:{count}:{action}" if rng.random() < 0.6 else ""
    return Robot(f"robot-{number}", kind, slots, namespace and "network" in can,
                 faults if "fail-points" in can else "")


def have_late_write(plan):
    """The first robot has one slot, and a session that would hold for long; the others take over undisturbed."""
    turn = plan.seed // LATE_EVERY
    plan.late_write = LATE_WRITES[turn % len(LATE_WRITES)]
    kind = ("sql", "api")[turn % 2]
    first = Robot("robot-0", kind, 1, False, f"{plan.late_write}:stop", OBLIVIOUS_SECONDS)
    others = plan.robots[1:] or [Robot("robot-1", "sql", 2, False, "")]
    for other in others:
        other.faults = ""
        if kind == "api":
            other.kind = "sql"  # An orchestrator gives the same time to all of its robots.
    if kind == "api":
        plan.lease_seconds = OBLIVIOUS_SECONDS
    plan.robots = [first, *others]
    # Whoever is to be overtaken must not be cancelled meanwhile.
    for submit in plan.submits[:3]:
        submit.cancel_at, submit.fails = None, False


def cut_off_one(plan):
    """A network that fails takes a robot that is in it."""
    failing = [fault for fault in plan.faults if fault.kind == "network"]
    able = plan.robots[1:] if plan.late_write else plan.robots
    if failing and not any(robot.namespace for robot in plan.robots):
        able[failing[0].target % len(able)].namespace = True
