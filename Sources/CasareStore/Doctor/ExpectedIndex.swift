/// An index that the migrations make.
struct ExpectedIndex: Sendable {
    let name: String
    let table: String
    /// As the server writes it; running it makes the index again.
    let definition: String

    /// - Parameter definition: `CREATE [UNIQUE] INDEX name ON [ONLY] table USING …`.
    private init(_ definition: Substring) {
        let words = definition.split(separator: " ")
        let place = words.firstIndex(of: "ON") ?? 0
        precondition(place > 1 && words.count > place + 2, "An index has a name and a table: \(definition)")
        self.name = String(words[place - 1])
        self.table = String(words[words[place + 1] == "ONLY" ? place + 2 : place + 1])
        self.definition = String(definition)
    }

    /// All of them but those of partitions, by table. A test compares them with what the migrations do make.
    static let all: [ExpectedIndex] = Self.definitions.split(separator: "\n").map(ExpectedIndex.init)

    private static let definitions = """
        CREATE UNIQUE INDEX applied_pkey ON applied USING btree (tenant_id, kind, name)
        CREATE INDEX approvals_due ON approvals USING btree (expires_at) WHERE status = ANY (ARRAY['awaiting_approval'::text, 'approved'::text])
        CREATE UNIQUE INDEX approvals_open ON approvals USING btree (tenant_id, action, subject, asked_by) WHERE status = ANY (ARRAY['awaiting_approval'::text, 'approved'::text])
        CREATE UNIQUE INDEX approvals_pkey ON approvals USING btree (tenant_id, approval_id)
        CREATE UNIQUE INDEX attempts_pkey ON attempts USING btree (tenant_id, job_id, attempt)
        CREATE UNIQUE INDEX audit_anchors_pkey ON audit_anchors USING btree (tenant_id, number)
        CREATE UNIQUE INDEX audit_chain_pkey ON audit_chain USING btree (tenant_id, number)
        CREATE INDEX audit_entries_of_secrets ON audit_entries USING btree (tenant_id, subject, entry_id) WHERE starts_with(action, 'secret.'::text)
        CREATE UNIQUE INDEX audit_entries_pkey ON audit_entries USING btree (tenant_id, entry_id)
        CREATE UNIQUE INDEX audit_heads_pkey ON audit_heads USING btree (tenant_id)
        CREATE INDEX backfills_due ON backfills USING btree (look_at) WHERE look_at IS NOT NULL
        CREATE INDEX backfills_open ON backfills USING btree (tenant_id, schedule_id, backfill_id) WHERE finished_at IS NULL
        CREATE UNIQUE INDEX backfills_pkey ON backfills USING btree (tenant_id, backfill_id)
        CREATE INDEX blocked_by_age ON blocked USING btree (tenant_id, since, job_id)
        CREATE UNIQUE INDEX blocked_pkey ON blocked USING btree (tenant_id, job_id)
        CREATE UNIQUE INDEX calendars_pkey ON calendars USING btree (tenant_id, name)
        CREATE UNIQUE INDEX certificate_authorities_active ON certificate_authorities USING btree (state) WHERE state = 'active'::text
        CREATE UNIQUE INDEX certificate_authorities_pkey ON certificate_authorities USING btree (authority_id)
        CREATE UNIQUE INDEX chain_checks_pkey ON chain_checks USING btree (tenant_id)
        CREATE INDEX control_actions_by_subject ON control_actions USING btree (tenant_id, subject, action_id)
        CREATE UNIQUE INDEX control_actions_pkey ON control_actions USING btree (tenant_id, action_id)
        CREATE INDEX dead_letters_acknowledged ON dead_letters USING btree (tenant_id, opened_at, job_id) WHERE acknowledged_at IS NOT NULL AND replayed_as IS NULL AND resolved_at IS NULL AND purged_at IS NULL
        CREATE INDEX dead_letters_by_fingerprint ON dead_letters USING btree (tenant_id, fingerprint, opened_at, job_id) WHERE purged_at IS NULL
        CREATE INDEX dead_letters_by_opening ON dead_letters USING btree (tenant_id, opened_at, job_id) WHERE purged_at IS NULL
        CREATE INDEX dead_letters_by_workflow ON dead_letters USING btree (tenant_id, workflow_id, opened_at, job_id) WHERE purged_at IS NULL
        CREATE INDEX dead_letters_open ON dead_letters USING btree (tenant_id, opened_at, job_id) WHERE acknowledged_at IS NULL AND replayed_as IS NULL AND resolved_at IS NULL AND purged_at IS NULL
        CREATE UNIQUE INDEX dead_letters_pkey ON dead_letters USING btree (tenant_id, job_id)
        CREATE INDEX dead_letters_purged ON dead_letters USING btree (purged_until) WHERE purged_until IS NOT NULL
        CREATE INDEX dead_letters_replayed ON dead_letters USING btree (tenant_id, replay_ended_at, job_id) WHERE replay_ended_at IS NOT NULL AND resolved_at IS NULL AND purged_at IS NULL
        CREATE INDEX dead_letters_replaying ON dead_letters USING btree (replayed_as) WHERE replayed_as IS NOT NULL AND replay_ended_at IS NULL
        CREATE INDEX dead_letters_resolved ON dead_letters USING btree (tenant_id, resolved_at, job_id) WHERE resolved_at IS NOT NULL AND purged_at IS NULL
        CREATE INDEX deadlines_by_expiry ON deadlines USING btree (expires_at)
        CREATE UNIQUE INDEX deadlines_pkey ON deadlines USING btree (tenant_id, job_id)
        CREATE UNIQUE INDEX dependency_arrivals_pkey ON dependency_arrivals USING btree (tenant_id, schedule_id, workflow)
        CREATE INDEX event_debounces_due ON event_debounces USING btree (due_at)
        CREATE UNIQUE INDEX event_debounces_pkey ON event_debounces USING btree (tenant_id, schedule_id)
        CREATE UNIQUE INDEX event_mark_pkey ON event_mark USING btree (is_single)
        CREATE INDEX events_by_number ON ONLY events USING btree (tenant_id, event_id)
        CREATE UNIQUE INDEX events_pkey ON ONLY events USING btree (tenant_id, job_id, event_id)
        CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys USING btree (expires_at)
        CREATE UNIQUE INDEX idempotency_keys_pkey ON idempotency_keys USING btree (tenant_id, key)
        CREATE UNIQUE INDEX installation_pkey ON installation USING btree (is_single)
        CREATE UNIQUE INDEX installation_epochs_pkey ON installation_epochs USING btree (epoch)
        CREATE UNIQUE INDEX item_queue_jobs_pkey ON item_queue_jobs USING btree (tenant_id, item_queue_id, job_id)
        CREATE UNIQUE INDEX item_queues_by_name ON item_queues USING btree (tenant_id, name) WHERE deleted_at IS NULL
        CREATE INDEX item_queues_deleted ON item_queues USING btree (deleted_at) WHERE deleted_at IS NOT NULL
        CREATE INDEX item_queues_performing ON item_queues USING btree (performer_at) WHERE performer_at IS NOT NULL
        CREATE UNIQUE INDEX item_queues_pkey ON item_queues USING btree (tenant_id, item_queue_id)
        CREATE UNIQUE INDEX job_logs_pkey ON ONLY job_logs USING btree (tenant_id, job_id, line)
        CREATE UNIQUE INDEX job_results_pkey ON ONLY job_results USING btree (tenant_id, job_id)
        CREATE INDEX jobs_by_workflow ON ONLY jobs USING btree (tenant_id, workflow_id, job_id)
        CREATE UNIQUE INDEX jobs_pkey ON ONLY jobs USING btree (tenant_id, job_id)
        CREATE UNIQUE INDEX journal_pkey ON ONLY journal USING btree (tenant_id, job_id, step)
        CREATE UNIQUE INDEX journal_packed_pkey ON ONLY journal_packed USING btree (tenant_id, job_id)
        CREATE UNIQUE INDEX journal_values_pkey ON ONLY journal_values USING btree (tenant_id, job_id, step)
        CREATE UNIQUE INDEX lanes_by_content ON lanes USING btree (queue_id, key_id, requirement_id, priority)
        CREATE INDEX lanes_empty ON lanes USING btree (lane_id) WHERE parked_for = 'empty'::text
        CREATE INDEX lanes_in_turn ON lanes USING btree (queue_id, requirement_id, turn_at) WHERE parked_until IS NULL
        CREATE INDEX lanes_parked ON lanes USING btree (queue_id, requirement_id, parked_until) WHERE parked_until IS NOT NULL
        CREATE UNIQUE INDEX lanes_pkey ON lanes USING btree (lane_id, priority)
        CREATE INDEX leases_by_gate ON leases USING btree (gate, token) WHERE gate IS NOT NULL
        CREATE UNIQUE INDEX leases_pkey ON leases USING btree (job_id)
        CREATE INDEX lockouts_by_end ON lockouts USING btree (ends_at)
        CREATE UNIQUE INDEX lockouts_pkey ON lockouts USING btree (subject)
        CREATE UNIQUE INDEX operation_chunks_pkey ON operation_chunks USING btree (tenant_id, operation_id, chunk)
        CREATE INDEX operation_items_by_state ON operation_items USING btree (tenant_id, operation_id, state, "position") WHERE state <> 'done'::text
        CREATE INDEX operation_items_open ON operation_items USING btree (tenant_id, operation_id, "position") WHERE new_job IS NOT NULL AND ended IS NULL
        CREATE UNIQUE INDEX operation_items_pkey ON operation_items USING btree (tenant_id, operation_id, "position")
        CREATE UNIQUE INDEX operations_by_key ON operations USING btree (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL
        CREATE INDEX operations_by_status ON operations USING btree (tenant_id, status, operation_id)
        CREATE INDEX operations_due ON operations USING btree (look_at) WHERE look_at IS NOT NULL
        CREATE INDEX operations_open ON operations USING btree (tenant_id, operation_id) WHERE finished_at IS NULL
        CREATE UNIQUE INDEX operations_pkey ON operations USING btree (tenant_id, operation_id)
        CREATE UNIQUE INDEX outcomes_pkey ON ONLY outcomes USING btree (tenant_id, job_id)
        CREATE INDEX outcomes_unsuccessful ON ONLY outcomes USING btree (tenant_id, kind, job_id) WHERE kind <> 'completed'::text
        CREATE UNIQUE INDEX paused_pkey ON paused USING btree (tenant_id, job_id)
        CREATE UNIQUE INDEX queue_keys_pkey ON queue_keys USING btree (key_id)
        CREATE UNIQUE INDEX queue_keys_queue_id_key_key ON queue_keys USING btree (queue_id, key)
        CREATE UNIQUE INDEX queue_rules_pkey ON queue_rules USING btree (queue_id)
        CREATE UNIQUE INDEX queues_pkey ON queues USING btree (tenant_id, name)
        CREATE UNIQUE INDEX queues_queue_id_key ON queues USING btree (queue_id)
        CREATE UNIQUE INDEX reaction_cursors_pkey ON reaction_cursors USING btree (tenant_id)
        CREATE INDEX reaction_jobs_by_age ON reaction_jobs USING btree (made_at)
        CREATE UNIQUE INDEX reaction_jobs_pkey ON reaction_jobs USING btree (tenant_id, job_id)
        CREATE UNIQUE INDEX reaction_ticks_pkey ON reaction_ticks USING btree (tenant_id, schedule_id, tick_at)
        CREATE UNIQUE INDEX ready_by_job ON ready USING btree (job_id)
        CREATE UNIQUE INDEX ready_in_order ON ready USING btree (queue_id, priority DESC, seq)
        CREATE UNIQUE INDEX ready_clock_pkey ON ready_clock USING btree (at)
        CREATE INDEX request_rates_by_end ON request_rates USING btree (spent_until)
        CREATE UNIQUE INDEX request_rates_pkey ON request_rates USING btree (tenant_id, principal)
        CREATE UNIQUE INDEX requirements_by_content ON requirements USING btree (queue_id, tags, capabilities, COALESCE(robot_id, ''::text), COALESCE(workflow_id, '00000000-0000-0000-0000-000000000000'::uuid))
        CREATE UNIQUE INDEX requirements_pkey ON requirements USING btree (requirement_id)
        CREATE INDEX robot_certificates_by_end ON robot_certificates USING btree (expires_at)
        CREATE UNIQUE INDEX robot_certificates_by_fingerprint ON robot_certificates USING btree (fingerprint)
        CREATE UNIQUE INDEX robot_certificates_by_serial ON robot_certificates USING btree (tenant_id, serial)
        CREATE INDEX robot_certificates_of_authority ON robot_certificates USING btree (authority_id, expires_at)
        CREATE INDEX robot_certificates_of_robot ON robot_certificates USING btree (tenant_id, robot_id, certificate_id)
        CREATE UNIQUE INDEX robot_certificates_pkey ON robot_certificates USING btree (tenant_id, certificate_id)
        CREATE INDEX robot_enrolments_by_end ON robot_enrolments USING btree (expires_at)
        CREATE UNIQUE INDEX robot_enrolments_by_hash ON robot_enrolments USING btree (hash)
        CREATE UNIQUE INDEX robot_enrolments_pkey ON robot_enrolments USING btree (tenant_id, enrolment_id)
        CREATE UNIQUE INDEX robot_log_heads_pkey ON robot_log_heads USING btree (tenant_id, robot_id)
        CREATE UNIQUE INDEX robot_logs_pkey ON ONLY robot_logs USING btree (tenant_id, robot_id, "position")
        CREATE INDEX robot_sessions_by_robot ON robot_sessions USING btree (tenant_id, robot_id)
        CREATE INDEX robot_sessions_open ON robot_sessions USING btree (tenant_id, session_id) WHERE ended_at IS NULL
        CREATE UNIQUE INDEX robot_sessions_pkey ON robot_sessions USING btree (tenant_id, session_id)
        CREATE UNIQUE INDEX robots_pkey ON robots USING btree (tenant_id, robot_id)
        CREATE UNIQUE INDEX roles_pkey ON roles USING btree (tenant_id, name)
        CREATE UNIQUE INDEX schedule_revisions_pkey ON schedule_revisions USING btree (tenant_id, schedule_id, revision)
        CREATE INDEX schedule_ticks_buffered ON schedule_ticks USING btree (tenant_id, schedule_id, tick_at) WHERE result = 'buffered'::text
        CREATE INDEX schedule_ticks_open ON schedule_ticks USING btree (job_id) WHERE job_id IS NOT NULL AND ended_at IS NULL
        CREATE UNIQUE INDEX schedule_ticks_pkey ON schedule_ticks USING btree (tenant_id, schedule_id, tick_at, origin)
        CREATE INDEX schedule_ticks_running ON schedule_ticks USING btree (tenant_id, schedule_id, job_id) WHERE result = 'fired'::text AND ended_at IS NULL
        CREATE INDEX scheduled_by_due ON scheduled USING btree (due_at)
        CREATE INDEX scheduled_by_queue ON scheduled USING btree (queue_id, due_at)
        CREATE UNIQUE INDEX scheduled_pkey ON scheduled USING btree (tenant_id, job_id)
        CREATE INDEX schedules_by_calendar ON schedules USING btree (tenant_id, calendar, name) WHERE calendar IS NOT NULL
        CREATE UNIQUE INDEX schedules_by_name ON schedules USING btree (tenant_id, name)
        CREATE INDEX schedules_by_workflow ON schedules USING btree (tenant_id, workflow, name)
        CREATE INDEX schedules_due ON schedules USING btree (due_at) WHERE due_at IS NOT NULL
        CREATE INDEX schedules_in_window ON schedules USING btree (tenant_id, pause_window, schedule_id) WHERE pause_window IS NOT NULL
        CREATE UNIQUE INDEX schedules_pkey ON schedules USING btree (tenant_id, schedule_id)
        CREATE INDEX schedules_reacting ON schedules USING btree (tenant_id, schedule_id) WHERE kind = ANY (ARRAY['dependency'::text, 'event'::text])
        CREATE UNIQUE INDEX schema_migrations_pkey ON schema_migrations USING btree (version)
        CREATE UNIQUE INDEX secret_holds_pkey ON secret_holds USING btree (tenant_id, secret_id, version, job_id, token)
        CREATE INDEX secret_leases_by_job ON secret_leases USING btree (job_id)
        CREATE INDEX secret_leases_due ON secret_leases USING btree (look_at) WHERE look_at IS NOT NULL
        CREATE INDEX secret_leases_ended ON secret_leases USING btree (ended_at) WHERE ended_at IS NOT NULL
        CREATE UNIQUE INDEX secret_leases_pkey ON secret_leases USING btree (tenant_id, secret_lease_id)
        CREATE INDEX secret_rotations_due ON secret_rotations USING btree (look_at)
        CREATE UNIQUE INDEX secret_rotations_pkey ON secret_rotations USING btree (tenant_id, secret_id)
        CREATE INDEX secret_versions_expiring ON secret_versions USING btree (expires_at) WHERE expires_at IS NOT NULL AND expiry_noted_at IS NULL AND deleted_at IS NULL AND destroyed_at IS NULL
        CREATE UNIQUE INDEX secret_versions_pkey ON secret_versions USING btree (tenant_id, secret_id, version)
        CREATE UNIQUE INDEX secrets_by_name ON secrets USING btree (tenant_id, name)
        CREATE INDEX secrets_expiring ON secrets USING btree (expires_at) WHERE expires_at IS NOT NULL AND expiry_noted_at IS NULL AND deleted_at IS NULL
        CREATE UNIQUE INDEX secrets_pkey ON secrets USING btree (tenant_id, secret_id)
        CREATE INDEX secrets_rotated ON secrets USING btree (name) WHERE rotation IS NOT NULL AND deleted_at IS NULL
        CREATE INDEX secrets_rotation_due ON secrets USING btree (rotation_due_at) WHERE rotation_due_at IS NOT NULL AND rotation_noted_at IS NULL AND deleted_at IS NULL
        CREATE UNIQUE INDEX selections_pkey ON selections USING btree (tenant_id, name)
        CREATE INDEX tenant_limits_measured ON tenant_limits USING btree (measured_at NULLS FIRST) WHERE storage_bytes IS NOT NULL
        CREATE UNIQUE INDEX tenant_limits_pkey ON tenant_limits USING btree (tenant_id)
        CREATE INDEX tenant_limits_suspended ON tenant_limits USING btree (tenant_id) WHERE is_suspended
        CREATE UNIQUE INDEX tenants_name_key ON tenants USING btree (name)
        CREATE INDEX tenants_not_served ON tenants USING btree (tenant_id) WHERE status <> 'active'::text
        CREATE UNIQUE INDEX tenants_pkey ON tenants USING btree (tenant_id)
        CREATE UNIQUE INDEX tokens_by_hash ON tokens USING btree (hash)
        CREATE UNIQUE INDEX tokens_by_name ON tokens USING btree (tenant_id, name) WHERE revoked_at IS NULL AND replaced_at IS NULL
        CREATE INDEX tokens_by_role ON tokens USING btree (role, tenant_id)
        CREATE INDEX tokens_of_name ON tokens USING btree (tenant_id, name, token_id)
        CREATE UNIQUE INDEX tokens_pkey ON tokens USING btree (tenant_id, token_id)
        CREATE INDEX trigger_deliveries_by_result ON trigger_deliveries USING btree (tenant_id, trigger_id, result, delivery_id)
        CREATE UNIQUE INDEX trigger_deliveries_pkey ON trigger_deliveries USING btree (tenant_id, trigger_id, delivery_id)
        CREATE UNIQUE INDEX trigger_jobs_pkey ON trigger_jobs USING btree (tenant_id, trigger_id, job_id)
        CREATE INDEX trigger_keys_by_end ON trigger_keys USING btree (until)
        CREATE UNIQUE INDEX trigger_keys_pkey ON trigger_keys USING btree (tenant_id, trigger_id, key)
        CREATE UNIQUE INDEX trigger_secrets_pkey ON trigger_secrets USING btree (tenant_id, trigger_id, number)
        CREATE INDEX trigger_watches_held ON trigger_watches USING btree (tenant_id, session_id) WHERE session_id IS NOT NULL
        CREATE UNIQUE INDEX trigger_watches_pkey ON trigger_watches USING btree (tenant_id, trigger_id)
        CREATE UNIQUE INDEX triggers_by_id ON triggers USING btree (trigger_id)
        CREATE UNIQUE INDEX triggers_by_name ON triggers USING btree (tenant_id, name)
        CREATE INDEX triggers_on_jobs ON triggers USING btree (tenant_id, trigger_id) WHERE kind = 'job'::text
        CREATE UNIQUE INDEX triggers_pkey ON triggers USING btree (tenant_id, trigger_id)
        CREATE INDEX triggers_watched ON triggers USING btree (tenant_id, trigger_id) WHERE kind = ANY (ARRAY['file'::text, 'feed'::text])
        CREATE UNIQUE INDEX unique_jobs_pkey ON unique_jobs USING btree (tenant_id, key)
        CREATE UNIQUE INDEX vault_rekeys_open ON vault_rekeys USING btree ((finished_at IS NULL)) WHERE finished_at IS NULL
        CREATE UNIQUE INDEX vault_rekeys_pkey ON vault_rekeys USING btree (rekey_id)
        CREATE UNIQUE INDEX window_items_pkey ON window_items USING btree (tenant_id, window_id, schedule_id)
        CREATE INDEX windows_due ON windows USING btree (until_at) WHERE closed_at IS NULL
        CREATE INDEX windows_open ON windows USING btree (tenant_id, window_id) WHERE closed_at IS NULL
        CREATE UNIQUE INDEX windows_pkey ON windows USING btree (tenant_id, window_id)
        CREATE INDEX work_items_by_queue ON work_items USING btree (tenant_id, item_queue_id, item_id)
        CREATE INDEX work_items_by_reference ON work_items USING btree (tenant_id, item_queue_id, reference, item_id) WHERE reference IS NOT NULL
        CREATE INDEX work_items_by_status ON work_items USING btree (tenant_id, item_queue_id, status, item_id)
        CREATE INDEX work_items_due ON work_items USING btree (look_at) WHERE look_at IS NOT NULL
        CREATE INDEX work_items_finished ON work_items USING btree (finished_at) WHERE finished_at IS NOT NULL
        CREATE INDEX work_items_looked_at ON work_items USING btree (tenant_id, item_queue_id, look_at) WHERE look_at IS NOT NULL
        CREATE UNIQUE INDEX work_items_pkey ON work_items USING btree (tenant_id, item_id)
        CREATE INDEX work_items_ready ON work_items USING btree (tenant_id, item_queue_id, priority DESC, item_id) WHERE is_ready
        CREATE UNIQUE INDEX work_items_unique ON work_items USING btree (tenant_id, item_queue_id, reference) WHERE holds_reference
        CREATE INDEX work_items_waiting ON work_items USING btree (tenant_id, item_queue_id, postpone_until) WHERE postpone_until IS NOT NULL
        CREATE UNIQUE INDEX workflow_robots_pkey ON workflow_robots USING btree (tenant_id, workflow_id, robot_id)
        CREATE UNIQUE INDEX workflow_versions_pkey ON workflow_versions USING btree (tenant_id, workflow_id, version)
        CREATE UNIQUE INDEX workflows_pkey ON workflows USING btree (tenant_id, workflow_id)
        CREATE UNIQUE INDEX workflows_tenant_id_name_key ON workflows USING btree (tenant_id, name)
        """
}
