"""What several faults are made with."""

import contextlib

from drilling.system import DrillError

NO_RETRY = {"retry": {"max_attempts": 1}}
AT_ONCE_AGAIN = {"retry": {"backoff": "fixed", "delay_seconds": 0.5, "max_attempts": 100, "jitter": 0}}
LEASE_END_SECONDS = 60


def good(system):
    """A workflow that does nothing."""
    system.workflow("drill-good", {"done": ("SetVariableNode", {"variable_name": "x", "value": 1})})
    return "drill-good"


def failing(system, name):
    """A workflow that fails at once."""
    system.workflow(name, {"fail": ("ThrowErrorNode", {"error_message": "the drill's fault"})})
    return name


def waiting(system, seconds=600):
    """A workflow that takes its time."""
    name = f"drill-waiting-{seconds}"
    system.workflow(name, {"wait": ("WaitNode", {"duration": seconds})})
    return name


def cancel(system, queue):
    """All jobs of a queue that have not ended, if there are any."""
    system.ctl("job", "cancel", "--environment", queue, "--reason", "the drill is over", "--yes", check=False)


def acknowledge(system, queue):
    """All dead letters of a queue."""
    system.ctl("dlq", "ack", "--environment", queue, "--reason", "the drill is over", "--yes")


def dismiss(system, robot):
    """Ends a robot and has it forgotten, so that nobody misses it."""
    robot.stop()
    system.remove(robot)

    def removed():
        try:
            system.ctl("robot", "remove", robot.name, "--reason", "the drill is over", "--yes")
            return True
        except DrillError:
            return False  # Its session is still there: it did not end by itself.

    system.until(f"{robot.name} is forgotten", LEASE_END_SECONDS, removed)


def start_orchestrators(system):
    """All that were there."""
    for process in system.orchestrators.values():
        process.start()
    for process in system.orchestrators.values():
        system.until(f"{process.name} is ready", 60, lambda one=process: system.is_ready(one))


@contextlib.contextmanager
def revoked(system, table, role="casare_system"):
    """The role may not touch the table for as long."""
    had = system.sql("SELECT string_agg(privilege_type, ', ') FROM information_schema.role_table_grants"
                     f" WHERE grantee = '{role}' AND table_name = '{table}'")
    columns = system.sql("SELECT string_agg(privilege_type || ' (' || column_name || ')', ', ')"
                         " FROM information_schema.column_privileges AS one"
                         f" WHERE grantee = '{role}' AND table_name = '{table}' AND NOT EXISTS ("
                         "SELECT FROM information_schema.role_table_grants AS whole WHERE whole.grantee = one.grantee"
                         " AND whole.table_name = one.table_name AND whole.privilege_type = one.privilege_type)")
    granted = ", ".join(filter(None, (had, columns)))
    if not granted:
        raise DrillError(f"{role} may do nothing with {table}: there is nothing to be taken away")
    system.sql(f"REVOKE ALL ON {table} FROM {role}")
    try:
        yield
    finally:
        system.sql(f"GRANT {granted} ON {table} TO {role}")
