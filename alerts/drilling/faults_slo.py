"""Objectives that are missed: each error budget is used up over all windows at once."""

import contextlib

from drilling.making import acknowledge, cancel, dismiss
from drilling.registry import fault
from drilling.repeating import Shared, repeating

PAUSE_SECONDS = 1
AT_ONCE = 5
QUIET_SECONDS = 180
ENVIRONMENT = "drill-objectives"
ONCE = {"retry": {"max_attempts": 1}}
# The pages of the short windows hold the warnings of the long ones back.
WINDOWS = {"1h": "critical", "6h": "critical", "1d": "warning", "3d": "warning"}


def until_quiet(system, *objectives):
    """What faults before have used up of them is told of no more: else the long windows may come first."""
    system.until("no budget is used up", QUIET_SECONDS, lambda: not any(
        alert["labels"]["alertname"] == "CasareErrorBudgetBurn" and alert["labels"]["slo"] in objectives
        for alert in system.alerts()))


@contextlib.contextmanager
def late_and_failing(system):
    """All jobs are leased a minute late, as far as the database knows, and fail."""
    until_quiet(system, "job-success", "pickup-latency")
    system.workflow(ENVIRONMENT, {"fail": ("ThrowErrorNode", {"error_message": "the drill says so"})})
    # With one the queue is there.
    system.submit(ENVIRONMENT, environment=ENVIRONMENT, options=ONCE)
    queue = system.sql(f"SELECT queue_id FROM queues WHERE tenant_id = 1 AND name = '{ENVIRONMENT}'")
    system.sql("CREATE FUNCTION drill_late() RETURNS trigger LANGUAGE plpgsql AS"
               " $$ BEGIN NEW.since := NEW.since - interval '1 minute'; RETURN NEW; END $$")
    system.sql("CREATE TRIGGER drill_late BEFORE INSERT ON ready FOR EACH ROW"
               f" WHEN (NEW.queue_id = {queue}) EXECUTE FUNCTION drill_late()")
    robot = system.start_robot("drill-objectives", "sql", CASARE_ENVIRONMENT=ENVIRONMENT)
    try:
        with repeating(PAUSE_SECONDS,
                       lambda: system.submit(ENVIRONMENT, AT_ONCE, environment=ENVIRONMENT, options=ONCE)):
            yield
    finally:
        system.sql("DROP FUNCTION drill_late CASCADE")
        cancel(system, ENVIRONMENT)
        dismiss(system, robot)
        acknowledge(system, ENVIRONMENT)


@contextlib.contextmanager
def refused_by_the_database(system):
    """What changes calendars is answered with 500."""
    until_quiet(system, "api-availability")
    system.sql("CREATE FUNCTION drill_broken() RETURNS trigger LANGUAGE plpgsql AS"
               " $$ BEGIN RAISE data_corrupted USING MESSAGE = 'the drill breaks it'; END $$")
    system.sql("CREATE TRIGGER drill_broken BEFORE INSERT OR UPDATE ON calendars EXECUTE FUNCTION drill_broken()")
    try:
        with repeating(PAUSE_SECONDS / AT_ONCE, lambda: system.http("PUT", "/api/v1/calendars/broken", {"spec": {}})):
            yield
    finally:
        system.sql("DROP FUNCTION drill_broken CASCADE")


def objective(slo, made):
    for long, severity in WINDOWS.items():

        @fault("CasareErrorBudgetBurn", group="objectives", labels={"slo": slo, "long": long, "severity": severity},
               delivered=severity == "critical", fire_seconds=180, resolve_seconds=240)
        def burns(system):
            with made.of(system):
                yield


JOBS = Shared(late_and_failing)
objective("job-success", JOBS)
objective("pickup-latency", JOBS)
objective("api-availability", Shared(refused_by_the_database))
