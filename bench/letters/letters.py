"""Dead letters by the million, straight into the tables, as thirty days of failures would have left them."""

import hashlib
import re

WORKFLOWS, VERSIONS, CAUSES, ROBOTS, DAYS = 50, 4, 200, 20, 30
# In the message of so many letters and of no others.
RARE_TEXT, RARE = "the certificate of the bank has expired", 20

# Of a hundred letters in a row, from which on they are acknowledged, settled by a person, and settled by a replay.
ACKNOWLEDGED_FROM, RESOLVED_FROM, REPLAYED_FROM = 85, 90, 95

SURROUNDINGS = """
SELECT casare_create_partitions(6, now() - interval '31 days');
INSERT INTO queues (tenant_id, name) VALUES (1, 'default') ON CONFLICT DO NOTHING;

INSERT INTO robots (tenant_id, robot_id, environment, tags, capabilities, slots, registered_at)
SELECT 1, 'robot-' || number, 'default', '{}', '{}', 16, now() - interval '60 days'
FROM generate_series(0, @ROBOTS - 1) AS number;

INSERT INTO workflows (tenant_id, workflow_id, name, latest_version, created_at, updated_at)
SELECT 1, md5('workflow ' || number)::uuid, 'workflow-' || number, @VERSIONS, now() - interval '60 days', now()
FROM generate_series(0, @WORKFLOWS - 1) AS number;

INSERT INTO workflow_versions (tenant_id, workflow_id, version, checksum, document, created_at, created_by)
SELECT
    1, md5('workflow ' || number)::uuid, version, repeat(md5(number || ' ' || version), 2),
    json_build_object(
        'metadata', json_build_object('name', 'workflow-' || number),
        'nodes', json_build_object('done', json_build_object(
            'node_id', 'done', 'node_type', 'SetVariableNode',
            'config', json_build_object('variable_name', 'version', 'value', version))),
        'connections', '[]'::json),
    now() - interval '60 days', 'bench'
FROM generate_series(0, @WORKFLOWS - 1) AS number CROSS JOIN generate_series(1, @VERSIONS) AS version;

-- A version 7 UUID of a moment: partitions and keys are in the order of time, as those of real jobs.
CREATE FUNCTION bench_id(at timestamptz, what text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (
        lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(digits, 1, 3)
            || '8' || substr(digits, 4, 15))::uuid
    FROM md5(what) AS digits
$$;
"""

# A third of the causes is one version's, a third one robot's, and the rest anybody's. Half of a cause's letters come within
# six hours, the others at any time. Few causes make most of the letters.
FAILURES = """
SELECT setseed(0.25);
CREATE TABLE bench_failures AS
WITH drawn AS MATERIALIZED (
    SELECT
        number, floor(@CAUSES * power(random(), 2))::int AS cause, random() AS moment, random() < 0.5 AS is_in_burst,
        1 + floor(@VERSIONS * random())::int AS version, floor(@ROBOTS * random())::int AS robot
    FROM generate_series(0, @LETTERS - 1) AS number
), placed AS MATERIALIZED (
    SELECT
        number, cause, cause % @WORKFLOWS AS workflow, CASE WHEN cause % 3 = 0 THEN @VERSIONS ELSE version END AS version,
        CASE WHEN cause % 3 = 1 THEN cause % @ROBOTS ELSE robot END AS robot,
        now() - CASE
            WHEN is_in_burst
            THEN interval '1 day' * @DAYS * ((cause * 37 % @CAUSES)::float8 / @CAUSES) + interval '6 hours' * moment
            ELSE interval '1 day' * @DAYS * moment
        END AS at
    FROM drawn
)
SELECT *, bench_id(at - interval '2 seconds', 'letter ' || number) AS job_id FROM placed ORDER BY at;

INSERT INTO jobs (
    tenant_id, job_id, workflow_id, workflow_version, queue_id, priority, variables, options, created_at, created_by)
SELECT
    1, job_id, md5('workflow ' || workflow)::uuid, version, queue_id, 10,
    json_build_object('order', number, 'customer', 'customer-' || number % 5000, 'amount', number % 997 / 10.0),
    '{}', at - interval '2 seconds', 'bench'
FROM bench_failures CROSS JOIN queues;

INSERT INTO outcomes (
    tenant_id, job_id, kind, attempt, started_at, finished_at, robot_id, failure_kind, failure_type, message, node)
SELECT
    1, job_id, 'failed', 1, at - interval '1 second', at, 'robot-' || robot, 'application', 'CauseError', bench_message(
        number, cause), 'step_' || cause % 7
FROM bench_failures;

INSERT INTO attempts (
    tenant_id, job_id, attempt, robot_id, started_at, finished_at, crashed, failure_kind, failure_type, message, node)
SELECT
    1, job_id, 1, 'robot-' || robot, at - interval '1 second', at, false, 'application', 'CauseError', bench_message(
        number, cause), 'step_' || cause % 7
FROM bench_failures;

INSERT INTO events (tenant_id, job_id, at, kind, detail)
SELECT 1, job_id, at, 'dead_lettered', json_build_object('kind', 'application', 'message', bench_message(number, cause))
FROM bench_failures;

INSERT INTO dead_letters (
    tenant_id, job_id, workflow_id, workflow_version, queue_id, priority, variables, options, failure_kind, failure_type,
    message, node, fingerprint, opened_at, robot_id, step, attempt_count, acknowledged_at, acknowledged_by,
    replayed_as, replayed_at, replayed_by, replay_ended_at, resolved_at, resolved_by)
SELECT
    1, job_id, md5('workflow ' || workflow)::uuid, version, queue_id, 10,
    json_build_object('order', number, 'customer', 'customer-' || number % 5000, 'amount', number % 997 / 10.0),
    '{}', 'application', 'CauseError', bench_message(number, cause), 'step_' || cause % 7,
    substr(md5('cause ' || cause), 1, 16), at, 'robot-' || robot, cause % 7, 1,
    CASE WHEN is_acknowledged THEN at + interval '1 hour' END, CASE WHEN is_acknowledged THEN 'bench' END,
    CASE WHEN is_replayed THEN bench_id(at + interval '2 hours', 'replay ' || number) END,
    CASE WHEN is_replayed THEN at + interval '2 hours' END, CASE WHEN is_replayed THEN 'bench' END,
    CASE WHEN is_replayed THEN at + interval '3 hours' END,
    CASE WHEN is_replayed OR is_resolved THEN at + interval '3 hours' END,
    CASE WHEN is_replayed THEN 'casare' WHEN is_resolved THEN 'bench' END
FROM bench_failures CROSS JOIN queues
CROSS JOIN LATERAL (
    SELECT
        number % 100 BETWEEN @ACKNOWLEDGED_FROM AND @RESOLVED_FROM - 1 AS is_acknowledged,
        number % 100 BETWEEN @RESOLVED_FROM AND @REPLAYED_FROM - 1 AS is_resolved,
        number % 100 >= @REPLAYED_FROM AS is_replayed
) AS stands;
"""

MESSAGE = """
CREATE FUNCTION bench_message(number integer, cause integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN number % (@LETTERS / @RARE) = 0 THEN format('order %s: @RARE_TEXT', number)
        ELSE format(
            '%s refused order %s: connection to host-%s was reset after %s ms',
            (ARRAY['the bank', 'the portal', 'the archive', 'the printer', 'the mailbox'])[1 + cause % 5], number, cause,
            number % 3000)
    END
$$;
"""

SUCCESSES = """
SELECT setseed(0.75);
CREATE TABLE bench_successes AS
WITH drawn AS MATERIALIZED (
    SELECT
        number, floor(@WORKFLOWS * random())::int AS workflow, now() - interval '1 day' * @DAYS * random() AS at,
        CASE WHEN random() < 0.1 THEN @VERSIONS ELSE 1 + floor((@VERSIONS - 1) * random())::int END AS version,
        floor(@ROBOTS * random())::int AS robot
    FROM generate_series(0, @LETTERS - 1) AS number
)
SELECT *, bench_id(at - interval '2 seconds', 'success ' || number) AS job_id FROM drawn ORDER BY at;

INSERT INTO jobs (
    tenant_id, job_id, workflow_id, workflow_version, queue_id, priority, variables, options, created_at, created_by)
SELECT
    1, job_id, md5('workflow ' || workflow)::uuid, version, queue_id, 10,
    json_build_object('order', number, 'customer', 'customer-' || number % 5000), '{}', at - interval '2 seconds', 'bench'
FROM bench_successes CROSS JOIN queues;

INSERT INTO outcomes (tenant_id, job_id, kind, attempt, started_at, finished_at, robot_id)
SELECT 1, job_id, 'completed', 1, at - interval '1 second', at, 'robot-' || robot FROM bench_successes;
"""

CLEANUP = """
DROP TABLE bench_failures, bench_successes;
DROP FUNCTION bench_message, bench_id;
"""


def statements(letters):
    """In their order; each is a script for one session that looks no foreign keys up."""
    values = {
        "WORKFLOWS": WORKFLOWS, "VERSIONS": VERSIONS, "CAUSES": CAUSES, "ROBOTS": ROBOTS, "DAYS": DAYS, "RARE": RARE,
        "RARE_TEXT": RARE_TEXT, "LETTERS": letters, "ACKNOWLEDGED_FROM": ACKNOWLEDGED_FROM,
        "RESOLVED_FROM": RESOLVED_FROM, "REPLAYED_FROM": REPLAYED_FROM,
    }
    for text in (SURROUNDINGS, MESSAGE, FAILURES, SUCCESSES, CLEANUP):
        yield "SET session_replication_role = replica;\n" + re.sub(r"@([A-Z_]+)", lambda name: str(values[name[1]]), text)


def fingerprint(cause):
    """As the letters of a cause have it; the first cause has the most."""
    return hashlib.md5(f"cause {cause}".encode()).hexdigest()[:16]
