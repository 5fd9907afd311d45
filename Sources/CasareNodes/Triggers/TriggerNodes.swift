import CasareDomain
package import CasareEngine

/// What starts runs (node catalogue §1.17). Inside a run triggers pass through: their outputs hold the event that
/// started the run, and nothing when a person did.
package enum TriggerNodes {
    package static let types: [NodeType] =
        Self.timeTypes + Self.requestTypes + Self.messageTypes + Self.eventTypes
        + Self.serviceTypes

    /// What every trigger may be told.
    private static let common: [NodeType.Parameter] = [
        .init("name", .string, default: "", "The trigger's name."),
        .init("description", .string, default: "", "What it is for."),
        .init("enabled", .boolean, default: true, "Whether it fires."),
        .init("priority", .integer, default: 1, range: 0...3, "The priority of the jobs it starts."),
        .init("cooldown_seconds", .number, default: 0, range: 0 ... .infinity, "The least time between two firings."),
    ]

    static func trigger(
        _ name: String, _ summary: String, _ parameters: [NodeType.Parameter], outputs: [NodeType.Output]
    ) -> NodeType {
        NodeType(
            name, family: "Triggers", summary, parameters: parameters + Self.common, outputs: outputs,
            .structure(.trigger))
    }

    private static let timeTypes: [NodeType] = [
        Self.trigger(
            "ScheduleTriggerNode", "Starts a run at given times.",
            [
                .init(
                    "frequency", .string, default: "daily",
                    choices: ["once", "interval", "hourly", "daily", "weekly", "monthly", "cron"], "How often."),
                .init("time_hour", .integer, default: 9, range: 0...23, "The hour of the day."),
                .init("time_minute", .integer, default: 0, range: 0...59, "The minute of the hour."),
                .init("interval_seconds", .integer, default: 60, range: 1 ... .infinity, "Seconds between runs."),
                .init(
                    "day_of_week", .string, default: "mon",
                    choices: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "The day of weekly runs."),
                .init("day_of_month", .integer, default: 1, range: 1...31, "The day of monthly runs."),
                .init(
                    "cron_expression", .string, default: "0 9 * * *", "Minute, hour, day, month, weekday."),
                .init("timezone", .string, default: "UTC", "The time zone of all times."),
                .init("max_runs", .integer, default: 0, range: 0 ... .infinity, "Stop after so many runs; 0: never."),
                .init("start_time", .string, default: "", "When the single run is, in ISO 8601."),
            ],
            outputs: [.init("trigger_time", .string), .init("run_number", .integer), .init("scheduled_time", .string)])
    ]

    private static let requestTypes: [NodeType] = [
        Self.trigger(
            "WebhookTriggerNode", "Starts a run for an HTTP request.", WebhookParameters.all,
            outputs: [
                .init("payload", .object), .init("headers", .object), .init("query_params", .object),
                .init("method", .string), .init("path", .string), .init("client_ip", .string),
            ]),
        Self.trigger(
            "WorkflowCallTriggerNode", "Starts a run when another workflow calls it by its alias.",
            [
                .init("call_alias", .string, required: true, "The alias."),
                .init("input_schema", .json, default: [:], "A JSON schema of the parameters."),
                .init("output_schema", .json, default: [:], "A JSON schema of the result."),
                .init("wait_for_completion", .boolean, default: true, "Whether the caller waits."),
                .init("timeout_seconds", .integer, default: 300, range: 1 ... .infinity, "How long the caller waits."),
            ],
            outputs: [
                .init("params", .object), .init("caller_workflow_id", .string), .init("caller_node_id", .string),
                .init("call_id", .string),
            ]),
        Self.trigger(
            "FormTriggerNode", "Starts a run for a submitted form.",
            [
                .init("form_id", .string, default: "", "Accepted; the form is found by its trigger."),
                .init("form_title", .string, default: "Submit Data", "The form's title."),
                .init("form_description", .string, default: "", "The text above the fields."),
                .init(
                    "form_fields", .json,
                    default: [["name": "data", "type": "text", "label": "Data", "required": true]],
                    "The fields, as a JSON array."),
                .init("submit_button_text", .string, default: "Submit", "The button's text."),
                .init("success_message", .string, default: "Form submitted successfully", "Shown afterwards."),
                .init("require_auth", .boolean, default: false, "Whether people must sign in."),
            ],
            outputs: [
                .init("form_data", .object), .init("submitted_at", .string), .init("user_id", .string),
                .init("ip_address", .string),
            ]),
    ]

    private static let eventTypes: [NodeType] = [
        Self.trigger(
            "FileWatchTriggerNode", "Starts a run when files change.",
            [
                .init("watch_path", .string, required: true, "The directory to watch."),
                .init("patterns", .string, default: "*", "Names to watch, comma-separated."),
                .init(
                    "events", .string, default: "created,modified",
                    "created, modified, deleted and moved, comma-separated."),
                .init("recursive", .boolean, default: true, "Watch directories inside too."),
                .init("ignore_patterns", .string, default: "*.tmp,~*", "Names to ignore, comma-separated."),
                .init(
                    "debounce_ms", .integer, default: 500, range: 0 ... .infinity,
                    "Changes within so many milliseconds count once."),
                .init("include_hidden", .boolean, default: false, "Watch hidden files too."),
            ],
            outputs: [
                .init("file_path", .string), .init("file_name", .string), .init("event_type", .string),
                .init("directory", .string), .init("old_path", .string),
            ]),
        Self.trigger(
            "ErrorTriggerNode", "Starts a run when another run fails.",
            [
                .init("error_types", .string, default: "*", "Types of errors, comma-separated; * or all: every type."),
                .init("workflow_filter", .string, default: "", "The workflow to watch; empty: all."),
                .init(
                    "severity", .string, default: "all", choices: ["all", "critical", "error", "warning"],
                    "How grave the error must be."),
                .init("error_pattern", .string, default: "", "A regular expression for the message; empty: any."),
                .init("include_warnings", .boolean, default: false, "Fire for warnings too."),
            ],
            outputs: [
                .init("error", .object), .init("error_type", .string), .init("error_message", .string),
                .init("workflow_id", .string), .init("node_id", .string), .init("stack_trace", .string),
                .init("timestamp", .string),
            ]),
        Self.trigger(
            "AppEventTriggerNode",
            "Starts a run for an event of this system; window and browser events never come here.",
            [
                .init(
                    "event_source", .string, default: "windows", choices: ["windows", "browser", "rpa"],
                    "Where events come from."),
                .init(
                    "window_event", .string, default: "focus",
                    choices: ["focus", "open", "close", "minimize", "maximize"],
                    "The window event."),
                .init("window_title_pattern", .string, default: "", "A pattern for the window's title."),
                .init("process_name", .string, default: "", "The window's program."),
                .init(
                    "browser_event", .string, default: "tab_open",
                    choices: ["tab_open", "tab_close", "url_change", "page_load"], "The browser event."),
                .init("url_pattern", .string, default: "", "A pattern for the page's address."),
                .init(
                    "rpa_event", .string, default: "workflow_complete",
                    choices: ["workflow_complete", "workflow_error", "node_error", "custom"], "This system's event."),
                .init("custom_event_name", .string, default: "", aliases: ["event_name"], "The custom event's name."),
            ],
            outputs: [
                .init("event_data", .object), .init("event_type", .string), .init("window_title", .string),
                .init("process_name", .string), .init("url", .string), .init("timestamp", .string),
            ]),
    ]

    /// Triggers of services that have no nodes here: nothing fires them, but workflows that name them load and run.
    private static let serviceTypes: [NodeType] = [
        Self.service("GmailTriggerNode", "Gmail", ["check_interval", "label_filter"]),
        Self.service("SheetsTriggerNode", "Google Sheets", ["spreadsheet_id", "poll_interval_minutes"]),
        Self.service("DriveTriggerNode", "Google Drive", ["folder_id", "poll_interval_minutes"]),
        Self.service("TelegramTriggerNode", "Telegram", ["bot_token", "chat_filter"]),
        Self.service("WhatsAppTriggerNode", "WhatsApp", ["phone_number_id"]),
    ]

    private static func service(_ name: String, _ service: String, _ keys: [String]) -> NodeType {
        Self.trigger(
            name, "Stands for an event of \(service); nothing fires it in this version.",
            keys.map { .init($0, .any, "Accepted.") }, outputs: [])
    }
}
