"""What a seed stands for: who takes part, what they are asked to do, and what goes wrong when."""

import dataclasses
import random

LEASE_SECONDS = 3  # The least that a robot over SQL takes. Over the API a lease is the orchestrator's, and longer.

# Of a robot's talk with the rest, as CASARE_FAULTS names it.
POINTS = [f"{moment}-{call}" for call in ("open", "lease", "renew", "journal", "intent", "result", "complete", "fail",
                                          "block", "release", "submit", "ending") for moment in ("before", "after")]
OFTEN = ("lease", "intent", "result", "complete")  # Every schedule passes these, some of the others few do.
ACTIONS = ["kill", "stop", "lose-answer"]

# How likely each is beside the others, and how long it lasts: seconds from and to.
FAULTS = {
    "kill-robot": (6, 0.1, 2.0),  # kill -9; it is started again after that time.
    "end-robot": (2, 0.1, 1.0),  # SIGTERM: it hands its jobs back.
    "freeze-robot": (4, 0.5, LEASE_SECONDS + 3),  # SIGSTOP, past its lease at times.
    "kill-orchestrator": (2, 0.1, 2.0),
    "freeze-orchestrator": (2, 0.5, 5.0),
    "cut-sessions": (4, 0, 0),  # pg_terminate_backend, of some or of all.
    "restart-database": (2, 0.0, 3.0),  # Stopped as if the power were cut.
    "network": (3, 0.5, LEASE_SECONDS + 3),  # Of a robot in a network namespace of its own.
    "disk-full": (2, 0.5, 3.0),  # Where the database's disk is a small one.
    "clock": (2, 1.0, 5.0),  # A process's clock moves, where libfaketime is.
}
NETWORK = ["cut", "to-robot", "from-robot"]
NETEM = ["loss 25%", "delay 200ms 150ms"]  # Where the kernel has it.


@dataclasses.dataclass
class Robot:
    name: str
    kind: str  # sql or api
    slots: int
    namespace: bool
    faults: str  # CASARE_FAULTS of its first process.


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


def make(seed, seconds, can, kinds=None):
    """`can`: what this machine and these programs are able to do, names of faults and of "fail-points", "netem",
    "resolve", "impatience". What cannot be done is left out, and the rest of the plan is as it would be. `kinds`: only
    these faults, and another plan."""
    rng = random.Random(f"schedule {seed}")
    robots = []
    for number in range(rng.choice([1, 2, 2, 3, 3])):
        # Whoever works over the API is missed only when its lease of 30 s is over: fewer of those.
        kind = "sql" if rng.random() < 0.7 else "api"
        slots = rng.choice([1, 2, 4])
        namespace = rng.random() < 0.15
        weights = [4 if point.split("-")[1] in OFTEN else 1 for point in POINTS]
        point, count, action = rng.choices(POINTS, weights)[0], rng.randint(1, 4), rng.choice(ACTIONS)
        faults = f"{point}:{count}:{action}" if rng.random() < 0.6 else ""
        robots.append(Robot(f"robot-{number}", kind, slots, namespace and "network" in can,
                            faults if "fail-points" in can else ""))
    orchestrators = rng.randint(1, 2)
    wanted = {name: weight for name, (weight, *_) in FAULTS.items() if not kinds or name in kinds}
    faults = []
    for _ in range(rng.randint(2, max(4, round(seconds * 1.2))) if wanted else 0):
        kind = rng.choices(list(wanted), list(wanted.values()))[0]
        _, least, most = FAULTS[kind]
        at, lasts, target = rng.uniform(0.3, seconds), rng.uniform(least, most), rng.randint(0, 5)
        detail = {
            "cut-sessions": rng.choice([0.3, 0.7, 1.0]),
            "network": rng.choice(NETWORK + NETEM if "netem" in can else NETWORK),
            "clock": rng.choice(["+3600", "-3600", "+90", "-90"]),
        }.get(kind)
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
    impatient = rng.random() < 0.2 and "impatience" in can
    return Plan(seed, seconds, orchestrators, robots, submits, faults, late, never, recoveries, impatient)
