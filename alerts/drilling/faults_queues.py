"""The faults of queues.yml."""

from drilling.making import cancel, dismiss, good, waiting
from drilling.registry import fault, thresholds

thresholds({"casare:threshold:queue_age_seconds": 10})

DEPTH = 1100  # The threshold is 1,000.
AGEING = 100
PROGRAM_SECONDS = 30


def slow_queue(system, queue, jobs):
    """One robot with one slot, whose jobs take seconds. Where none did any, the queue would not be drained at all,
    which says more, and holds back what is drilled here."""
    robot = system.start_robot(queue, CASARE_ENVIRONMENT=queue, CASARE_ROBOT_SLOTS="1")
    system.submit(waiting(system, 2), jobs, environment=queue)
    yield
    cancel(system, queue)
    dismiss(system, robot)


@fault("CasareQueueAgeHigh", group="work", labels={"messaging_destination_name": "drill-age"})
def jobs_wait_for_long(system):
    yield from slow_queue(system, "drill-age", AGEING)


@fault("CasareQueueDepthHigh", group="work", labels={"messaging_destination_name": "drill-depth"})
def many_jobs_wait(system):
    yield from slow_queue(system, "drill-depth", DEPTH)


@fault("CasareQueueNotDraining", group="work", labels={"messaging_destination_name": "drill-stuck"})
def jobs_fit_no_robot(system):
    """There is a robot, and not with the tag that the job asks for; it has it when it comes back."""
    robot = system.start_robot("drill-stuck", CASARE_ENVIRONMENT="drill-stuck")
    system.submit(good(system), environment="drill-stuck", requirements={"tags": ["gpu"], "capabilities": []})
    yield
    robot.stop()
    robot.start(CASARE_ROBOT_TAGS="gpu")
    system.until("the job is done", 60, lambda: not system.query(
        'casare_queue_depth{messaging_destination_name="drill-stuck",casare_job_state="ready"} > 0'))
    dismiss(system, robot)


@fault("CasareQueueWithoutRobots", group="work", labels={"messaging_destination_name": "drill-forgotten"})
def no_robot_leases_from_the_queue(system):
    system.submit(good(system), environment="drill-forgotten")
    yield
    robot = system.start_robot("drill-forgotten", CASARE_ENVIRONMENT="drill-forgotten")
    system.until("the job is done", 60, lambda: not system.query(
        'casare_queue_depth{messaging_destination_name="drill-forgotten",casare_job_state="ready"} > 0'))
    dismiss(system, robot)


@fault("CasareJobsBlocked", group="work", labels={"messaging_destination_name": "drill-asking"})
def robot_dies_in_a_step_that_changes_the_world(system):
    """Killed in the middle of a program; the robot that gets the job next asks whether it ran. The program itself goes
    on, and must soon be gone."""
    system.workflow("drill-asking", {"run": ("RunCommandNode", {"command": "sleep", "args": [str(PROGRAM_SECONDS)]})})
    robot = system.start_robot("drill-asking", CASARE_ENVIRONMENT="drill-asking")
    job = system.submit("drill-asking", environment="drill-asking")[0]
    system.until("the program runs", 60, lambda: any(
        step["finished_at"] is None for step in system.call("GET", f"/api/v1/jobs/{job}/steps")["steps"]))
    robot.kill()
    robot.start()
    yield
    system.ctl("job", "resolve", job, "--fail", "--reason", "the drill is over")
    dismiss(system, robot)
    system.ctl("dlq", "ack", job, "--reason", "the drill is over", "--yes", check=False)
