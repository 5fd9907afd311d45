"""Shows the judge each kind of violation: one that it does not name would pass in any schedule."""

import collections
import json
import os
import re
import tempfile
import threading
import types
import urllib.request

import ledger
import oracle
import plan as plans
import workflows

POINTS_FILE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "Sources", "CasareRobot", "Faults", "FaultPoint.swift")
DONE, FAILING, CALLED = "job-done", "job-failing", "job-called"


def flow_of_effects():
    flow = workflows.Flow("w")
    flow.effects = {"pay": workflows.ONCE, "run": workflows.ONCE, "maybe": workflows.AT_MOST_ONCE}
    flow.programs = {"runs": "run"}
    flow.variables, flow.drawn, flow.children = {"sum": 4}, {"number": "pay"}, 1
    return flow


def flow_that_fails():
    flow = workflows.Flow("f")
    flow.effects = {"last": workflows.ONCE}
    return flow


class World:
    """What a schedule leaves behind in which all went well, and what is changed of that."""

    def __init__(self):
        self.jobs = {DONE: (flow_of_effects(), plans.Submit(0, False, None)),
                     FAILING: (flow_that_fails(), plans.Submit(0, True, None))}
        self.submits = 2
        self.answered, self.problems, self.lenient = {}, [], False
        self.effects = [self.effect(f"{DONE}/1", "pay", 7), self.effect(f"{DONE}/3", "maybe"),
                        self.effect(f"{FAILING}/0", "last"), self.effect(f"{CALLED}/0", "child")]
        self.programs = [(DONE, "run")]
        self.stored = [DONE, FAILING, CALLED]
        self.keys = []
        self.outcomes = {
            DONE: {"kind": "completed", "failure_kind": None, "message": None, "variables": {"sum": 4, "number": 7},
                   "children": 1, "retries": 0, "crashes": 0},
            FAILING: {"kind": "failed", "failure_kind": "application", "message": "as it should", "variables": None,
                      "children": 0, "retries": 1, "crashes": 0},
            CALLED: {"kind": "completed", "failure_kind": None, "message": None, "variables": {}, "children": 0,
                     "retries": 0, "crashes": 0}}
        self.endings = {job: 1 for job in self.stored}
        self.places = {job: 1 for job in self.stored}
        self.journals = {DONE: ([3, 3, 5], [0, 1, 2])}
        self.left = collections.Counter()
        self.letters = {FAILING: {"is_same": True, "is_cause": True}}

    @staticmethod
    def effect(key, label, value=None):
        return {"kind": "effect", "key": key, "label": label, "value": value}

    def judged(self, folder):
        """What the judge says of it."""
        with open(f"{folder}/ledger", "w") as file:
            file.writelines(json.dumps(line) + "\n" for line in self.effects)
        with open(f"{folder}/programs", "w") as file:
            file.writelines(f"{job} {label}\n" for job, label in self.programs)
        return oracle.judge(types.SimpleNamespace(
            name="self-test", database=self, plan=types.SimpleNamespace(submits=[None] * self.submits), jobs=self.jobs,
            answered=self.answered, problems=self.problems, may_see_failures=self.lenient,
            ledger_file=f"{folder}/ledger", program_file=f"{folder}/programs"))

    # As a database that is asked by the judge

    def rows(self, query, _):
        text = " ".join(query.split())
        answers = {
            "SELECT job_id::text AS job FROM outcomes": lambda: [{"job": job} for job in self.outcomes],
            "SELECT job_id::text AS job FROM jobs": lambda: [{"job": job} for job in self.stored],
            "SELECT idempotency_key": lambda: self.keys,
            "SELECT jobs.job_id::text AS job, (SELECT count(*) FROM events": lambda: [
                {"job": job, "endings": self.endings[job], "places": self.places[job],
                 "outcomes": int(job in self.outcomes)} for job in self.stored],
            "SELECT outcomes.job_id::text AS job, kind": lambda: [
                {"job": job, **outcome} for job, outcome in self.outcomes.items()],
            "SELECT job_id::text AS job, array_agg(token": lambda: [
                {"job": job, "tokens": tokens, "steps": steps} for job, (tokens, steps) in self.journals.items()],
            "SELECT coalesce(outcomes.job_id, dead_letters.job_id)": lambda: [
                {"job": job, "kind": self.outcomes.get(job, {}).get("kind"), "has_letter": job in self.letters,
                 **self.letters.get(job, {"is_same": None, "is_cause": None})}
                for job in {**self.outcomes, **self.letters}],
        }
        found = [answer for beginning, answer in answers.items() if text.startswith(beginning)]
        if len(found) != 1:
            raise ValueError(f"the self-test has no answer to: {text}")
        return found[0]()

    def sql(self, text, _):
        return str(self.left[re.fullmatch(r"SELECT count\(\*\) FROM (\w+)", text).group(1)])


def changed(job, **members):
    return lambda world: world.outcomes[job].update(members)


def without(name, *keys):
    def change(world):
        for key in keys:
            getattr(world, name).pop(key)
    return change


def lose_the_row(world):
    """Nothing of the job is left anywhere."""
    world.stored.remove(DONE)
    world.outcomes.pop(DONE)


def forget_effect(label):
    def change(world):
        world.effects = [line for line in world.effects if line["label"] != label]
    return change


def redraw(world):
    world.outcomes[DONE]["variables"]["number"] = 8


def miscount(world):
    world.outcomes[DONE]["variables"]["sum"] = 5


def nothing_happened(world):
    world.effects, world.programs = [], []


def lose_the_submit(world):
    world.submits = 3


# What is done to the world in which all went well, and what the judge must say of it.
VIOLATIONS = {
    "a job is lost without a trace": (lose_the_row, f"I1 job {DONE} was acknowledged and is not there"),
    "a job has no outcome": (without("outcomes", DONE), f"I1 job {DONE} was acknowledged and has no outcome"),
    "two jobs for one key": (
        lambda world: world.keys.append({"key": "chaos-1", "count": 2}), "I1 2 jobs have the key chaos-1"),
    "a second ending": (lambda world: world.endings.update({DONE: 2}), f"I2 job {DONE} has 2 events of an ending"),
    "an ending that nobody was told of": (
        lambda world: world.endings.update({DONE: 0}), f"I2 job {DONE} has 0 events of an ending"),
    "a job that has ended and still waits": (
        lambda world: world.places.update({DONE: 2}), f"I2 job {DONE} stands in 2 places"),
    "a request that is sent twice": (
        lambda world: world.effects.append(world.effects[0]), f"I3 the step {DONE}/1 has happened 2 times"),
    "an effect that another step repeats": (
        lambda world: world.effects.append(World.effect(f"{DONE}/9", "pay", 7)),
        f"I3 the effect pay of job {DONE} has happened 2 times"),
    "an effect of a called job that is repeated": (
        lambda world: world.effects.append(World.effect(f"{CALLED}/4", "child")),
        f"I3 the effect child of job {CALLED} has happened 2 times"),
    "a program that is run twice": (
        lambda world: world.programs.append((DONE, "run")), f"I3 the effect run of job {DONE} has happened 2 times"),
    "a step that was skipped and is repeated": (
        lambda world: world.effects.append(world.effects[1]), f"I3 the step {DONE}/3 has happened 2 times"),
    "an effect that never happened": (forget_effect("pay"), f"job {DONE} has completed, and its effect pay never"),
    "a program that was never run": (
        lambda world: world.programs.clear(), f"job {DONE} has completed, and its effect run never"),
    "an effect before a failure that never happened": (
        forget_effect("last"), f"job {FAILING} has failed behind its effect last"),
    "a loop that went round too often": (miscount, f"job {DONE} has completed with sum = 5 and not 4"),
    "a number that is drawn anew": (redraw, f"job {DONE} drew 7 for its effect and has 8"),
    "a call that is made twice": (changed(DONE, children=2), f"job {DONE} called 1 jobs, and 2 are there"),
    "a job that fails and should not": (
        changed(DONE, kind="failed", failure_kind="application", message="no"), f"job {DONE} is failed"),
    "a job that completes and should fail": (changed(FAILING, kind="completed"), f"job {FAILING} is completed"),
    "a job that nobody cancelled": (changed(DONE, kind="cancelled"), f"job {DONE} is cancelled"),
    "a journal that does not fit": (
        changed(FAILING, failure_kind="rejected", message="another step"), f"job {FAILING} is rejected: another step"),
    "a crash loop without crashes": (
        changed(FAILING, failure_kind="crash_loop", crashes=1), f"job {FAILING} is a crash_loop of 1 crashes"),
    "a write of a robot that had lost its lease": (
        lambda world: world.journals.update({DONE: ([3, 5, 3], [0, 1, 2])}), f"I4 the journal of job {DONE} has steps by"),
    "a step that is missing in a journal": (
        lambda world: world.journals.update({DONE: ([3, 3], [0, 2])}), f"I4 the journal of job {DONE} has the steps"),
    "a lease that stays": (lambda world: world.left.update(leases=1), "I5 1 rows are left in leases"),
    "a job that waits for ever": (lambda world: world.left.update(ready=1), "I5 1 rows are left in ready"),
    "a retry that never comes": (lambda world: world.left.update(scheduled=1), "I5 1 rows are left in scheduled"),
    "a question that nobody is asked": (lambda world: world.left.update(blocked=1), "I5 1 rows are left in blocked"),
    "a failed job without a dead letter": (without("letters", FAILING), f"I8 job {FAILING} is failed, and its dead letter"),
    "a dead letter of a job that completed": (
        lambda world: world.letters.update({DONE: {"is_same": True, "is_cause": True}}), f"I8 job {DONE} is completed"),
    "a dead letter with other variables": (
        lambda world: world.letters[FAILING].update(is_same=False), f"I8 the dead letter of job {FAILING} does not say"),
    "a dead letter of another cause": (
        lambda world: world.letters[FAILING].update(is_cause=False), f"I8 the dead letter of job {FAILING} does not say"),
    "a submit that is forgotten": (lose_the_submit, "nothing is known of 1 of 3 submits"),
    "a schedule in which nothing happens": (nothing_happened, "no job had any effect"),
}


def allowed_retry(world):
    """A person said that it had not happened, and was wrong."""
    world.answered[f"{DONE}/1"] = 1
    world.effects.append(world.effects[0])


def allowed_skip(world):
    world.effects = [line for line in world.effects if line["label"] != "maybe"]


# What is as it may be.
ALLOWED = {"nothing": lambda world: None, "a retry that a person asked for": allowed_retry,
           "a skipped step that never happened": allowed_skip}


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
        lines = [json.loads(line) for line in file]
    if [(line["kind"], line["key"], line["label"]) for line in lines] != [("effect", f"{DONE}/1", "pay")] * 2:
        yield f"the ledger was asked twice for an effect and has {lines}"


def plan_problems():
    """A seed is one plan, and every fault is in one of them."""
    can = {*plans.FAULTS, "fail-points", "netem", "resolve", "impatience"}
    made = [plans.make(seed, 8, can) for seed in range(1, 201)]
    if made != [plans.make(seed, 8, can) for seed in range(1, 201)]:
        yield "a seed is not always the same plan"
    kinds = {fault.kind for plan in made for fault in plan.faults}
    for kind in sorted(set(plans.FAULTS) - kinds):
        yield f"no seed of 200 has the fault {kind}"
    with open(POINTS_FILE) as file:
        known = set(re.findall(r'case \w+ = "([a-z-]+)"', file.read()))
    if known != set(plans.POINTS):
        yield f"the fail points of the plans are not those of robots: {sorted(known ^ set(plans.POINTS))}"
    for plan in made:
        late = [fault for fault in plan.faults if not 0 <= fault.at <= plan.seconds]
        if late:
            yield f"seed {plan.seed} has faults that would never be made: {late}"
        if not plan.submits or not plan.robots:
            yield f"seed {plan.seed} does nothing"


def run():
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
    for problem in problems:
        print(problem)
    print(f"FAILED: {len(problems)} of the judge's own tests" if problems
          else f"the judge names {len(VIOLATIONS)} kinds of violation")
    return 1 if problems else 0
