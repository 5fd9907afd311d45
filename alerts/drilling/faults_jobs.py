"""The faults of jobs.yml."""

from drilling.making import AT_ONCE_AGAIN, NO_RETRY, acknowledge, cancel, dismiss, failing, waiting
from drilling.registry import fault
from drilling.repeating import repeating

LEASES = 4  # The threshold is 3.
RETRYING = 12


@fault("CasareWorkflowFailureRateHigh", group="work", labels={"casare_workflow_name": "drill-broken"})
def workflow_fails(system):
    robot = system.start_robot("drill-broken", CASARE_ENVIRONMENT="drill-broken")
    name = failing(system, "drill-broken")
    with repeating(2, lambda: system.submit(name, 4, environment="drill-broken", options=NO_RETRY)):
        yield
    acknowledge(system, "drill-broken")
    dismiss(system, robot)


@fault("CasareJobLeasesExpiring", group="work", labels={"messaging_destination_name": "drill-lost"})
def robot_dies_with_its_jobs(system):
    robot = system.start_robot("drill-lost", CASARE_ENVIRONMENT="drill-lost", CASARE_ROBOT_SLOTS=str(LEASES))
    system.submit(waiting(system), LEASES, environment="drill-lost")
    system.until("the jobs run and Prometheus knows it", 60, lambda: system.query(
        f'casare_queue_depth{{messaging_destination_name="drill-lost",casare_job_state="running"}} == {LEASES}'))
    robot.kill()
    yield
    cancel(system, "drill-lost")
    dismiss(system, robot)


@fault("CasareJobRetryStorm", group="work", labels={"messaging_destination_name": "drill-storm"})
def attempts_fail_and_are_made_again(system):
    robot = system.start_robot("drill-storm", CASARE_ENVIRONMENT="drill-storm", CASARE_ROBOT_SLOTS="4")
    system.submit(failing(system, "drill-storm"), RETRYING, environment="drill-storm", options=AT_ONCE_AGAIN)
    yield
    cancel(system, "drill-storm")
    dismiss(system, robot)
