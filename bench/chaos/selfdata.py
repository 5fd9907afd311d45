"""Shows the judge violations in a real database, so that its own statements are tested too."""

import json
import os
import tempfile
import types

import database as databases
import oracle
import plan as plans
import workflows

TEMPLATE, NAME = "template_chaos", "self_test"
DONE, FAILING, CALLED = (f"0197f000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
TABLES = ("jobs", "outcomes", "job_results", "events", "journal", "leases", "ready", "scheduled", "blocked", "paused",
          "attempts", "dead_letters", "workflow_versions", "workflows")

# All went well: one job has completed and called another one, one has failed as it should. Rows that belong together are
# not checked by the database here, so that violations can be written.
WELL = f"""
    INSERT INTO workflows (tenant_id, workflow_id, name, latest_version, created_at, updated_at)
        VALUES (1, '{DONE}', 'w', 1, now(), now());
    INSERT INTO workflow_versions (tenant_id, workflow_id, version, checksum, document, created_at, created_by)
        VALUES (1, '{DONE}', 1, repeat('0', 64), '{{}}', now(), 'chaos');
    INSERT INTO jobs (tenant_id, job_id, workflow_id, workflow_version, queue_id, priority, variables, options, idempotency_key,
            created_at, created_by)
        VALUES (1, '{DONE}', '{DONE}', 1, 1, 5, '{{}}', '{{}}', 'chaos-0', now(), 'chaos'),
            (1, '{FAILING}', '{DONE}', 1, 1, 5, '{{"a": 1}}', '{{}}', 'chaos-1', now(), 'chaos'),
            (1, '{CALLED}', '{DONE}', 1, 1, 5, '{{}}', '{{}}', NULL, now(), 'job {DONE}');
    INSERT INTO outcomes (tenant_id, job_id, kind, attempt, started_at, finished_at, failure_kind, failure_type, message)
        VALUES (1, '{DONE}', 'completed', 1, now(), now(), NULL, NULL, NULL),
            (1, '{FAILING}', 'failed', 2, now(), now(), 'application', 'E', 'as it should'),
            (1, '{CALLED}', 'completed', 1, now(), now(), NULL, NULL, NULL);
    INSERT INTO job_results (tenant_id, job_id, result)
        VALUES (1, '{DONE}', '{{"variables": {{"sum": 4, "number": 7}}}}'), (1, '{CALLED}', '{{"variables": {{}}}}');
    INSERT INTO events (tenant_id, job_id, at, kind)
        SELECT 1, job_id, now(), kind FROM outcomes;
    INSERT INTO events (tenant_id, job_id, at, kind) VALUES (1, '{FAILING}', now(), 'retrying');
    INSERT INTO journal (tenant_id, job_id, step, token, started_at, finished_at, node, node_type, effect, result)
        VALUES (1, '{DONE}', 0, 3, now(), now(), 'draw', 'RandomNumberNode', 'captured', '{{"outputs": {{"result": 7}}}}'),
            (1, '{DONE}', 1, 3, now(), now(), 'pay', 'HttpRequestNode', 'effect', '{{"outputs": {{}}}}'),
            (1, '{DONE}', 2, 5, now(), now(), 'run', 'RunCommandNode', 'effect', '{{"outputs": {{}}}}');
    INSERT INTO dead_letters (tenant_id, job_id, workflow_id, workflow_version, queue_id, priority, variables, options,
            failure_kind, failure_type, message, fingerprint, opened_at)
        SELECT 1, job_id, workflow_id, workflow_version, queue_id, priority, variables, options, 'application', 'E',
            'as it should', 'f', now() FROM jobs WHERE job_id = '{FAILING}';
    """

# What is done to that, and what the judge must say; None: nothing.
CHANGES = {
    "nothing": ("SELECT", None),
    "a job is lost without a trace": (
        f"DELETE FROM jobs WHERE job_id = '{DONE}'", f"I1 job {DONE} was acknowledged and is not there"),
    "a job has no outcome": (
        f"DELETE FROM outcomes WHERE job_id = '{DONE}'", f"I1 job {DONE} was acknowledged and has no outcome"),
    "two jobs for one key": (
        f"UPDATE jobs SET idempotency_key = 'chaos-1' WHERE job_id = '{DONE}'", "I1 2 jobs have the key chaos-1"),
    "a second ending": (
        f"INSERT INTO events (tenant_id, job_id, at, kind) VALUES (1, '{DONE}', now(), 'cancelled')",
        f"I2 job {DONE} has 2 events of an ending and 1 outcomes"),
    "an ending that nobody was told of": (
        f"DELETE FROM events WHERE job_id = '{DONE}'", f"I2 job {DONE} has 0 events of an ending"),
    "a job that has ended and stands in a lease": (
        "INSERT INTO leases (tenant_id, job_id, token, session_id, since, attempt, crashes)"
        f" VALUES (1, '{DONE}', 9, 1, now(), 1, 0)", f"I2 job {DONE} stands in 2 places"),
    "a job that nobody resumes": (
        "INSERT INTO paused (tenant_id, job_id, attempt, since, paused_by)"
        f" VALUES (1, '{DONE}', 0, now(), 'chaos')", f"I2 job {DONE} stands in 2 places"),
    "a pause that stays": (
        "INSERT INTO paused (tenant_id, job_id, attempt, since, paused_by)"
        f" VALUES (1, '{DONE}', 0, now(), 'chaos')", "I5 1 rows are left in paused"),
    "a job that waits for ever": (
        f"INSERT INTO ready (tenant_id, job_id, queue_id, attempt, priority) VALUES (1, '{DONE}', 1, 0, 5)",
        "I5 1 rows are left in ready"),
    "a retry that never comes": (
        "INSERT INTO scheduled (tenant_id, job_id, queue_id, priority, attempt, due_at)"
        f" VALUES (1, '{DONE}', 1, 5, 1, now())", "I5 1 rows are left in scheduled"),
    "a question that nobody is asked": (
        "INSERT INTO blocked (tenant_id, job_id, attempt, step, node, node_type, question, since)"
        f" VALUES (1, '{DONE}', 1, 1, 'pay', 'HttpRequestNode', '?', now())", "I5 1 rows are left in blocked"),
    "a lease that stays": (
        "INSERT INTO leases (tenant_id, job_id, token, session_id, since, attempt, crashes)"
        f" VALUES (1, '{DONE}', 9, 1, now(), 1, 0)", "I5 1 rows are left in leases"),
    "a job that fails and should not": (
        "UPDATE outcomes SET kind = 'failed', failure_kind = 'application', failure_type = 'E', message = 'no'"
        f" WHERE job_id = '{DONE}'", f"job {DONE} is failed (application: no)"),
    "a crash loop without crashes": (
        f"UPDATE outcomes SET failure_kind = 'crash_loop' WHERE job_id = '{FAILING}'",
        f"job {FAILING} is a crash_loop of 0 crashes"),
    "a crash loop": (
        f"UPDATE outcomes SET failure_kind = 'crash_loop' WHERE job_id = '{FAILING}';"
        f"UPDATE dead_letters SET failure_kind = 'crash_loop' WHERE job_id = '{FAILING}';"
        " INSERT INTO attempts (tenant_id, job_id, attempt, finished_at, crashed, failure_kind, failure_type, message)"
        f" SELECT 1, '{FAILING}', number, now(), true, 'crash_loop', 'E', '' FROM generate_series(1, 4) AS number", None),
    "a loop that went round too often": (
        f"""UPDATE job_results SET result = '{{"variables": {{"sum": 5, "number": 7}}}}' WHERE job_id = '{DONE}'""",
        f"job {DONE} has completed with sum = 5 and not 4"),
    "a number that is drawn anew": (
        f"""UPDATE job_results SET result = '{{"variables": {{"sum": 4, "number": 8}}}}' WHERE job_id = '{DONE}'""",
        f"job {DONE} drew 7 for its effect and has 8"),
    "a result of a robot that was overtaken": (
        f"""UPDATE journal SET result = '{{"outputs": {{"result": 8}}}}' WHERE job_id = '{DONE}' AND step = 0""",
        f"I4 job {DONE} has completed with number = 7, and its journal has 8"),
    "a result without its record": (
        f"DELETE FROM journal WHERE job_id = '{DONE}'",
        f"I4 job {DONE} has completed with number = 7, and its journal has None"),
    "a call that is made twice": (
        f"UPDATE jobs SET created_by = 'job {DONE}' WHERE job_id = '{FAILING}'",
        f"job {DONE} called 1 jobs, and 2 are there"),
    "a write of a robot that had lost its lease": (
        f"UPDATE journal SET token = 2 WHERE job_id = '{DONE}' AND step = 2", f"I4 the journal of job {DONE} has steps by"),
    "a step that is missing in a journal": (
        f"UPDATE journal SET step = 3 WHERE job_id = '{DONE}' AND step = 2", f"I4 the journal of job {DONE} has the steps"),
    "a step of no lease": (
        f"UPDATE journal SET token = 0 WHERE job_id = '{DONE}' AND step = 1",
        f"I4 step 1 of job {DONE} was written under no lease"),
    "a step of no lease that a person wants repeated": (
        f"UPDATE journal SET token = 0 WHERE job_id = '{DONE}' AND step = 1;"
        f"INSERT INTO events (tenant_id, job_id, at, kind, detail) VALUES (1, '{DONE}', now(), 'resolved',"
        """ '{"step": 1, "answer": "retry"}')""", f"I4 step 1 of job {DONE} was written under no lease"),
    "a step that a person has answered": (
        f"UPDATE journal SET token = 0 WHERE job_id = '{DONE}' AND step = 1;"
        f"INSERT INTO events (tenant_id, job_id, at, kind, detail) VALUES (1, '{DONE}', now(), 'resolved',"
        """ '{"step": 1, "answer": "done"}')""", None),
    "steps that a fork has taken over": (
        f"UPDATE journal SET token = 0 WHERE job_id = '{DONE}' AND step < 2;"
        f"UPDATE jobs SET forked_from = '{FAILING}', forked_step = 1 WHERE job_id = '{DONE}'", None),
    "a step of no lease behind what a fork took over": (
        f"UPDATE journal SET token = 0 WHERE job_id = '{DONE}' AND step < 2;"
        f"UPDATE jobs SET forked_from = '{FAILING}', forked_step = 0 WHERE job_id = '{DONE}'",
        f"I4 step 1 of job {DONE} was written under no lease"),
    "a failed job without a dead letter": (
        "DELETE FROM dead_letters", f"I8 job {FAILING} is failed, and its dead letter is not"),
    "a dead letter of a job that completed": (
        f"UPDATE dead_letters SET job_id = '{DONE}'", f"I8 job {DONE} is completed, and its dead letter is there"),
    "a dead letter with other variables": (
        "UPDATE dead_letters SET variables = '{}'", f"I8 the dead letter of job {FAILING} does not say"),
    "a dead letter of another cause": (
        "UPDATE dead_letters SET failure_kind = 'timeout'", f"I8 the dead letter of job {FAILING} does not say"),
}


def run(programs, work_dir):
    """How many violations were shown, and what the judge did not say of them."""
    with tempfile.TemporaryDirectory(prefix="casare-chaos-self-test-", dir=work_dir) as folder:
        os.chmod(folder, 0o755)  # PostgreSQL runs as somebody else where this runs as root.
        with databases.Database(folder, fsync="off") as cluster:
            cluster.migrate(TEMPLATE, programs, folder)
            cluster.fresh(NAME, TEMPLATE)
            schedule = written(cluster, folder)
            problems = [problem for name, change in CHANGES.items() if (problem := judged(schedule, name, *change))]
    return sum(expected is not None for _, expected in CHANGES.values()), problems


def written(cluster, folder):
    """What the judge is given, beside the database."""
    effects = [(f"{DONE}/1", "pay", 7), (f"{FAILING}/0", "last", None), (f"{CALLED}/0", "child", None)]
    with open(f"{folder}/ledger", "w") as file:
        file.writelines(json.dumps({"kind": "effect", "key": key, "label": label, "value": value}) + "\n"
                        for key, label, value in effects)
    with open(f"{folder}/programs", "w") as file:
        file.write(f"{DONE} run\n")
    flow, failing = workflows.Flow("w"), workflows.Flow("f")
    flow.effects, flow.variables, flow.children = {"pay": workflows.ONCE, "run": workflows.ONCE}, {"sum": 4}, 1
    flow.drawn, flow.recorded = {"number": "pay"}, {"number": "draw"}
    failing.effects = {"last": workflows.ONCE}
    jobs = {DONE: (flow, plans.Submit(0, False, None)), FAILING: (failing, plans.Submit(0, True, None))}
    return types.SimpleNamespace(
        name=NAME, database=cluster, plan=types.SimpleNamespace(submits=[None, None]), jobs=jobs, answered={}, problems=[],
        may_see_failures=False, impatient=False, ledger_file=f"{folder}/ledger", program_file=f"{folder}/programs")


def judged(schedule, name, change, expected):
    """What the judge does not say and should, or says and should not."""
    schedule.database.sql(
        "BEGIN; SET LOCAL session_replication_role = replica;"
        + "".join(f"DELETE FROM {table};" for table in TABLES) + f"{WELL}; {change}; COMMIT", NAME)
    said = oracle.judge(schedule)
    if expected is None and said:
        return f"in a database, {name}, which is allowed: {said}"
    if expected is not None and not any(sentence.startswith(expected) for sentence in said):
        return f"in a database, {name}: expected \"{expected}\", and the judge said {said}"
    return None
