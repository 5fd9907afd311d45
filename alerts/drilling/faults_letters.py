"""The faults of dead-letters.yml."""

from drilling.making import NO_RETRY, acknowledge, dismiss, failing
from drilling.registry import fault, thresholds

thresholds({"casare:threshold:dead_letter_age_seconds": 10})

MANY = 30  # The threshold is 20.


def fails_for_good(system, queue, count):
    """A robot, which has told of the queue before jobs in it fail."""
    robot = system.start_robot(queue, CASARE_ENVIRONMENT=queue)
    system.until("Prometheus knows the queue", 60, lambda: system.query(
        f'casare_dlq_opened_total{{messaging_destination_name="{queue}"}}'))
    system.submit(failing(system, queue), count, environment=queue, options=NO_RETRY)
    return robot


@fault("CasareDLQGrowing", group="work", labels={"messaging_destination_name": "drill-letter"})
def job_fails_for_good(system):
    robot = fails_for_good(system, "drill-letter", 1)
    yield
    acknowledge(system, "drill-letter")
    dismiss(system, robot)


@fault("CasareDLQGrowingFast", group="work", labels={"messaging_destination_name": "drill-letters"})
def many_jobs_fail_for_good(system):
    robot = fails_for_good(system, "drill-letters", MANY)
    yield
    acknowledge(system, "drill-letters")
    dismiss(system, robot)


@fault("CasareDLQNotTriaged", group="work", labels={"messaging_destination_name": "drill-untouched"})
def nobody_deals_with_a_letter(system):
    robot = fails_for_good(system, "drill-untouched", 1)
    yield
    acknowledge(system, "drill-untouched")
    dismiss(system, robot)
