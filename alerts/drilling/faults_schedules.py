"""Schedules that do not fire, and whose jobs do not do what is expected of them."""

from drilling.making import cancel
from drilling.registry import fault


def scheduled(system, name, *options):
    """Of an environment whose jobs no robot takes."""
    system.workflow(name, {"wait": ("WaitNode", {"duration": 1})})
    system.ctl("schedule", "create", name, "--every", "1h", "--workflow", name, "--environment", name, *options)


def come_due(system, name, ago):
    """Its next tick was so long ago: as if no orchestrator had been there since."""
    system.sql(f"UPDATE schedules SET next_at = now() - interval '{ago}', due_at = now() - interval '{ago}'"
               f" WHERE name = '{name}'")


def removed(system, name):
    system.ctl("schedule", "delete", name, "--yes")
    cancel(system, name)


@fault("CasareScheduleMissed", group="schedules", labels={"casare_schedule_name": "drill-missed"})
def nobody_was_there_to_fire(system):
    scheduled(system, "drill-missed")
    come_due(system, "drill-missed", "90 minutes")
    yield
    removed(system, "drill-missed")


@fault("CasareSchedulePromiseBroken", group="schedules",
       labels={"casare_schedule_name": "drill-late", "casare_schedule_sla_objective": "start_delay"})
def no_robot_begins_in_time(system):
    scheduled(system, "drill-late", "--sla-start-delay", "1s")
    come_due(system, "drill-late", "0")
    yield
    removed(system, "drill-late")
