"""The faults of robots.yml. The last group has them all gone: then alerts on single ones are held back."""

import contextlib

from drilling.making import cancel, dismiss, good, waiting
from drilling.registry import fault, thresholds
from drilling.repeating import Shared

thresholds({"casare:threshold:robot_silence_seconds": 10})

BASE = ("base-sql", "base-api")  # They are there from the start.


@fault("CasareRobotHeartbeatMissing", group="work", labels={"casare_robot_name": "drill-silent"})
def robot_stands_still(system):
    robot = system.start_robot("drill-silent", CASARE_ENVIRONMENT="drill-silent")
    robot.freeze()
    yield
    robot.thaw()
    system.until("it is heard of again", 60, lambda: system.is_registered(robot))
    dismiss(system, robot)


@fault("CasareFleetSaturated", group="busy")
def all_slots_have_jobs(system):
    for name in BASE:
        slots = int(system.robots[name].environment["CASARE_ROBOT_SLOTS"])
        system.submit(waiting(system), slots, environment="default")
    yield
    cancel(system, "default")


@contextlib.contextmanager
def all_killed(system):
    for name in BASE:
        system.robots[name].kill()
    yield
    cancel(system, "default")
    for name in BASE:
        system.robots[name].start()


without_robots = Shared(all_killed)


@fault("CasareRobotsMostlyOffline", group="fleet")
def robots_die(system):
    with without_robots.of(system):
        yield


@fault("CasareNoRobotForWork", group="fleet")
def jobs_wait_and_no_robot_is_there(system):
    with without_robots.of(system):
        system.submit(good(system), environment="default")
        yield


@fault("CasareRobotHeartbeatMissing", group="fleet", labels={"casare_robot_name": "base-sql"}, delivered=False)
def one_of_them_is_silent(system):
    """All being gone says it already."""
    with without_robots.of(system):
        yield
