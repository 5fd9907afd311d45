"""A schedule in which all went well, and what is changed of it to see whether the judge says so."""

import collections
import json
import re
import types

import oracle
import plan as plans
import workflows

DONE, FAILING, CALLED = "job-done", "job-failing", "job-called"


def flow_of_effects():
    flow = workflows.Flow("w")
    flow.effects = {"pay": workflows.ONCE, "run": workflows.ONCE, "maybe": workflows.AT_MOST_ONCE}
    flow.programs = {"runs": "run"}
    flow.variables, flow.drawn, flow.children = {"sum": 4}, {"number": "pay"}, 1
    flow.recorded = {"number": "draw"}
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
        self.answered, self.problems, self.lenient, self.impatient = {}, [], False, False
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
        self.resolved, self.forked = {}, {}  # Steps that a person has answered, and up to which others were taken over.
        self.numbers = {(DONE, "draw"): 7}
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
            answered=self.answered, problems=self.problems, may_see_failures=self.lenient, impatient=self.impatient,
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
            "SELECT journal.job_id::text AS job, array_agg(token": lambda: [
                {"job": job, "tokens": tokens, "steps": steps, "answered": self.resolved.get(job, []),
                 "forked": self.forked.get(job)} for job, (tokens, steps) in self.journals.items()],
            "SELECT job_id::text AS job, node, result": lambda: [
                {"job": job, "node": node, "value": value} for (job, node), value in self.numbers.items()],
            "SELECT job_id::text AS job, result -> 'variables'": lambda: [
                {"job": job, "variables": outcome["variables"]} for job, outcome in self.outcomes.items()
                if outcome["kind"] == "completed"],
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
    world.outcomes[DONE]["variables"]["number"] = world.numbers[(DONE, "draw")] = 8


def miscount(world):
    world.outcomes[DONE]["variables"]["sum"] = 5


def late_result(world):
    """A robot that was overtaken has ended the job: the new holder drew what the journal has."""
    world.effects[0]["value"] = world.outcomes[DONE]["variables"]["number"] = 8


def answered_late(world, times):
    world.impatient = True
    world.outcomes[DONE].update(kind="failed", failure_kind="application", message="Circuit breaker open for x")
    world.letters[DONE] = {"is_same": True, "is_cause": True}
    world.effects += [{"kind": "answer", "n": number, "seconds": 1.2} for number in range(times)]


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
    "a result of a robot that was overtaken": (
        late_result, f"I4 job {DONE} has completed with number = 8, and its journal has 7"),
    "a result without its record": (
        lambda world: world.numbers.clear(), f"I4 job {DONE} has completed with number = 7, and its journal has None"),
    "a step of no lease": (
        lambda world: world.journals.update({DONE: ([3, 0, 5], [0, 1, 2])}), f"I4 step 1 of job {DONE} was written under no"),
    "a step of no lease behind what a fork took over": (
        lambda world: (world.journals.update({DONE: ([0, 0, 5], [0, 1, 2])}), world.forked.update({DONE: 0})),
        f"I4 step 1 of job {DONE} was written under no"),
    "a request that is kept back although its server answers": (
        lambda world: answered_late(world, 4), f"job {DONE} is failed (application: Circuit breaker open"),
    "a step that is missing in a journal": (
        lambda world: world.journals.update({DONE: ([3, 3], [0, 2])}), f"I4 the journal of job {DONE} has the steps"),
    "a lease that stays": (lambda world: world.left.update(leases=1), "I5 1 rows are left in leases"),
    "a job that waits for ever": (lambda world: world.left.update(ready=1), "I5 1 rows are left in ready"),
    "a retry that never comes": (lambda world: world.left.update(scheduled=1), "I5 1 rows are left in scheduled"),
    "a question that nobody is asked": (lambda world: world.left.update(blocked=1), "I5 1 rows are left in blocked"),
    "a job that nobody resumes": (lambda world: world.left.update(paused=1), "I5 1 rows are left in paused"),
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
           "a skipped step that never happened": allowed_skip,
           "a step that a person has answered": lambda world: (
               world.journals.update({DONE: ([3, 0, 5], [0, 1, 2])}), world.resolved.update({DONE: [1]})),
           "steps that a fork has taken over": lambda world: (
               world.journals.update({DONE: ([0, 0, 5], [0, 1, 2])}), world.forked.update({DONE: 1})),
           "a request that is kept back after five without an answer": lambda world: answered_late(world, 5)}
