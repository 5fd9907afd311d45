"""What must hold after a schedule, judged by the ledger and by what the database says."""

import collections
import json
import os

import workflows


NEVER = ("rejected", "expired")  # Every document is a good one and fits its journal; no job has a deadline.
CRASHES_LEAST = 4  # In a row, before the one that ends a job as a crash loop.
# A robot sends a server nothing more for a while when so many requests in a row were not answered in time.
BREAKER, BREAKER_FAILURES = "Circuit breaker open for", 5


SLOW_SECONDS = 0.8 * workflows.IMPATIENT_SECONDS  # The ledger begins to count later than whoever waits for it.


class Effects:
    """What the world knows of."""

    def __init__(self, schedule):
        self.schedule = schedule
        self.lines = []
        if os.path.exists(schedule.ledger_file):
            with open(schedule.ledger_file) as file:
                self.lines = [json.loads(line) for line in file if line.endswith("\n")]
        self.slow = sum(line["kind"] == "answer" and line["seconds"] >= SLOW_SECONDS for line in self.lines)
        self.lines = [line for line in self.lines if line["kind"] == "effect"]
        with open(schedule.program_file) as file:
            self.programs = [tuple(line.split()) for line in file]

    def has(self, job, key, node):
        """Whether the step that a question is about has happened."""
        flow, _ = self.schedule.jobs.get(job, (None, None))
        if flow and node in flow.programs:
            return (job, flow.programs[node]) in self.programs
        return any(line["key"] == key for line in self.lines)


def judge(schedule):
    checks = (made, acknowledged, single_endings, effects, endings, records, fences, slots, letters)
    problems = []
    for check in checks:
        problems += check(schedule)
    return problems


def rows(schedule, query):
    return schedule.database.rows(query, schedule.name)


def made(schedule):
    """Nothing can go wrong where nothing was done."""
    missing = len(schedule.plan.submits) - len(schedule.jobs)
    if missing and not schedule.problems:
        yield f"nothing is known of {missing} of {len(schedule.plan.submits)} submits"
    found = Effects(schedule)
    if not found.lines and not found.programs and any(flow.effects for flow, _ in schedule.jobs.values()):
        yield "no job had any effect"


def acknowledged(schedule):
    """I1, and a key for one job."""
    ended = {row["job"] for row in rows(schedule, "SELECT job_id::text AS job FROM outcomes")}
    stored = {row["job"] for row in rows(schedule, "SELECT job_id::text AS job FROM jobs")}
    for job in schedule.jobs:
        if job not in stored:
            yield f"I1 job {job} was acknowledged and is not there"
        elif job not in ended:
            yield f"I1 job {job} was acknowledged and has no outcome"
    for row in rows(schedule, "SELECT idempotency_key AS key, count(*) AS count FROM jobs"
                              " WHERE idempotency_key LIKE 'chaos-%' GROUP BY 1 HAVING count(*) > 1"):
        yield f"I1 {row['count']} jobs have the key {row['key']}"


def single_endings(schedule):
    """I2"""
    for row in rows(schedule, """
            SELECT jobs.job_id::text AS job,
                (SELECT count(*) FROM events WHERE events.job_id = jobs.job_id
                    AND kind IN ('completed', 'failed', 'cancelled')) AS endings,
                (SELECT count(*) FROM outcomes WHERE outcomes.job_id = jobs.job_id)
                + (SELECT count(*) FROM ready WHERE ready.job_id = jobs.job_id)
                + (SELECT count(*) FROM scheduled WHERE scheduled.job_id = jobs.job_id)
                + (SELECT count(*) FROM leases WHERE leases.job_id = jobs.job_id)
                + (SELECT count(*) FROM blocked WHERE blocked.job_id = jobs.job_id)
                + (SELECT count(*) FROM paused WHERE paused.job_id = jobs.job_id) AS places,
                (SELECT count(*) FROM outcomes WHERE outcomes.job_id = jobs.job_id) AS outcomes
            FROM jobs"""):
        if row["endings"] != row["outcomes"]:
            yield f"I2 job {row['job']} has {row['endings']} events of an ending and {row['outcomes']} outcomes"
        if row["places"] != 1:
            yield f"I2 job {row['job']} stands in {row['places']} places"


def effects(schedule):
    """I3: nothing twice."""
    found = Effects(schedule)
    counts = collections.Counter(line["key"] for line in found.lines)
    for key, count in counts.items():
        if count > 1 + schedule.answered.get(key, 0):
            yield f"I3 the step {key} has happened {count} times"
    retried = collections.Counter(key.split("/")[0] for key, count in schedule.answered.items() for _ in range(count))
    labels = collections.Counter(((line["key"] or "?").split("/")[0], line.get("label")) for line in found.lines)
    labels.update(found.programs)
    for (job, label), count in labels.items():
        if count > 1 + retried[job]:
            yield f"I3 the effect {label} of job {job} has happened {count} times"


def may_be_cut_off(schedule, found):
    """Requests have really gone without an answer so often that robots may have sent no more of them."""
    return schedule.impatient and found.slow >= BREAKER_FAILURES


def endings(schedule):
    """How each job ended is one of the ways that it may, and a completed one has had its effects."""
    found = Effects(schedule)
    counts = collections.Counter(((line["key"] or "?").split("/")[0], line.get("label")) for line in found.lines)
    counts.update(found.programs)
    values = {((line["key"] or "?").split("/")[0], line.get("label")): line.get("value") for line in found.lines}
    outcomes = {row["job"]: row for row in rows(schedule, """
        SELECT outcomes.job_id::text AS job, kind, failure_kind, outcomes.message, result -> 'variables' AS variables,
            (SELECT count(*) FROM jobs AS children WHERE children.created_by = 'job ' || outcomes.job_id::text) AS children,
            (SELECT count(*) FROM events WHERE events.job_id = outcomes.job_id AND events.kind = 'retrying') AS retries,
            (SELECT count(*) FROM attempts WHERE attempts.job_id = outcomes.job_id AND crashed) AS crashes
        FROM outcomes LEFT JOIN job_results USING (tenant_id, job_id)""")}
    # Where requests may fail before they are sent, a job may fail; what its workflow gets over may be missing.
    lenient, cut_off = schedule.may_see_failures, may_be_cut_off(schedule, found)
    for job, (flow, submit) in schedule.jobs.items():
        outcome = outcomes.get(job)
        if outcome is None:
            continue
        expected = {"failed"} if submit.fails else {"completed"}
        if submit.cancel_at is not None:
            expected.add("cancelled")
        if flow.may_fail or lenient or outcome["failure_kind"] == "crash_loop":
            expected |= {"failed"}
        if cut_off and BREAKER in (outcome["message"] or ""):
            expected |= {"failed"}
        if outcome["kind"] not in expected:
            yield f"job {job} is {outcome['kind']} ({outcome['failure_kind']}: {outcome['message']})"
        elif outcome["failure_kind"] in NEVER:
            yield f"job {job} is {outcome['failure_kind']}: {outcome['message']}"
        elif outcome["failure_kind"] == "crash_loop" and outcome["crashes"] < CRASHES_LEAST:
            yield f"job {job} is a crash_loop of {outcome['crashes']} crashes"
        if (submit.fails and "as it should" in (outcome["message"] or "") and flow.effects.get("last") == workflows.ONCE
                and counts[(job, "last")] == 0):
            yield f"job {job} has failed behind its effect last, which never happened"
        if outcome["kind"] != "completed" or flow.may_fail:
            continue
        for label, often in flow.effects.items():
            got_over = label in flow.caught and (lenient or cut_off)
            if often == workflows.ONCE and counts[(job, label)] == 0 and not got_over:
                yield f"job {job} has completed, and its effect {label} never happened"
        variables = outcome["variables"] or {}
        for name, value in flow.variables.items():
            if variables.get(name) != value:
                yield f"job {job} has completed with {name} = {variables.get(name)} and not {value}"
        for name, label in flow.drawn.items():
            posted = values.get((job, label))
            if posted is not None and posted != variables.get(name):
                yield f"job {job} drew {posted} for its effect and has {variables.get(name)} in its result"
        if outcome["retries"] == 0 and outcome["children"] != flow.children:
            yield f"job {job} called {flow.children} jobs, and {outcome['children']} are there"


def records(schedule):
    """I4: an outcome is the one of whoever wrote the journal."""
    numbers = {(row["job"], row["node"]): row["value"] for row in rows(schedule, """
        SELECT job_id::text AS job, node, result -> 'outputs' -> 'result' AS value FROM journal
        WHERE node_type = 'RandomNumberNode'""")}
    for row in rows(schedule, """
            SELECT job_id::text AS job, result -> 'variables' AS variables FROM job_results
            JOIN outcomes USING (tenant_id, job_id) WHERE kind = 'completed'"""):
        flow, _ = schedule.jobs.get(row["job"], (None, None))
        for name, node in (flow.recorded if flow else {}).items():
            had, has = numbers.get((row["job"], node)), (row["variables"] or {}).get(name)
            if had is None or had != has:
                yield f"I4 job {row['job']} has completed with {name} = {has}, and its journal has {had}"


def fences(schedule):
    """I4: a journal is written by one lease after another, and none leaves a gap. What belongs to no lease, and has the token 0,
    is what a person has answered about a step, or what a fork has taken over."""
    for row in rows(schedule, """
            SELECT journal.job_id::text AS job, array_agg(token ORDER BY step) AS tokens,
                array_agg(step ORDER BY step) AS steps,
                (SELECT coalesce(json_agg(answers.detail -> 'step'), '[]') FROM events AS answers
                    WHERE answers.job_id = journal.job_id AND answers.kind = 'resolved'
                        AND answers.detail ->> 'answer' <> 'retry') AS answered,
                (SELECT forked_step FROM jobs WHERE jobs.job_id = journal.job_id AND forked_from IS NOT NULL) AS forked
            FROM journal GROUP BY journal.job_id"""):
        leased = [token for token in row["tokens"] if token != 0]
        if leased != sorted(leased):
            yield f"I4 the journal of job {row['job']} has steps by tokens {row['tokens']}"
        for step, token in zip(row["steps"], row["tokens"]):
            if token == 0 and step not in row["answered"] and not (row["forked"] is not None and step <= row["forked"]):
                yield f"I4 step {step} of job {row['job']} was written under no lease, and nobody has answered it"
        if row["steps"] != list(range(len(row["steps"]))):
            yield f"I4 the journal of job {row['job']} has the steps {row['steps']}"


def slots(schedule):
    """I5: when all is over, nothing is held."""
    if any(problem.startswith("I11") for problem in schedule.problems):
        return
    for table in ("leases", "ready", "scheduled", "blocked", "paused"):
        count = schedule.database.sql(f"SELECT count(*) FROM {table}", schedule.name)
        if count != "0":
            yield f"I5 {count} rows are left in {table}"


def letters(schedule):
    """I8"""
    for row in rows(schedule, """
            SELECT coalesce(outcomes.job_id, dead_letters.job_id)::text AS job, outcomes.kind,
                dead_letters.job_id IS NOT NULL AS has_letter,
                dead_letters.variables::text = jobs.variables::text AS is_same,
                dead_letters.failure_kind = outcomes.failure_kind AS is_cause
            FROM outcomes FULL JOIN dead_letters USING (tenant_id, job_id)
            LEFT JOIN jobs ON jobs.job_id = coalesce(outcomes.job_id, dead_letters.job_id)"""):
        if (row["kind"] == "failed") != row["has_letter"]:
            yield f"I8 job {row['job']} is {row['kind']}, and its dead letter is {'there' if row['has_letter'] else 'not'}"
        elif row["has_letter"] and not (row["is_same"] and row["is_cause"]):
            yield f"I8 the dead letter of job {row['job']} does not say what the job was"
