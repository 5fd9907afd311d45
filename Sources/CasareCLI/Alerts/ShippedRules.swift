// swift-format-ignore-file
// Made by alerts/embed of alerts/*.yml and dashboards/*.json: change those, and run it.

/// What stands in the repository's alerts/ and dashboards/.
enum ShippedRules {
    /// The files of rules, in the order in which they count.
    static let files: [RuleText] = [
        RuleText(name: "audit.yml", text: #"""
            # Alerts on the audit log: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the numbers.
            # `promtool test rules alerts/audit_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Every orchestrator reads how the chains stand from the same database: `max` counts that once. What each counts itself is
            # added up.
            groups:
              - name: casare-audit
                rules:
                  # The first part lasts until a check finds nothing wrong, the second is what somebody has found who asked for one.
                  - alert: CasareAuditChainBroken
                    expr: |
                      max(casare_audit_chain_broken) > 0
                        or sum(increase(casare_audit_chain_breaks_total[1h])) > 0
                    labels:
                      severity: critical
                    annotations:
                      summary: The audit log is not what was written.
                      description: A check of the chains of the audit log has found something wrong.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuditChainBroken.md

                  # Each chain is checked once a day.
                  - alert: CasareAuditNotVerified
                    expr: |
                      time() - max(casare_audit_last_verification_timestamp_seconds)
                        > scalar(casare:threshold:audit_verification_seconds)
                    for: 1h
                    labels:
                      severity: warning
                    annotations:
                      summary: The audit log has not been checked.
                      description: >-
                        The last check of a whole chain of the audit log was {{ $value | humanizeDuration }} ago.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuditNotVerified.md

                  - alert: CasareAuditWriteFailing
                    expr: |
                      sum by (job) (increase(casare_audit_write_errors_total[5m])) > 0
                        or sum by (job) (increase(casare_audit_entries_lost_total[5m])) > 0
                    labels:
                      severity: critical
                    annotations:
                      summary: Entries of the audit log cannot be written.
                      description: >-
                        {{ $value | humanize }} entries could not be written by {{ $labels.job }} in five minutes; changes are refused
                        for that.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuditWriteFailing.md

                  # They are linked within a second as a rule; what was never linked can be taken away unseen.
                  - alert: CasareAuditEntriesNotLinked
                    expr: max(casare_audit_unlinked_age_seconds) > scalar(casare:threshold:audit_unlinked_seconds)
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: Entries of the audit log are in no chain.
                      description: >-
                        The oldest entry of the audit log that is in no chain is {{ $value | humanizeDuration }} old.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuditEntriesNotLinked.md

                  # An anchor is put on record every hour in which there is something new.
                  - alert: CasareAuditNotAnchored
                    expr: max(casare_audit_unanchored_age_seconds) > scalar(casare:threshold:audit_unanchored_seconds)
                    for: 10m
                    labels:
                      severity: warning
                    annotations:
                      summary: Entries of the audit log are covered by no anchor.
                      description: >-
                        The oldest entry of the audit log that no anchor covers is {{ $value | humanizeDuration }} old.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuditNotAnchored.md

                  # Without these numbers the other alerts on them say nothing.
                  - alert: CasareAuditUnknown
                    expr: |
                      sum by (casare_metric_group) (
                        increase(casare_metric_read_errors_total{casare_metric_group=~"audit|secrets"}[15m])
                      ) >= scalar(casare:threshold:metric_read_errors)
                    labels:
                      severity: warning
                    annotations:
                      summary: How the audit log or the secrets stand cannot be read.
                      description: >-
                        The metrics of the group {{ $labels.casare_metric_group }} could not be read from the database
                        {{ $value | humanize }} times in 15 minutes.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuditUnknown.md

            """#),
        RuleText(name: "authentication.yml", text: #"""
            # Alerts on who is let in: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the
            # numbers. `promtool test rules alerts/authentication_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Each orchestrator counts its own requests: `sum` adds them up.
            groups:
              - name: casare-authentication
                rules:
                  - alert: CasareAuthFailuresHigh
                    expr: sum by (job) (rate(casare_auth_failures_total[10m])) > scalar(casare:threshold:auth_failure_rate)
                    for: 10m
                    labels:
                      severity: warning
                    annotations:
                      summary: Many requests do not show who sends them.
                      description: >-
                        {{ $value | humanize }} requests a second to {{ $labels.job }} show no token, or one that does not count.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuthFailuresHigh.md

                  - alert: CasareAuthLockouts
                    expr: sum by (job) (increase(casare_auth_lockouts_total[15m])) >= scalar(casare:threshold:auth_lockouts)
                    labels:
                      severity: warning
                    annotations:
                      summary: Addresses are locked out for wrong tokens.
                      description: >-
                        {{ $value | humanize }} lock-outs have begun at {{ $labels.job }} in 15 minutes.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuthLockouts.md

                  - alert: CasareAuthRefusalsHigh
                    expr: sum by (job) (rate(casare_auth_refusals_total[10m])) > scalar(casare:threshold:auth_refusal_rate)
                    for: 10m
                    labels:
                      severity: warning
                    annotations:
                      summary: Many requests ask for what their senders may not do.
                      description: >-
                        {{ $value | humanize }} requests a second to {{ $labels.job }} are refused to callers who are known.
                      runbook_url: https://casare.example/docs/runbooks/CasareAuthRefusalsHigh.md

            """#),
        RuleText(name: "dead-letters.yml", text: #"""
            # Alerts on dead letters: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the
            # numbers. `promtool test rules alerts/dead-letters_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Robots count the letters that their reports open: `sum` adds them up. Those of jobs that expired, or were lost with their
            # robots, no robot reports: they are seen by what is open now and was not half an hour ago. That is read from the database
            # by every orchestrator: `max by` counts it once.
            groups:
              - name: casare-dead-letters
                rules:
                  - alert: CasareDLQGrowing
                    expr: |
                      sum by (messaging_destination_name) (increase(casare_dlq_opened_total[30m]))
                        > scalar(casare:threshold:dead_letters)
                        or
                          max by (messaging_destination_name) (casare_dlq_depth{casare_dlq_state="open"})
                            - max by (messaging_destination_name) (casare_dlq_depth{casare_dlq_state="open"} offset 30m)
                          > scalar(casare:threshold:dead_letters)
                    labels:
                      severity: warning
                    annotations:
                      summary: Jobs fail for good.
                      description: >-
                        Dead letters of the queue {{ $labels.messaging_destination_name }} that were opened in 30 minutes:
                        {{ $value | humanize }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareDLQGrowing.md

                  # It stands in the place of the one above: let Alertmanager inhibit that by it.
                  - alert: CasareDLQGrowingFast
                    expr: |
                      sum by (messaging_destination_name) (increase(casare_dlq_opened_total[30m]))
                        > scalar(casare:threshold:dead_letters_fast)
                        or
                          max by (messaging_destination_name) (casare_dlq_depth{casare_dlq_state="open"})
                            - max by (messaging_destination_name) (casare_dlq_depth{casare_dlq_state="open"} offset 30m)
                          > scalar(casare:threshold:dead_letters_fast)
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: Many jobs fail for good.
                      description: >-
                        Dead letters of the queue {{ $labels.messaging_destination_name }} that were opened in 30 minutes:
                        {{ $value | humanize }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareDLQGrowingFast.md

                  - alert: CasareDLQNotTriaged
                    expr: |
                      max by (messaging_destination_name) (casare_dlq_oldest_open_age_seconds)
                        > scalar(casare:threshold:dead_letter_age_seconds)
                    for: 1h
                    labels:
                      severity: warning
                    annotations:
                      summary: Nobody has dealt with a dead letter.
                      description: >-
                        The oldest open dead letter of the queue {{ $labels.messaging_destination_name }} has been there for
                        {{ $value | humanizeDuration }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareDLQNotTriaged.md

            """#),
        RuleText(name: "jobs.yml", text: #"""
            # Alerts on jobs: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the numbers.
            # `promtool test rules alerts/jobs_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Robots and orchestrators count what they did themselves: `sum` adds it up.
            groups:
              - name: casare-jobs
                rules:
                  # Business failures are what a workflow says on purpose. Of few jobs nobody is told: a share says nothing there.
                  - alert: CasareWorkflowFailureRateHigh
                    expr: |
                      (
                        sum by (casare_workflow_name) (
                          rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[15m]))
                          / sum by (casare_workflow_name) (
                            rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[15m]))
                      ) > scalar(casare:threshold:workflow_failure_ratio)
                        and on (casare_workflow_name)
                          sum by (casare_workflow_name) (
                            increase(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[15m]))
                          >= scalar(casare:threshold:workflow_jobs_min)
                    for: 5m
                    labels:
                      severity: warning
                    annotations:
                      summary: Many jobs of a workflow fail.
                      description: >-
                        {{ $value | humanizePercentage }} of the jobs of the workflow {{ $labels.casare_workflow_name }} that ended in
                        15 minutes have failed.
                      runbook_url: https://casare.example/docs/runbooks/CasareWorkflowFailureRateHigh.md

                  - alert: CasareJobLeasesExpiring
                    expr: |
                      sum by (messaging_destination_name) (increase(casare_job_lease_expired_total[15m]))
                        >= scalar(casare:threshold:lease_expiries)
                    labels:
                      severity: warning
                    annotations:
                      summary: Robots are lost with the jobs that they run.
                      description: >-
                        {{ $value | humanize }} leases of the queue {{ $labels.messaging_destination_name }} ran out in 15 minutes.
                      runbook_url: https://casare.example/docs/runbooks/CasareJobLeasesExpiring.md

                  - alert: CasareJobRetryStorm
                    expr: |
                      sum by (messaging_destination_name) (increase(casare_job_retried_total[10m]))
                        > scalar(casare:threshold:retries)
                        and on (messaging_destination_name)
                          sum by (messaging_destination_name) (rate(casare_job_retried_total[10m]))
                          > scalar(casare:threshold:retry_ratio)
                            * sum by (messaging_destination_name) (rate(casare_job_leased_total[10m]))
                    for: 10m
                    labels:
                      severity: warning
                    annotations:
                      summary: Most attempts in a queue fail and are made again.
                      description: >-
                        {{ $value | humanize }} attempts of the queue {{ $labels.messaging_destination_name }} failed in ten minutes
                        and are made again.
                      runbook_url: https://casare.example/docs/runbooks/CasareJobRetryStorm.md

            """#),
        RuleText(name: "queues.yml", text: #"""
            # Alerts on queues: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the numbers.
            # `promtool test rules alerts/queues_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Every orchestrator reads the queues from the same database: `max by` counts them once. What robots count is added up. A
            # queue that is paused waits on purpose: nobody is told of it.
            groups:
              - name: casare-queues
                rules:
                  - alert: CasareQueueAgeHigh
                    expr: |
                      max by (messaging_destination_name) (casare_queue_oldest_job_age_seconds)
                        > scalar(casare:threshold:queue_age_seconds)
                        unless on (messaging_destination_name)
                          max by (messaging_destination_name) (casare_queue_paused) > 0
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: A job waits for long in its queue.
                      description: >-
                        The oldest job that is ready in the queue {{ $labels.messaging_destination_name }} has waited for
                        {{ $value | humanizeDuration }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareQueueAgeHigh.md

                  - alert: CasareQueueDepthHigh
                    expr: |
                      max by (messaging_destination_name) (casare_queue_depth{casare_job_state="ready"})
                        > scalar(casare:threshold:queue_depth)
                        unless on (messaging_destination_name)
                          max by (messaging_destination_name) (casare_queue_paused) > 0
                    for: 15m
                    labels:
                      severity: warning
                    annotations:
                      summary: Many jobs wait in a queue.
                      description: "{{ $value | humanize }} jobs are ready in the queue {{ $labels.messaging_destination_name }}."
                      runbook_url: https://casare.example/docs/runbooks/CasareQueueDepthHigh.md

                  # Robots count what they lease: where none of them sends metrics, nothing is known of it.
                  - alert: CasareQueueNotDraining
                    expr: |
                      max by (messaging_destination_name) (min_over_time(casare_queue_depth{casare_job_state="ready"}[10m])) > 0
                        and on () count(casare_robot_slot_limit) > 0
                        unless on (messaging_destination_name)
                          sum by (messaging_destination_name) (rate(casare_job_leased_total[10m])) > 0
                        unless on (messaging_destination_name)
                          max by (messaging_destination_name) (casare_queue_paused) > 0
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: Jobs wait in a queue, and no robot leases any.
                      description: >-
                        For ten minutes no robot has leased a job of the queue {{ $labels.messaging_destination_name }}. So many were
                        ready all the time: {{ $value | humanize }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareQueueNotDraining.md

                  - alert: CasareQueueWithoutRobots
                    expr: |
                      max by (messaging_destination_name) (casare_queue_depth{casare_job_state="ready"}) > 0
                        and on (messaging_destination_name)
                          max by (messaging_destination_name) (casare_queue_eligible_robot) == 0
                        unless on (messaging_destination_name)
                          max by (messaging_destination_name) (casare_queue_paused) > 0
                    for: 5m
                    labels:
                      severity: warning
                    annotations:
                      summary: Jobs wait in a queue that no robot leases from.
                      description: >-
                        No robot that is there may lease from the queue {{ $labels.messaging_destination_name }}, in which jobs are
                        ready: {{ $value | humanize }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareQueueWithoutRobots.md

                  - alert: CasareJobsBlocked
                    expr: max by (messaging_destination_name) (casare_queue_depth{casare_job_state="blocked"}) > 0
                    for: 30m
                    labels:
                      severity: warning
                    annotations:
                      summary: Jobs wait for the answer of a person.
                      description: >-
                        Jobs of the queue {{ $labels.messaging_destination_name }} that ask what became of a step:
                        {{ $value | humanize }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareJobsBlocked.md

            """#),
        RuleText(name: "robots.yml", text: #"""
            # Alerts on robots: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the numbers.
            # `promtool test rules alerts/robots_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Every orchestrator reads the robots from the same database: `max by` counts them once.
            groups:
              - name: casare-robots
                rules:
                  # A robot that vanished stays known until somebody removes it. One that was stopped has said so.
                  - alert: CasareRobotHeartbeatMissing
                    expr: |
                      time() - max by (casare_robot_name) (casare_robot_last_heartbeat_timestamp_seconds)
                        > scalar(casare:threshold:robot_silence_seconds)
                        unless on (casare_robot_name) max by (casare_robot_name) (casare_robot_stopped) > 0
                    for: 1m
                    labels:
                      severity: warning
                    annotations:
                      summary: Nothing is heard of a robot.
                      description: >-
                        The robot {{ $labels.casare_robot_name }} was last heard of {{ $value | humanizeDuration }} ago.
                      runbook_url: https://casare.example/docs/runbooks/CasareRobotHeartbeatMissing.md

                  # Of few robots a share says nothing. Those that were stopped are no part of it.
                  - alert: CasareRobotsMostlyOffline
                    expr: |
                      max(casare_robot_registered{casare_robot_state="offline"})
                        / sum(max by (casare_robot_state) (casare_robot_registered{casare_robot_state!="stopped"}))
                        > scalar(casare:threshold:robots_offline_ratio)
                        and on ()
                          max(casare_robot_registered{casare_robot_state="offline"})
                          >= scalar(casare:threshold:robots_offline_min)
                    for: 2m
                    labels:
                      severity: critical
                    annotations:
                      summary: Many robots are offline at once.
                      description: "{{ $value | humanizePercentage }} of the robots are offline."
                      runbook_url: https://casare.example/docs/runbooks/CasareRobotsMostlyOffline.md

                  # A robot that is cordoned or ends takes no jobs. What waits in queues that are paused waits on purpose.
                  - alert: CasareNoRobotForWork
                    expr: |
                      sum(
                        max by (messaging_destination_name) (casare_queue_depth{casare_job_state="ready"})
                          unless on (messaging_destination_name)
                            max by (messaging_destination_name) (casare_queue_paused) > 0
                      ) > 0
                        and on ()
                          sum(max by (casare_robot_state) (casare_robot_registered{casare_robot_state=~"idle|busy"})) == 0
                    for: 2m
                    labels:
                      severity: critical
                    annotations:
                      summary: Jobs wait, and there is no robot that takes any.
                      description: "No robot is idle or busy. Jobs that are ready in queues that are not paused: {{ $value | humanize }}."
                      runbook_url: https://casare.example/docs/runbooks/CasareNoRobotForWork.md

                  - alert: CasareFleetSaturated
                    expr: |
                      sum(avg_over_time(casare_robot_slot_usage[30m])) / sum(avg_over_time(casare_robot_slot_limit[30m]))
                        > scalar(casare:threshold:fleet_utilization_ratio)
                    for: 15m
                    labels:
                      severity: warning
                    annotations:
                      summary: The robots have hardly a slot free.
                      description: "{{ $value | humanizePercentage }} of all slots had a job for half an hour."
                      runbook_url: https://casare.example/docs/runbooks/CasareFleetSaturated.md

            """#),
        RuleText(name: "schedules.yml", text: #"""
            # Alerts on schedules: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the numbers.
            # `promtool test rules alerts/schedules_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Each orchestrator counts the ticks that it dealt with: `sum` adds them up. It tells of a schedule from the first tick on that
            # it counts, and `increase` does not see that one: a series that was not there 15 minutes ago counts with all that it says. But
            # not where its process was there already and was not asked: then nobody knows how old that is.
            groups:
              - name: casare-schedules
                rules:
                  # What was skipped on purpose (pause, overlap, calendar, blackout) is not missed.
                  - alert: CasareScheduleMissed
                    expr: |
                      sum by (casare_schedule_name) (
                        (
                          casare_schedule_ticks_total{casare_schedule_tick_result="missed"}
                            unless casare_schedule_ticks_total{casare_schedule_tick_result="missed"} offset 15m
                        )
                          and on (job, instance) (process_uptime_seconds < 900 or process_uptime_seconds offset 15m)
                        or increase(casare_schedule_ticks_total{casare_schedule_tick_result="missed"}[15m])
                      ) > scalar(casare:threshold:schedule_ticks_missed)
                    labels:
                      severity: warning
                    annotations:
                      summary: A schedule should have fired and did not.
                      description: >-
                        Ticks of the schedule {{ $labels.casare_schedule_name }} that were missed in 15 minutes:
                        {{ $value | humanize }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareScheduleMissed.md

                  - alert: CasareSchedulePromiseBroken
                    expr: |
                      sum by (casare_schedule_name, casare_schedule_sla_objective) (
                        (casare_schedule_sla_breaches_total unless casare_schedule_sla_breaches_total offset 15m)
                          and on (job, instance) (process_uptime_seconds < 900 or process_uptime_seconds offset 15m)
                        or increase(casare_schedule_sla_breaches_total[15m])
                      ) > scalar(casare:threshold:schedule_breaches)
                    labels:
                      severity: warning
                    annotations:
                      summary: A schedule's jobs do not do what is expected of them.
                      description: >-
                        Promises of the schedule {{ $labels.casare_schedule_name }} ({{ $labels.casare_schedule_sla_objective }}) that
                        were broken in 15 minutes: {{ $value | humanize }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareSchedulePromiseBroken.md

            """#),
        RuleText(name: "secrets.yml", text: #"""
            # Alerts on secrets: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the numbers.
            # `promtool test rules alerts/secrets_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Every orchestrator reads the ages from the same database: `max by` counts them once. What of the credentials that providers
            # make for jobs goes wrong shows as the loop that looks after them having no good round.
            groups:
              - name: casare-secrets
                rules:
                  - alert: CasareSecretRotationOverdue
                    expr: |
                      time() - max by (casare_secret_name) (casare_secret_last_rotation_timestamp_seconds)
                        > on (casare_secret_name) max by (casare_secret_name) (casare_secret_rotation_limit_seconds)
                    for: 1h
                    labels:
                      severity: warning
                    annotations:
                      summary: A secret's value is older than its policy allows.
                      description: >-
                        The value of the secret {{ $labels.casare_secret_name }} is {{ $value | humanizeDuration }} old, which is more
                        than its policy allows.
                      runbook_url: https://casare.example/docs/runbooks/CasareSecretRotationOverdue.md

                  # Overdue stands in its place once that fires: let Alertmanager inhibit this one by it.
                  - alert: CasareSecretRotationDue
                    expr: |
                      time() - max by (casare_secret_name) (casare_secret_last_rotation_timestamp_seconds)
                        > on (casare_secret_name)
                          (
                            scalar(casare:threshold:secret_due_ratio)
                              * max by (casare_secret_name) (casare_secret_rotation_limit_seconds)
                          )
                    for: 1h
                    labels:
                      severity: info
                    annotations:
                      summary: A secret's value is soon as old as its policy allows.
                      description: >-
                        The value of the secret {{ $labels.casare_secret_name }} is {{ $value | humanizeDuration }} old, which is nearly
                        as old as its policy allows.
                      runbook_url: https://casare.example/docs/runbooks/CasareSecretRotationDue.md

                  # These loops have a round every second or two, that of the providers every fifteen; one that is tried again soon after
                  # a failure has many in two minutes.
                  - alert: CasareSecretLoopStalled
                    expr: |
                      time() - max by (casare_loop_name) (
                        casare_loop_last_success_timestamp_seconds{
                          casare_loop_name=~"secret_leases|secret_providers|secret_rotation"}
                      ) > scalar(casare:threshold:loop_silence_seconds)
                    for: 1m
                    labels:
                      severity: critical
                    annotations:
                      summary: A loop that looks after secrets has had no good round.
                      description: >-
                        The last good round of the loop {{ $labels.casare_loop_name }} was {{ $value | humanizeDuration }} ago, in any
                        orchestrator.
                      runbook_url: https://casare.example/docs/runbooks/CasareSecretLoopStalled.md

                  # Each orchestrator asks for itself, and one that is refused fails the jobs that ask it.
                  - alert: CasareSecretProviderDown
                    expr: min by (casare_secret_provider) (casare_secret_provider_healthy) == 0
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: A provider of secrets gives none out.
                      description: >-
                        The provider {{ $labels.casare_secret_provider }} has given no secrets out to at least one orchestrator for five
                        minutes.
                      runbook_url: https://casare.example/docs/runbooks/CasareSecretProviderDown.md

                  - alert: CasareSecretReadsFailing
                    expr: |
                      (
                        sum(rate(casare_secret_reads_total{casare_access_result="failed"}[10m]))
                          / sum(rate(casare_secret_reads_total[10m]))
                      ) > scalar(casare:threshold:secret_reads_failed_ratio)
                        and sum(increase(casare_secret_reads_total[10m])) >= scalar(casare:threshold:secret_reads_min)
                    for: 5m
                    labels:
                      severity: warning
                    annotations:
                      summary: Most secrets that are asked for are not had.
                      description: >-
                        {{ $value | humanizePercentage }} of the secrets that jobs and people asked for were not there, or could not be
                        had.
                      runbook_url: https://casare.example/docs/runbooks/CasareSecretReadsFailing.md

                  # A robot that asks for what the job's workflow does not name, or a version that nobody is to have any more.
                  - alert: CasareSecretReadsDenied
                    expr: |
                      sum(increase(casare_secret_reads_total{casare_access_result="denied"}[15m]))
                        >= scalar(casare:threshold:secret_reads_denied)
                    labels:
                      severity: warning
                    annotations:
                      summary: Secrets are asked for that must not be had.
                      description: "{{ $value | humanize }} times in 15 minutes a secret was asked for that must not be had."
                      runbook_url: https://casare.example/docs/runbooks/CasareSecretReadsDenied.md

            """#),
        RuleText(name: "service.yml", text: #"""
            # Alerts on the service itself: Prometheus reads this file as one of `rule_files`, beside `thresholds.yml`, which has the
            # numbers. `promtool test rules alerts/service_test.yml` holds them. In `runbook_url` put where you publish docs/.
            #
            # Each process tells of itself. Where one of several orchestrators is enough, the best of them counts (`max by`).
            groups:
              - name: casare-service
                rules:
                  - record: job_instance_pool:db_client_connection_used:ratio
                    expr: |
                      sum by (job, instance, db_client_connection_pool_name) (
                        db_client_connection_count{db_client_connection_state="used"}
                      )
                        / sum by (job, instance, db_client_connection_pool_name) (db_client_connection_max)

                  # Those that send metrics are known by their job; those that are scraped, under whatever name, by what they alone have.
                  - alert: CasareOrchestratorAbsent
                    expr: |
                      absent(
                        target_info{job=~"(.+/)?casare-orchestrator"}
                          or casare_loop_last_success_timestamp_seconds
                      )
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: No orchestrator is heard of.
                      description: No orchestrator sends metrics, and none can be scraped; all other alerts are blind.
                      runbook_url: https://casare.example/docs/runbooks/CasareOrchestratorAbsent.md

                  # These have a round every half minute or more often. Those that have them more rarely, and clean up, are below; those
                  # that look after secrets are in secrets.yml.
                  - alert: CasareLoopStalled
                    expr: |
                      time() - max by (casare_loop_name) (
                        casare_loop_last_success_timestamp_seconds{
                          casare_loop_name!~"secret_leases|secret_providers|secret_rotation",
                          casare_loop_name!~".+_keeping|certificates|compact|deliveries|partitions|retention|secret_holds|settle|token_uses"}
                      ) > scalar(casare:threshold:loop_silence_seconds)
                    for: 1m
                    labels:
                      severity: critical
                    annotations:
                      summary: A background loop has had no good round.
                      description: >-
                        The last good round of the loop {{ $labels.casare_loop_name }} was {{ $value | humanizeDuration }} ago, in any
                        orchestrator.
                      runbook_url: https://casare.example/docs/runbooks/CasareLoopStalled.md

                  # These have a round every minute to every hour, and are tried again within seconds where one fails. Nobody's work waits
                  # for them: they clean up, and note what may be noted later.
                  - alert: CasareSlowLoopStalled
                    expr: |
                      time() - max by (casare_loop_name) (
                        casare_loop_last_success_timestamp_seconds{
                          casare_loop_name=~".+_keeping|certificates|compact|deliveries|partitions|retention|secret_holds|settle|token_uses"}
                      ) > scalar(casare:threshold:slow_loop_silence_seconds)
                    for: 10m
                    labels:
                      severity: warning
                    annotations:
                      summary: A loop that keeps the database in order has had no good round.
                      description: >-
                        The last good round of the loop {{ $labels.casare_loop_name }} was {{ $value | humanizeDuration }} ago, in any
                        orchestrator.
                      runbook_url: https://casare.example/docs/runbooks/CasareSlowLoopStalled.md

                  # A loop that has had no good round since the start has no time of one that could grow old.
                  - alert: CasareLoopNeverSucceeded
                    expr: |
                      sum by (casare_loop_name) (increase(casare_loop_duration_seconds_count{error_type!=""}[5m])) > 0
                        unless on (casare_loop_name)
                          max by (casare_loop_name) (casare_loop_last_success_timestamp_seconds)
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: A background loop has not had one good round.
                      description: >-
                        {{ $value | humanize }} rounds of the loop {{ $labels.casare_loop_name }} failed in five minutes, and none has
                        gone through since the orchestrators were started.
                      runbook_url: https://casare.example/docs/runbooks/CasareLoopNeverSucceeded.md

                  # A pool that is full while nobody waits is well used.
                  - alert: CasareDatabasePoolExhausted
                    expr: |
                      (
                        job_instance_pool:db_client_connection_used:ratio > scalar(casare:threshold:pool_usage_ratio)
                          and on (job, instance, db_client_connection_pool_name)
                            max_over_time(db_client_connection_pending_requests[5m]) > 0
                      )
                        or
                      (
                        job_instance_pool:db_client_connection_used:ratio
                          and on (job, instance, db_client_connection_pool_name)
                            increase(db_client_connection_timeouts_total[5m]) > 0
                      )
                    for: 5m
                    labels:
                      severity: warning
                    annotations:
                      summary: Work waits for a connection to the database.
                      description: >-
                        {{ $value | humanizePercentage }} of the connections of the pool {{ $labels.db_client_connection_pool_name }} in
                        {{ $labels.job }} {{ $labels.instance }} are in use, and work waits for one or has given up.
                      runbook_url: https://casare.example/docs/runbooks/CasareDatabasePoolExhausted.md

                  # Spans and lines that there was no room for, and what the collector did not take.
                  - alert: CasareTelemetryDropped
                    expr: |
                      sum by (job, instance, otel_component_type) (
                        increase(otel_sdk_exporter_span_exported_total{error_type!=""}[15m])
                          or increase(otel_sdk_exporter_metric_data_point_exported_total{error_type!=""}[15m])
                          or increase(otel_sdk_exporter_log_exported_total{error_type!=""}[15m])
                          or increase(otel_sdk_processor_span_processed_total{error_type!=""}[15m])
                          or increase(otel_sdk_processor_log_processed_total{error_type!=""}[15m])
                      ) > 0
                    for: 15m
                    labels:
                      severity: warning
                    annotations:
                      summary: Telemetry gets lost.
                      description: >-
                        {{ $value | humanize }} pieces of telemetry of {{ $labels.job }} {{ $labels.instance }} were lost in 15 minutes
                        ({{ $labels.otel_component_type }}).
                      runbook_url: https://casare.example/docs/runbooks/CasareTelemetryDropped.md

                  # Those of the audit log and of secrets are in audit.yml.
                  - alert: CasareMetricsUnknown
                    expr: |
                      sum by (casare_metric_group) (
                        increase(casare_metric_read_errors_total{casare_metric_group!~"audit|secrets"}[15m])
                      ) >= scalar(casare:threshold:metric_read_errors)
                    labels:
                      severity: warning
                    annotations:
                      summary: How queues, robots or schedules stand cannot be read.
                      description: >-
                        The metrics of the group {{ $labels.casare_metric_group }} could not be read from the database
                        {{ $value | humanize }} times in 15 minutes.
                      runbook_url: https://casare.example/docs/runbooks/CasareMetricsUnknown.md

                  # It has two severities, of which the page stands in the place of the warning.
                  - alert: CasareCertificateExpiring
                    expr: |
                      min by (job) (casare_tls_certificate_expiry_seconds) - time()
                        < scalar(casare:threshold:certificate_warning_seconds)
                    for: 1h
                    labels:
                      severity: warning
                    annotations:
                      summary: The certificate of the API ends soon.
                      description: The certificate that {{ $labels.job }} is served with ends in {{ $value | humanizeDuration }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareCertificateExpiring.md

                  - alert: CasareCertificateExpiring
                    expr: |
                      min by (job) (casare_tls_certificate_expiry_seconds) - time()
                        < scalar(casare:threshold:certificate_critical_seconds)
                    for: 10m
                    labels:
                      severity: critical
                    annotations:
                      summary: The certificate of the API ends very soon.
                      description: The certificate that {{ $labels.job }} is served with ends in {{ $value | humanizeDuration }}.
                      runbook_url: https://casare.example/docs/runbooks/CasareCertificateExpiring.md

            """#),
        RuleText(name: "slo.yml", text: #"""
            # Objectives, and the alerts on how fast their error budgets are used up: Prometheus reads this file as one of
            # `rule_files`, beside `thresholds.yml`, which has the objectives. `promtool test rules alerts/slo_test.yml` holds them. In
            # `runbook_url` put where you publish docs/.
            #
            #   api-availability   requests that are not answered with 5xx, but for 501, which says that something is not set up; health,
            #                      metrics and examinations of the database are not counted
            #   pickup-latency     attempts that were leased within 30 seconds of being due
            #   job-success        jobs that have not failed; business failures are good, cancelled jobs are not counted
            #
            # The records are named as sloth names them, and the windows and factors are those of the SRE workbook for 30 days. In a
            # window in which nothing happened there is no share. Bounds are `30.0` in OpenMetrics and `30` in the older text.
            groups:
              - name: casare-slo-api-availability
                rules:
                  - record: slo:sli_error:ratio_rate5m
                    expr: |
                      (
                        sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                            http_response_status_code=~"5..",http_response_status_code!="501"}[5m])) or vector(0)
                      )
                        / (
                          sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+"}[5m])) > 0
                        )
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:ratio_rate30m
                    expr: |
                      (
                        sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                            http_response_status_code=~"5..",http_response_status_code!="501"}[30m])) or vector(0)
                      )
                        / (
                          sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+"}[30m])) > 0
                        )
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:ratio_rate1h
                    expr: |
                      (
                        sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                            http_response_status_code=~"5..",http_response_status_code!="501"}[1h])) or vector(0)
                      )
                        / (
                          sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+"}[1h])) > 0
                        )
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:ratio_rate2h
                    expr: |
                      (
                        sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                            http_response_status_code=~"5..",http_response_status_code!="501"}[2h])) or vector(0)
                      )
                        / (
                          sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+"}[2h])) > 0
                        )
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:ratio_rate6h
                    expr: |
                      (
                        sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                            http_response_status_code=~"5..",http_response_status_code!="501"}[6h])) or vector(0)
                      )
                        / (
                          sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+"}[6h])) > 0
                        )
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:ratio_rate1d
                    expr: |
                      (
                        sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                            http_response_status_code=~"5..",http_response_status_code!="501"}[1d])) or vector(0)
                      )
                        / (
                          sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+"}[1d])) > 0
                        )
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:ratio_rate3d
                    expr: |
                      (
                        sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                            http_response_status_code=~"5..",http_response_status_code!="501"}[3d])) or vector(0)
                      )
                        / (
                          sum(rate(http_server_request_duration_seconds_count{
                            http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+"}[3d])) > 0
                        )
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:increase1h
                    expr: |
                      sum(increase(http_server_request_duration_seconds_count{
                        http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                        http_response_status_code=~"5..",http_response_status_code!="501"}[1h]))
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:increase6h
                    expr: |
                      sum(increase(http_server_request_duration_seconds_count{
                        http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                        http_response_status_code=~"5..",http_response_status_code!="501"}[6h]))
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:increase1d
                    expr: |
                      sum(increase(http_server_request_duration_seconds_count{
                        http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                        http_response_status_code=~"5..",http_response_status_code!="501"}[1d]))
                    labels:
                      slo: api-availability
                  - record: slo:sli_error:increase3d
                    expr: |
                      sum(increase(http_server_request_duration_seconds_count{
                        http_route!="",http_route!~"/health/.+|/metrics|/api/v1/doctor/.+",
                        http_response_status_code=~"5..",http_response_status_code!="501"}[3d]))
                    labels:
                      slo: api-availability

              - name: casare-slo-pickup-latency
                rules:
                  - record: slo:sli_error:ratio_rate5m
                    expr: |
                      (
                        sum(rate(casare_job_wait_duration_seconds_count[5m]))
                            - sum(rate(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[5m]))
                      )
                        / (
                          sum(rate(casare_job_wait_duration_seconds_count[5m])) > 0
                        )
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:ratio_rate30m
                    expr: |
                      (
                        sum(rate(casare_job_wait_duration_seconds_count[30m]))
                            - sum(rate(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[30m]))
                      )
                        / (
                          sum(rate(casare_job_wait_duration_seconds_count[30m])) > 0
                        )
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:ratio_rate1h
                    expr: |
                      (
                        sum(rate(casare_job_wait_duration_seconds_count[1h]))
                            - sum(rate(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[1h]))
                      )
                        / (
                          sum(rate(casare_job_wait_duration_seconds_count[1h])) > 0
                        )
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:ratio_rate2h
                    expr: |
                      (
                        sum(rate(casare_job_wait_duration_seconds_count[2h]))
                            - sum(rate(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[2h]))
                      )
                        / (
                          sum(rate(casare_job_wait_duration_seconds_count[2h])) > 0
                        )
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:ratio_rate6h
                    expr: |
                      (
                        sum(rate(casare_job_wait_duration_seconds_count[6h]))
                            - sum(rate(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[6h]))
                      )
                        / (
                          sum(rate(casare_job_wait_duration_seconds_count[6h])) > 0
                        )
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:ratio_rate1d
                    expr: |
                      (
                        sum(rate(casare_job_wait_duration_seconds_count[1d]))
                            - sum(rate(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[1d]))
                      )
                        / (
                          sum(rate(casare_job_wait_duration_seconds_count[1d])) > 0
                        )
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:ratio_rate3d
                    expr: |
                      (
                        sum(rate(casare_job_wait_duration_seconds_count[3d]))
                            - sum(rate(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[3d]))
                      )
                        / (
                          sum(rate(casare_job_wait_duration_seconds_count[3d])) > 0
                        )
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:increase1h
                    expr: |
                      sum(increase(casare_job_wait_duration_seconds_count[1h]))
                        - sum(increase(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[1h]))
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:increase6h
                    expr: |
                      sum(increase(casare_job_wait_duration_seconds_count[6h]))
                        - sum(increase(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[6h]))
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:increase1d
                    expr: |
                      sum(increase(casare_job_wait_duration_seconds_count[1d]))
                        - sum(increase(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[1d]))
                    labels:
                      slo: pickup-latency
                  - record: slo:sli_error:increase3d
                    expr: |
                      sum(increase(casare_job_wait_duration_seconds_count[3d]))
                        - sum(increase(casare_job_wait_duration_seconds_bucket{le=~"30(\\.0)?"}[3d]))
                    labels:
                      slo: pickup-latency

              - name: casare-slo-job-success
                rules:
                  - record: slo:sli_error:ratio_rate5m
                    expr: |
                      (
                        sum(rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[5m])) or vector(0)
                      )
                        / (
                          sum(rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[5m])) > 0
                        )
                    labels:
                      slo: job-success
                  - record: slo:sli_error:ratio_rate30m
                    expr: |
                      (
                        sum(rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[30m])) or vector(0)
                      )
                        / (
                          sum(rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[30m])) > 0
                        )
                    labels:
                      slo: job-success
                  - record: slo:sli_error:ratio_rate1h
                    expr: |
                      (
                        sum(rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[1h])) or vector(0)
                      )
                        / (
                          sum(rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[1h])) > 0
                        )
                    labels:
                      slo: job-success
                  - record: slo:sli_error:ratio_rate2h
                    expr: |
                      (
                        sum(rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[2h])) or vector(0)
                      )
                        / (
                          sum(rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[2h])) > 0
                        )
                    labels:
                      slo: job-success
                  - record: slo:sli_error:ratio_rate6h
                    expr: |
                      (
                        sum(rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[6h])) or vector(0)
                      )
                        / (
                          sum(rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[6h])) > 0
                        )
                    labels:
                      slo: job-success
                  - record: slo:sli_error:ratio_rate1d
                    expr: |
                      (
                        sum(rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[1d])) or vector(0)
                      )
                        / (
                          sum(rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[1d])) > 0
                        )
                    labels:
                      slo: job-success
                  - record: slo:sli_error:ratio_rate3d
                    expr: |
                      (
                        sum(rate(casare_job_duration_seconds_count{
                            casare_job_result="failed",casare_failure_kind!="business"}[3d])) or vector(0)
                      )
                        / (
                          sum(rate(casare_job_duration_seconds_count{casare_job_result!="cancelled"}[3d])) > 0
                        )
                    labels:
                      slo: job-success
                  - record: slo:sli_error:increase1h
                    expr: |
                      sum(increase(casare_job_duration_seconds_count{
                        casare_job_result="failed",casare_failure_kind!="business"}[1h]))
                    labels:
                      slo: job-success
                  - record: slo:sli_error:increase6h
                    expr: |
                      sum(increase(casare_job_duration_seconds_count{
                        casare_job_result="failed",casare_failure_kind!="business"}[6h]))
                    labels:
                      slo: job-success
                  - record: slo:sli_error:increase1d
                    expr: |
                      sum(increase(casare_job_duration_seconds_count{
                        casare_job_result="failed",casare_failure_kind!="business"}[1d]))
                    labels:
                      slo: job-success
                  - record: slo:sli_error:increase3d
                    expr: |
                      sum(increase(casare_job_duration_seconds_count{
                        casare_job_result="failed",casare_failure_kind!="business"}[3d]))
                    labels:
                      slo: job-success

              - name: casare-slo
                rules:
                  - record: slo:error_budget:ratio
                    expr: 1 - slo:objective:ratio

                  # 2 % of it in an hour.
                  - alert: CasareErrorBudgetBurn
                    expr: |
                      slo:sli_error:ratio_rate1h > on (slo) (14.4 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:ratio_rate5m > on (slo) (14.4 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:increase1h >= scalar(casare:threshold:slo_errors_min)
                    for: 2m
                    labels:
                      severity: critical
                      long: 1h
                      short: 5m
                      factor: "14.4"
                    annotations:
                      summary: The error budget of an objective is used up too fast.
                      description: >-
                        {{ $value | humanizePercentage }} of what counts for {{ $labels.slo }} was bad within an hour:
                        more than 14.4 times what its error budget allows.
                      runbook_url: https://casare.example/docs/runbooks/CasareErrorBudgetBurn.md

                  # 5 % of it in six hours.
                  - alert: CasareErrorBudgetBurn
                    expr: |
                      slo:sli_error:ratio_rate6h > on (slo) (6 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:ratio_rate30m > on (slo) (6 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:increase6h >= scalar(casare:threshold:slo_errors_min)
                    for: 15m
                    labels:
                      severity: critical
                      long: 6h
                      short: 30m
                      factor: "6"
                    annotations:
                      summary: The error budget of an objective is used up too fast.
                      description: >-
                        {{ $value | humanizePercentage }} of what counts for {{ $labels.slo }} was bad within six hours:
                        more than 6 times what its error budget allows.
                      runbook_url: https://casare.example/docs/runbooks/CasareErrorBudgetBurn.md

                  # 10 % of it in a day.
                  - alert: CasareErrorBudgetBurn
                    expr: |
                      slo:sli_error:ratio_rate1d > on (slo) (3 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:ratio_rate2h > on (slo) (3 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:increase1d >= scalar(casare:threshold:slo_errors_min)
                    for: 1h
                    labels:
                      severity: warning
                      long: 1d
                      short: 2h
                      factor: "3"
                    annotations:
                      summary: The error budget of an objective is used up too fast.
                      description: >-
                        {{ $value | humanizePercentage }} of what counts for {{ $labels.slo }} was bad within a day:
                        more than 3 times what its error budget allows.
                      runbook_url: https://casare.example/docs/runbooks/CasareErrorBudgetBurn.md

                  # 10 % of it in three days.
                  - alert: CasareErrorBudgetBurn
                    expr: |
                      slo:sli_error:ratio_rate3d > on (slo) (1 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:ratio_rate6h > on (slo) (1 * slo:error_budget:ratio)
                        and on (slo) slo:sli_error:increase3d >= scalar(casare:threshold:slo_errors_min)
                    for: 3h
                    labels:
                      severity: warning
                      long: 3d
                      short: 6h
                      factor: "1"
                    annotations:
                      summary: The error budget of an objective is used up too fast.
                      description: >-
                        {{ $value | humanizePercentage }} of what counts for {{ $labels.slo }} was bad within three days:
                        more than its error budget allows.
                      runbook_url: https://casare.example/docs/runbooks/CasareErrorBudgetBurn.md

            """#),
        RuleText(name: "thresholds.yml", text: #"""
            # The numbers that the alerts compare with, and the objectives: change them here, and nowhere else. Prometheus reads this
            # file as one of `rule_files`; without it hardly an alert fires but CasareThresholdsMissing. Each is a series, so that a
            # dashboard can draw it as a line. How long something must last (`for`), and over how long it is counted, stands with each
            # rule.
            groups:
              - name: casare-thresholds
                rules:
                  # Queues: how long the oldest job may wait, and how many may.
                  - record: casare:threshold:queue_age_seconds
                    expr: vector(300)
                  - record: casare:threshold:queue_depth
                    expr: vector(1000)

                  # Jobs: the share of a workflow's jobs that may fail in 15 minutes, and from how many jobs on it counts; leases that may
                  # run out in a queue in 15 minutes; retries in a queue in 10 minutes, and for each lease.
                  - record: casare:threshold:workflow_failure_ratio
                    expr: vector(0.2)
                  - record: casare:threshold:workflow_jobs_min
                    expr: vector(5)
                  - record: casare:threshold:lease_expiries
                    expr: vector(3)
                  - record: casare:threshold:retries
                    expr: vector(20)
                  - record: casare:threshold:retry_ratio
                    expr: vector(0.5)

                  # Dead letters: how many may be opened in a queue in 30 minutes, for a warning and for a page; how old an open one may
                  # become.
                  - record: casare:threshold:dead_letters
                    expr: vector(0)
                  - record: casare:threshold:dead_letters_fast
                    expr: vector(20)
                  - record: casare:threshold:dead_letter_age_seconds
                    expr: vector(3 * 86400)

                  # Robots: how long one may be silent; the share that may be offline, and from how many on it counts; how busy all of
                  # them may be.
                  - record: casare:threshold:robot_silence_seconds
                    expr: vector(120)
                  - record: casare:threshold:robots_offline_ratio
                    expr: vector(0.3)
                  - record: casare:threshold:robots_offline_min
                    expr: vector(2)
                  - record: casare:threshold:fleet_utilization_ratio
                    expr: vector(0.9)

                  # Schedules: ticks that may be missed, and promises broken, in 15 minutes.
                  - record: casare:threshold:schedule_ticks_missed
                    expr: vector(0)
                  - record: casare:threshold:schedule_breaches
                    expr: vector(0)

                  # The service: how long a background loop may have no good round, and one that has them every minute or more rarely;
                  # how much of a pool of connections may be in use; how often metrics may be unreadable in 15 minutes; how long the
                  # certificate must still count, for a warning and for a page.
                  - record: casare:threshold:loop_silence_seconds
                    expr: vector(120)
                  - record: casare:threshold:slow_loop_silence_seconds
                    expr: vector(2 * 3600)
                  - record: casare:threshold:pool_usage_ratio
                    expr: vector(0.9)
                  - record: casare:threshold:metric_read_errors
                    expr: vector(3)
                  - record: casare:threshold:certificate_warning_seconds
                    expr: vector(14 * 86400)
                  - record: casare:threshold:certificate_critical_seconds
                    expr: vector(3 * 86400)

                  # Secrets: at which share of its longest age a value is due; the share of reads that may fail in 10 minutes, and from
                  # how many on it counts; reads that may be denied in 15 minutes.
                  - record: casare:threshold:secret_due_ratio
                    expr: vector(0.9)
                  - record: casare:threshold:secret_reads_failed_ratio
                    expr: vector(0.5)
                  - record: casare:threshold:secret_reads_min
                    expr: vector(10)
                  - record: casare:threshold:secret_reads_denied
                    expr: vector(5)

                  # Who is let in: failures and refusals a second, and lock-outs in 15 minutes.
                  - record: casare:threshold:auth_failure_rate
                    expr: vector(1)
                  - record: casare:threshold:auth_refusal_rate
                    expr: vector(1)
                  - record: casare:threshold:auth_lockouts
                    expr: vector(3)

                  # The audit log: how long ago a chain may have been checked, and how old what is in no chain, and under no anchor, may
                  # become.
                  - record: casare:threshold:audit_verification_seconds
                    expr: vector(2 * 86400)
                  - record: casare:threshold:audit_unlinked_seconds
                    expr: vector(300)
                  - record: casare:threshold:audit_unanchored_seconds
                    expr: vector(2 * 3600)

                  # Objectives over 30 days: the share that must be good. One below 0.93 can never be missed 14.4 times as fast as it
                  # may: lower the factors in slo.yml for it. Of fewer bad ones in a window nobody is told.
                  - record: slo:objective:ratio
                    expr: vector(0.999)
                    labels:
                      slo: api-availability
                  - record: slo:objective:ratio
                    expr: vector(0.95)
                    labels:
                      slo: pickup-latency
                  - record: slo:objective:ratio
                    expr: vector(0.99)
                    labels:
                      slo: job-success
                  - record: casare:threshold:slo_errors_min
                    expr: vector(5)

            """#),
        RuleText(name: "watchdog.yml", text: #"""
            # Alerts on the alerts: Prometheus reads this file as one of `rule_files`. `promtool test rules alerts/watchdog_test.yml`
            # holds them. In `runbook_url` put where you publish docs/.
            groups:
              - name: casare-watchdog
                rules:
                  # It always fires. Whatever receives it alarms when it stops: then nobody would be told of anything else either.
                  - alert: CasareWatchdog
                    expr: vector(1)
                    labels:
                      severity: info
                    annotations:
                      summary: Alerts are on their way.
                      description: This alert always fires; something is wrong when it does not.
                      runbook_url: https://casare.example/docs/runbooks/CasareWatchdog.md

                  - alert: CasareThresholdsMissing
                    expr: absent({__name__=~"casare:threshold:.+"})
                    for: 5m
                    labels:
                      severity: critical
                    annotations:
                      summary: The alerts have no numbers to compare with.
                      description: Prometheus has no thresholds of Casare, so that hardly an alert fires; it does not read thresholds.yml.
                      runbook_url: https://casare.example/docs/runbooks/CasareThresholdsMissing.md

            """#),
    ]

    /// The metrics that the dashboards ask for.
    static let dashboardMetrics = [
        "casare_audit_chain_breaks_total",
        "casare_audit_chain_broken",
        "casare_audit_entries_left_out_total",
        "casare_audit_entries_lost_total",
        "casare_audit_entries_total",
        "casare_audit_last_anchor_timestamp_seconds",
        "casare_audit_last_verification_timestamp_seconds",
        "casare_audit_link_delay_seconds_bucket",
        "casare_audit_links_total",
        "casare_audit_unanchored_age_seconds",
        "casare_audit_unlinked_age_seconds",
        "casare_audit_write_errors_total",
        "casare_auth_failures_total",
        "casare_auth_lockouts_total",
        "casare_auth_refusals_total",
        "casare_dlq_depth",
        "casare_dlq_oldest_open_age_seconds",
        "casare_dlq_opened_total",
        "casare_dlq_replayed_total",
        "casare_job_duration_seconds_bucket",
        "casare_job_duration_seconds_count",
        "casare_job_lease_expired_total",
        "casare_job_lease_fenced_total",
        "casare_job_leased_total",
        "casare_job_retried_total",
        "casare_job_submitted_total",
        "casare_job_wait_duration_seconds_bucket",
        "casare_job_wait_duration_seconds_count",
        "casare_journal_commit_duration_seconds_bucket",
        "casare_loop_duration_seconds_bucket",
        "casare_loop_duration_seconds_count",
        "casare_loop_item_errors_total",
        "casare_loop_last_success_timestamp_seconds",
        "casare_metric_read_errors_total",
        "casare_node_execution_duration_seconds_bucket",
        "casare_node_execution_duration_seconds_count",
        "casare_node_retries_total",
        "casare_queue_depth",
        "casare_queue_eligible_robot",
        "casare_queue_oldest_job_age_seconds",
        "casare_queue_paused",
        "casare_robot_last_heartbeat_timestamp_seconds",
        "casare_robot_registered",
        "casare_robot_slot_limit",
        "casare_robot_slot_usage",
        "casare_robot_time_seconds_total",
        "casare_robot_utilization_ratio",
        "casare_schedule_delay_seconds_bucket",
        "casare_schedule_registered",
        "casare_schedule_sla_breaches_total",
        "casare_schedule_ticks_total",
        "casare_secret_last_rotation_timestamp_seconds",
        "casare_secret_provider_healthy",
        "casare_secret_reads_total",
        "casare_secret_rotation_limit_seconds",
        "casare_stream_active",
        "casare_tls_certificate_expiry_seconds",
        "casare_trigger_received_total",
        "casare_workflow_run_active",
        "casare_workflow_run_duration_seconds_bucket",
        "casare_workflow_run_duration_seconds_count",
        "db_client_connection_count",
        "db_client_connection_max",
        "db_client_connection_pending_requests",
        "db_client_connection_wait_time_seconds_bucket",
        "db_client_operation_duration_seconds_bucket",
        "db_client_operation_duration_seconds_count",
        "http_client_request_duration_seconds_bucket",
        "http_client_request_duration_seconds_count",
        "http_server_active_requests",
        "http_server_request_duration_seconds_bucket",
        "http_server_request_duration_seconds_count",
        "messaging_client_operation_duration_seconds_bucket",
        "messaging_client_operation_duration_seconds_count",
        "otel_sdk_exporter_log_exported_total",
        "otel_sdk_exporter_metric_data_point_exported_total",
        "otel_sdk_exporter_span_exported_total",
        "otel_sdk_processor_log_processed_total",
        "otel_sdk_processor_log_queue_capacity",
        "otel_sdk_processor_log_queue_size",
        "otel_sdk_processor_span_processed_total",
        "otel_sdk_processor_span_queue_capacity",
        "otel_sdk_processor_span_queue_size",
        "process_cpu_time_seconds_total",
        "process_memory_usage_bytes",
        "process_unix_file_descriptor_count",
        "process_uptime_seconds",
        "target_info",
    ]
}
