package import CasareSettings

/// The variables of OpenTelemetry that programs read, as its specification names them, and those of the system before.
package enum TelemetryVariables {
    static let disabled = Self.variable(
        "OTEL_SDK_DISABLED", VariableReader.flagForm, "false",
        "Whether nothing is recorded and sent, whatever the others say. Traces of callers are handed on all the same.")

    /// - Parameter signal: has a variable of its own.
    static func exporter(of signal: Signal) -> SettingDeclaration {
        let standard = "otlp where an endpoint is set, else none"
        return switch signal {
        case .traces:
            self.variable(
                "OTEL_TRACES_EXPORTER", "otlp, console or none", standard,
                "Where traces go; console is standard error, a line for each span.")
        case .metrics:
            self.variable(
                "OTEL_METRICS_EXPORTER", "otlp, console, none or prometheus, with commas between", standard,
                "Where metrics go. For prometheus there is nothing to send: an orchestrator serves /metrics, and so does a "
                    + "robot with CASARE_METRICS_PORT.")
        case .logs:
            self.variable(
                "OTEL_LOGS_EXPORTER", "otlp, console or none", standard,
                "Where log records go, beside the lines on standard error.")
        }
    }

    // MARK: Who tells

    static let serviceName = Self.variable(
        "OTEL_SERVICE_NAME", "a name", "the program's name", "What the program is called in all that it sends.")
    static let resourceAttributes = Self.variable(
        "OTEL_RESOURCE_ATTRIBUTES", "name=value, with commas between, percent-encoded", "none",
        "What else is said of the program with all that it sends, such as deployment.environment.name=production.")
    /// Of the system before.
    static let aliases: [(declaration: SettingDeclaration, attribute: AttributeKey)] = [
        (Self.alias("OTEL_SERVICE_VERSION", of: "service.version"), "service.version"),
        (Self.alias("OTEL_SERVICE_INSTANCE_ID", of: "service.instance.id"), "service.instance.id"),
        (
            Self.alias("OTEL_DEPLOYMENT_ENVIRONMENT", of: "deployment.environment.name"),
            "deployment.environment.name"
        ),
    ]

    // MARK: Traces

    static let propagators = Self.variable(
        "OTEL_PROPAGATORS", "tracecontext, baggage, b3, b3multi, with commas between; or none", "tracecontext,baggage",
        "How traces and baggage are handed on from one program to the next.")
    static let sampler = Self.variable(
        "OTEL_TRACES_SAMPLER", VariableReader.choiceForm(SamplerName.self), SamplerName.parentBasedAlwaysOn.rawValue,
        "Which traces are recorded; with parentbased the caller decides where there is one.")
    static let samplerArgument = Self.variable(
        "OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1", "1",
        "What share of the traces traceidratio records.")
    static let spanDelay = Self.variable(
        "OTEL_BSP_SCHEDULE_DELAY", VariableReader.pauseForm, "5000", "The time between two exports of spans.")
    static let spanTimeout = Self.variable(
        "OTEL_BSP_EXPORT_TIMEOUT", VariableReader.timeLimitForm, "30000", "How long one of them may take.")
    static let spanQueue = Self.variable(
        "OTEL_BSP_MAX_QUEUE_SIZE", Self.sizeForm, "2048",
        "How many spans wait at most; what comes while they are so many is dropped and counted.")
    static let spanBatch = Self.variable(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "\(Self.sizeForm), no more than wait", "512",
        "How many spans one export takes.")

    // MARK: Log records

    static let logDelay = Self.variable(
        "OTEL_BLRP_SCHEDULE_DELAY", VariableReader.pauseForm, "1000", "The time between two exports of log records.")
    static let logTimeout = Self.variable(
        "OTEL_BLRP_EXPORT_TIMEOUT", VariableReader.timeLimitForm, "30000", "How long one of them may take.")
    static let logQueue = Self.variable(
        "OTEL_BLRP_MAX_QUEUE_SIZE", Self.sizeForm, "2048",
        "How many log records wait at most; what comes while they are so many is dropped and counted.")
    static let logBatch = Self.variable(
        "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "\(Self.sizeForm), no more than wait", "512",
        "How many log records one export takes.")

    // MARK: Metrics

    static let metricInterval = Self.variable(
        "OTEL_METRIC_EXPORT_INTERVAL", VariableReader.pauseForm, "60000", "The time between two exports of metrics.")
    static let metricTimeout = Self.variable(
        "OTEL_METRIC_EXPORT_TIMEOUT", VariableReader.timeLimitForm, "30000", "How long one of them may take.")
    static let exemplars = Self.variable(
        "OTEL_METRICS_EXEMPLAR_FILTER", VariableReader.choiceForm(TelemetrySettings.ExemplarFilter.self),
        TelemetrySettings.ExemplarFilter.traceBased.rawValue,
        "Which values of counters and histograms are kept with the trace that they are of: all, also those of no trace; "
            + "none; or those of recorded traces.")
    static let temporality = Self.variable(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        VariableReader.choiceForm(TelemetrySettings.Temporality.self),
        TelemetrySettings.Temporality.cumulative.rawValue,
        "Whether counters are sent as what they have come to, or as what has come since the last export.")
    static let histograms = Self.variable(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", VariableReader.choiceForm(HistogramName.self),
        HistogramName.explicit.rawValue, "What buckets histograms have.")
    static let prometheusHost = Self.variable(
        "OTEL_EXPORTER_PROMETHEUS_HOST", "nothing", "none",
        "Not read: CASARE_METRICS_HOST says where a robot serves metrics; an orchestrator serves them with its API.")
    static let prometheusPort = Self.variable(
        "OTEL_EXPORTER_PROMETHEUS_PORT", "nothing", "none", "Not read: CASARE_METRICS_PORT does it.")

    // MARK: Limits

    static let attributeLength = Self.limit(
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "\(AttributeLimits.valueBytesMax) bytes of a value",
        "How long texts of attributes may be, in characters.")
    static let attributeCount = Self.limit(
        "OTEL_ATTRIBUTE_COUNT_LIMIT", "128", "How many attributes a span and a log record may have.")
    static let spanAttributeLength = Self.limit(
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "as OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "How long they may be in spans.")
    static let spanAttributeCount = Self.limit(
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "as OTEL_ATTRIBUTE_COUNT_LIMIT", "How many a span may have.")
    static let spanEventCount = Self.limit("OTEL_SPAN_EVENT_COUNT_LIMIT", "128", "How many events a span may have.")
    static let spanLinkCount = Self.limit("OTEL_SPAN_LINK_COUNT_LIMIT", "128", "How many links a span may have.")
    static let eventAttributeCount = Self.limit(
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "128", "How many attributes an event of a span may have.")
    static let linkAttributeCount = Self.limit(
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "128", "How many attributes a link of a span may have.")
    static let logAttributeLength = Self.limit(
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "as OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "How long they may be in log records.")
    static let logAttributeCount = Self.limit(
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "as OTEL_ATTRIBUTE_COUNT_LIMIT", "How many a log record may have.")

    // MARK: The rest

    static let logLevel = Self.variable(
        "OTEL_LOG_LEVEL", "one of trace, debug, info, notice, warn, warning, error, critical, fatal", "info",
        "What the telemetry logs of itself: this, and what is more urgent.")
    static let configFile = Setting.optionalText(
        "OTEL_CONFIG_FILE", or: ["OTEL_EXPERIMENTAL_CONFIG_FILE"], form: "nothing", standardText: "none",
        "Not supported. Set, it would put all other variables out of force, so the program does not start with it."
    ).declaration
    static let stabilityOptIn = Self.variable(
        "OTEL_SEMCONV_STABILITY_OPT_IN", "any", "none",
        "Not needed: names are those of OpenTelemetry's conventions 1.44, and former ones are not sent beside them.")
    static let exceptionOptIn = Self.variable(
        "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs", "logs",
        "Not needed: what has failed is sent as log records, and not as events of spans beside them.")

    /// All of them, in the order in which people look for them.
    package static let all: [SettingDeclaration] = Array(
        [
            OTLPVariable.allCases.map(\.general), Signal.allCases.map(Self.exporter(of:)), Self.single,
            Self.aliases.map(\.declaration),
        ].joined())

    private static let single = [
        Self.disabled, Self.serviceName, Self.resourceAttributes, Self.propagators, Self.sampler,
        Self.samplerArgument, Self.spanDelay, Self.spanTimeout, Self.spanQueue, Self.spanBatch, Self.logDelay,
        Self.logTimeout, Self.logQueue, Self.logBatch, Self.metricInterval, Self.metricTimeout, Self.exemplars,
        Self.temporality, Self.histograms, Self.prometheusHost, Self.prometheusPort, Self.attributeLength,
        Self.attributeCount, Self.spanAttributeLength, Self.spanAttributeCount, Self.spanEventCount,
        Self.spanLinkCount, Self.eventAttributeCount, Self.linkAttributeCount, Self.logAttributeLength,
        Self.logAttributeCount, Self.logLevel, Self.configFile, Self.stabilityOptIn, Self.exceptionOptIn,
    ]

    /// For `--help`: that there are many, and which.
    package static let help = SettingsText.paragraph(
        """
        OpenTelemetry: with OTEL_EXPORTER_OTLP_ENDPOINT=http://host:4317, traces, metrics and log records are sent to a \
        collector over OTLP/gRPC; without it nothing is sent. docs/configuration.md explains all that is read: \
        \(Self.all.map(\.variable).joined(separator: ", ")). Those of OTLP may be set for one signal alone, as in \
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.
        """)

    // MARK: - Kinds

    private static let sizeForm = "a whole number from 1 to \(VariableReader.countMax)"

    private static func variable(
        _ variable: String, _ form: String, _ standard: String, _ documentation: String
    ) -> SettingDeclaration {
        Setting.optionalText(variable, form: form, standardText: standard, documentation).declaration
    }

    private static func limit(_ variable: String, _ standard: String, _ documentation: String) -> SettingDeclaration {
        self.variable(variable, VariableReader.countForm, standard, documentation)
    }

    private static func alias(_ variable: String, of attribute: String) -> SettingDeclaration {
        self.variable(
            variable, "a text", "none",
            "A name of before for \(attribute) in OTEL_RESOURCE_ATTRIBUTES, which a warning says.")
    }
}

/// As `OTEL_TRACES_SAMPLER` names them.
enum SamplerName: String, CaseIterable {
    case parentBasedAlwaysOn = "parentbased_always_on"
    case parentBasedAlwaysOff = "parentbased_always_off"
    case parentBasedRatio = "parentbased_traceidratio"
    case alwaysOn = "always_on"
    case alwaysOff = "always_off"
    case ratio = "traceidratio"

    /// - Parameter share: what `OTEL_TRACES_SAMPLER_ARG` says.
    func kind(_ share: Double) -> SamplerKind {
        switch self {
        case .parentBasedAlwaysOn: .parentBased(root: .alwaysOn)
        case .parentBasedAlwaysOff: .parentBased(root: .alwaysOff)
        case .parentBasedRatio: .parentBased(root: .ratio(share))
        case .alwaysOn: .alwaysOn
        case .alwaysOff: .alwaysOff
        case .ratio: .ratio(share)
        }
    }

    var takesShare: Bool {
        switch self {
        case .ratio, .parentBasedRatio: true
        case .parentBasedAlwaysOn, .parentBasedAlwaysOff, .alwaysOn, .alwaysOff: false
        }
    }
}

/// As `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` names them.
enum HistogramName: String, CaseIterable {
    case explicit = "explicit_bucket_histogram"
    case exponential = "base2_exponential_bucket_histogram"
}

/// As `OTEL_TRACES_EXPORTER` and its likes name them.
enum ExporterName: String {
    case otlp, console, none, prometheus
}

/// As `OTEL_PROPAGATORS` names them.
enum PropagatorName: String {
    case tracecontext, baggage, b3, b3multi, none
}
