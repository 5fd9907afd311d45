"""The product's own statements as pgbench scripts, and running them."""

import os
import re
import subprocess
import tempfile

PRIORITIES = "{" + ",".join(str(priority) for priority in range(20, -1, -1)) + "}"
NO_MARKS = "{" + ",".join(["0"] * 21) + "}"
ENDLESS = "{" + ",".join([str(2**63 - 1)] * 21) + "}"
NORMAL = 5
# What the product stores for a job whose handler does nothing.
RESULT = '{"success":true,"error":null,"variables":{},"logs":[],"node_errors":[]}'
# As the product's connections are set up.
SESSION = ("-c role=casare_app -c casare.tenant=1 -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
           " -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off -c jit=off")
# Time-ordered identifiers, which the product makes itself.
IDS = """
CREATE FUNCTION bench_ids(n integer) RETURNS uuid[] LANGUAGE sql VOLATILE AS $$
    SELECT array_agg((lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid) FROM generate_series(1, n) AS row
$$
"""


def product_statement(program, name):
    return subprocess.run([program, "sql", name], check=True, capture_output=True, text=True).stdout.strip()


def filled(text, values):
    """With each @name replaced; a name that is not known is an error, for it would not be the same statement."""
    def value(match):
        if match[1] not in values:
            raise SystemExit(f"the statement has a parameter @{match[1]} that the benchmark does not know")
        return values[match[1]]
    return re.sub(r"(?<![@<])@([a-z_]+)", value, text)


def gathered(text, columns):
    """The statement with its rows gathered into one, for \\gset; everything it does is done."""
    place = re.search(r"^SELECT\b", text, re.MULTILINE).start()
    return f"{text[:place].rstrip()}, product AS (\n{text[place:]}\n)\nSELECT {columns} FROM product\n\\gset\n"


def lease_columns(only):
    mark = f"max(seq) {only}"
    below = 20 - NORMAL
    return (f"coalesce(array_agg(job_id) {only}, '{{}}') AS jobs, coalesce(array_agg(token) {only}, '{{}}') AS tokens,"
            f" coalesce(array_agg(:result::text) {only}, '{{}}') AS results,"
            f" coalesce(string_agg(variables::text, '') {only}, '') AS payloads, max(document::text) AS document,"
            f" CASE WHEN {mark} IS NULL THEN :marks::int8[] ELSE array_fill(0::int8, ARRAY[{below}]) || {mark}"
            f" || array_fill(0::int8, ARRAY[{20 - below}]) END AS marks")


def drain_script(program, style):
    lease = {"session": ":session", "priorities": f"'{PRIORITIES}'", "watermarks": ":marks", "untils": f"'{ENDLESS}'",
             "limit": ":batch", "now": "NULL"}
    complete = {"jobs": ":jobs", "tokens": ":tokens", "results": ":results", "now": "NULL"}
    begin = "\\set session :first_session + :client_id\n"
    if style == "together":
        text = filled(product_statement(program, "complete-and-lease"), {**lease, **complete})
        return begin + gathered(text, lease_columns("FILTER (WHERE NOT is_completed)"))
    return (begin + gathered(filled(product_statement(program, "lease"), lease), lease_columns(""))
            + filled(product_statement(program, "complete"), complete) + ";\n")


def submit_script(program):
    values = {
        "jobs": "bench_ids(:batch)", "workflows": "array_fill(:workflow::uuid, ARRAY[:batch::int])",
        "versions": "array_fill(1, ARRAY[:batch::int])", "environments": "array_fill('default'::text, ARRAY[:batch::int])",
        "priorities": f"array_fill({NORMAL}::int2, ARRAY[:batch::int])", "variables": ":variables",
        "options": "array_fill(:options::text, ARRAY[:batch::int])", "by": "'bench'::text", "now": "NULL",
        "traces": "array_fill(decode(repeat('ab', 25), 'hex'), ARRAY[:batch::int])", "tracestates": "NULL",
        "baggages": "NULL",
    }
    for name, kind in (("keys", "text"), ("delays", "float8"), ("run_at", "timestamptz"), ("queue_keys", "text"),
                       ("requirements", "int4"), ("expires_at", "timestamptz")):
        values[name] = f"array_fill(NULL::{kind}, ARRAY[:batch::int])"
    text = filled(product_statement(program, "submit"), values)
    # The payloads really cross the wire in every statement; they are made once for a connection.
    return ("\\if :prepared\n\\else\nSELECT array_fill(:payload::text, ARRAY[:batch::int]) AS variables\n\\gset\n"
            "\\set prepared 1\n\\endif\n" + text + ";\n")


def pgbench(cluster, database, script, clients, defines, transactions=None, seconds=None):
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        # A line comment ends with its line, which pgbench joins with the next.
        file.write(re.sub(r"(?m)^\s*--.*\n", "", script))
        file.flush()
        os.chmod(file.name, 0o644)
        command = [f"{cluster.bindir}/pgbench", "-n", "-M", "prepared", "-f", file.name, "-c", str(clients),
                   "-j", str(min(clients, 2))]
        command += ["-t", str(transactions)] if transactions else ["-T", str(seconds)]
        for name, value in defines.items():
            command += ["-D", f"{name}={value}"]
        done = subprocess.run(command, env={**cluster.environment(database), "PGOPTIONS": SESSION}, text=True,
                              capture_output=True, check=False)
    text = done.stdout + done.stderr
    rate, count = re.search(r"tps = ([0-9.]+)", text), re.search(r"actually processed: (\d+)", text)
    if done.returncode or not rate or "aborted" in text:
        raise SystemExit(f"pgbench failed: {text[-3000:]}")
    return int(count[1]), int(count[1]) / float(rate[1])
