"""Shows the judge each kind of violation: one that it does not name would pass in any schedule."""

import collections
import json
import os
import re
import tempfile
import threading
import urllib.request

import lane
import ledger
import plan as plans
import selfdata
from world import ALLOWED, DONE, VIOLATIONS, World

SHORT_SEEDS, SHORT_SECONDS = range(1, 9), 5  # Those of ChaosTests.
POINTS_FILE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "Sources", "CasareRobot", "Faults", "FaultPoint.swift")


def ledger_problems(folder):
    """The ledger is asked twice for the same, by its own protocol: it must have both."""
    path = f"{folder}/served"
    server = ledger.Server(("127.0.0.1", 0), ledger.Handler)
    server.ledger = ledger.Ledger(path, "7", 0, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    for _ in range(2):
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.server_address[1]}/effect", b'{"label": "pay"}', {"Idempotency-Key": f"{DONE}/1"})
        urllib.request.urlopen(request, timeout=10).close()
    server.shutdown()
    server.server_close()
    server.ledger.file.close()
    with open(path) as file:
        lines = [line for line in map(json.loads, file) if line["kind"] == "effect"]
    if [(line["kind"], line["key"], line["label"]) for line in lines] != [("effect", f"{DONE}/1", "pay")] * 2:
        yield f"the ledger was asked twice for an effect and has {lines}"


def plan_problems():
    """A seed is one plan, and every fault is in one of them."""
    can = {*plans.FAULTS, *plans.OTHERS, "netem", "resolve"}
    made = [plans.make(seed, 8, can) for seed in range(1, 201)]
    if made != [plans.make(seed, 8, can) for seed in range(1, 201)]:
        yield "a seed is not always the same plan"
    kinds = {fault.kind for plan in made for fault in plan.faults}
    for kind in sorted(set(plans.FAULTS) - kinds):
        yield f"no seed of 200 has the fault {kind}"
    with open(POINTS_FILE) as file:
        known = set(re.findall(r'case \w+ = "([a-z-]+)"', file.read()))
    # No plan has triggers, whose finds robots report, or secrets, which their jobs would ask for.
    known -= {"before-report", "after-report", "before-secrets", "after-secrets"}
    if known != set(plans.POINTS):
        yield f"the fail points of the plans are not those of robots: {sorted(known ^ set(plans.POINTS))}"
    for plan in made:
        late = [fault for fault in plan.faults if not 0 <= fault.at <= plan.seconds]
        if late:
            yield f"seed {plan.seed} has faults that would never be made: {late}"
        if not plan.submits or not plan.robots:
            yield f"seed {plan.seed} does nothing"
        if any(fault.kind == "network" for fault in plan.faults) and not any(robot.namespace for robot in plan.robots):
            yield f"seed {plan.seed} has a network that fails, and nobody in it"
        if plan.late_write and len(plan.robots) < 2:
            yield f"seed {plan.seed} has a late write, and nobody who overtakes"
    short = sum((lane.kinds_of(plans.make(seed, SHORT_SECONDS, can)) for seed in SHORT_SEEDS), collections.Counter())
    for kind in (*plans.FAULTS, *plans.OTHERS):
        if not short[kind]:
            yield f"no seed of the short set has {kind}"
    late = {(plan.late_write, plan.robots[0].kind) for plan in made if plan.late_write}
    if len(late) != 2 * len(plans.LATE_WRITES):
        yield f"late writes are of these kinds only: {sorted(late)}"
    if short["late-write"] < 2:
        yield "fewer than two seeds of the short set have a late write"


def run(programs=None, work_dir=None):
    """`programs`: where they are, with which a database is made; None: the judge is shown no database."""
    problems = [*plan_problems()]
    with tempfile.TemporaryDirectory(prefix="casare-chaos-self-test-") as folder:
        problems += ledger_problems(folder)
        for name, change in ALLOWED.items():
            world = World()
            change(world)
            problems += [f"{name}, which is allowed: {said}" for said in world.judged(folder)]
        for name, (change, expected) in VIOLATIONS.items():
            world = World()
            change(world)
            said = world.judged(folder)
            if not any(sentence.startswith(expected) for sentence in said):
                problems.append(f"{name}: expected \"{expected}\", and the judge said {said}")
    in_database = "none in a database: name the folder of the programs"
    if programs:
        count, found = selfdata.run(programs, work_dir)
        problems += found
        in_database = f"{count} of them in a database"
    for problem in problems:
        print(problem)
    print(f"FAILED: {len(problems)} of the judge's own tests" if problems
          else f"the judge names {len(VIOLATIONS)} kinds of violation, {in_database}")
    return 1 if problems else 0
