import CasareSettings
@testable import CasareTelemetry
import Configuration
import Logging
import Testing

extension TelemetrySettings {
    /// As the environment says.
    static func read(
        _ variables: [String: String], program: TelemetryProgram = .robot
    ) throws(SettingError) -> TelemetrySettings {
        try TelemetrySettings(
            config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)),
            program: program)
    }

    /// Without what is told of it.
    var quiet: TelemetrySettings {
        var settings = self
        settings.warnings = []
        return settings
    }
}

/// What programs are told by OpenTelemetry's variables that are neither about the way to a collector nor about names.
struct TelemetrySettingsTests {
    @Test func `without variables nothing is sent, and all is as the specification has it`() throws {
        let settings = try TelemetrySettings.read([:])
        #expect(settings == TelemetrySettings() && !settings.sendsAnything && !settings.isDisabled)
        #expect(settings.propagators == [.tracecontext, .baggage])
        #expect(settings.sampler == .parentBased(root: .alwaysOn))
        #expect(settings.spanBatches == .spans && settings.logBatches == .logs)
        #expect(settings.metricInterval == .seconds(60) && settings.metricTimeout == .seconds(30))
        #expect(settings.temporality == .cumulative && settings.histograms == .explicit)
        #expect(settings.exemplars == .traceBased && settings.logLevel == .info)
        #expect(settings.spanLimits == .standard && settings.logLimits == .standard)
        #expect(settings.givenAttributes.isEmpty)
    }

    @Test func `set to nothing is not set`() throws {
        let names =
            TelemetryVariables.all.map(\.variable)
            + OTLPVariable.allCases.flatMap { variable in
                Signal.allCases.map { variable.declaration(of: $0).variable }
            }
        #expect(names.count > 70)
        let settings = try TelemetrySettings.read(Dictionary(uniqueKeysWithValues: names.map { ($0, "") }))
        #expect(settings == TelemetrySettings())
    }

    // MARK: - Off

    @Test(arguments: [("true", true), ("TRUE", true), ("True", true), ("false", false), ("False", false)])
    func `only true is true`(text: String, isDisabled: Bool) throws {
        let settings = try TelemetrySettings.read(["OTEL_SDK_DISABLED": text])
        #expect(settings.isDisabled == isDisabled && settings.warnings.isEmpty)
    }

    @Test(arguments: ["1", "yes", "on", "t", "0", " true"])
    func `what is neither true nor false is false, and told`(text: String) throws {
        let settings = try TelemetrySettings.read(["OTEL_SDK_DISABLED": text])
        #expect(!settings.isDisabled)
        #expect(
            settings.warnings == [
                "OTEL_SDK_DISABLED is \"\(text)\", which counts as not set; expected true or false"
            ])
    }

    @Test func `switched off, nothing is sent, files are not looked for, and traces are handed on`() throws {
        let settings = try TelemetrySettings.read([
            "OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "nonsense://",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere", "OTEL_PROPAGATORS": "b3",
        ])
        #expect(!settings.sendsAnything && settings.traces == .nowhere && settings.propagators == [.b3])
    }

    @Test(arguments: ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"])
    func `a file that would put all else out of force is refused, also when all is off`(variable: String) {
        for others in [[:], ["OTEL_SDK_DISABLED": "true"]] {
            let error = #expect(throws: SettingError.self) {
                try TelemetrySettings.read(others.merging([variable: "/etc/otel.yaml"]) { $1 })
            }
            #expect(error?.variable == variable && error?.problem.contains("OTEL_…") == true)
        }
    }

    // MARK: - Traces

    @Test(
        arguments: [
            ("tracecontext", [.tracecontext]), ("b3,b3multi", [.b3, .b3multi]), (" B3 , baggage ", [.b3, .baggage]),
            ("baggage,baggage,tracecontext,baggage", [.baggage, .tracecontext]), ("none", []), ("none,none", []),
        ] as [(String, [TelemetrySettings.Propagator])])
    func `propagators are as they are named, each once`(
        text: String, propagators: [TelemetrySettings.Propagator]
    ) throws {
        let settings = try TelemetrySettings.read(["OTEL_PROPAGATORS": text])
        #expect(settings.propagators == propagators && settings.warnings.isEmpty)
    }

    @Test func `propagators that nobody knows are left out, and told`() throws {
        let some = try TelemetrySettings.read(["OTEL_PROPAGATORS": "jaeger,b3"])
        #expect(some.propagators == [.b3] && some.warnings.count == 1)
        #expect(some.warnings[0].hasPrefix("OTEL_PROPAGATORS names \"jaeger\", which is left out; expected"))
        let none = try TelemetrySettings.read(["OTEL_PROPAGATORS": "jaeger,xray"])
        #expect(none.propagators == TelemetrySettings().propagators && none.warnings.count == 2)
    }

    @Test(
        arguments: [
            ("always_on", .alwaysOn), ("always_off", .alwaysOff), ("traceidratio", .ratio(0.25)),
            ("parentbased_always_on", .parentBased(root: .alwaysOn)),
            ("parentbased_always_off", .parentBased(root: .alwaysOff)),
            ("ParentBased_TraceIDRatio", .parentBased(root: .ratio(0.25))),
        ] as [(String, SamplerKind)])
    func `samplers are as they are named`(name: String, sampler: SamplerKind) throws {
        let settings = try TelemetrySettings.read(["OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": "0.25"])
        #expect(settings.sampler == sampler)
        let takesShare = name.lowercased().hasSuffix("ratio")
        #expect(settings.warnings.isEmpty == takesShare, "\(settings.warnings)")
    }

    @Test func `a sampler that nobody knows is not set`() throws {
        let settings = try TelemetrySettings.read(["OTEL_TRACES_SAMPLER": "jaeger_remote"])
        #expect(settings.sampler == .standard)
        #expect(settings.warnings.count == 1 && settings.warnings[0].contains("\"jaeger_remote\""))
    }

    @Test(arguments: [("0", 0.0), ("1", 1.0), ("0.5", 0.5), ("1e-3", 0.001)])
    func `a share is from 0 to 1`(text: String, share: Double) throws {
        let settings = try TelemetrySettings.read([
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": text,
        ])
        #expect(settings.sampler == .ratio(share) && settings.warnings.isEmpty)
    }

    @Test(arguments: ["-0.1", "1.01", "x", "nan", "inf", "50%"])
    func `another share counts as all`(text: String) throws {
        let settings = try TelemetrySettings.read([
            "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": text,
        ])
        #expect(settings.sampler == .ratio(1) && settings.warnings.count == 1)
    }

    // MARK: - Numbers

    @Test func `batches are as they are said`() throws {
        let settings = try TelemetrySettings.read([
            "OTEL_BSP_SCHEDULE_DELAY": "1", "OTEL_BSP_EXPORT_TIMEOUT": "0", "OTEL_BSP_MAX_QUEUE_SIZE": "100",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100", "OTEL_BLRP_SCHEDULE_DELAY": "250",
            "OTEL_BLRP_EXPORT_TIMEOUT": "10", "OTEL_BLRP_MAX_QUEUE_SIZE": "7", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "3",
        ])
        #expect(
            settings.spanBatches
                == BatchSettings(delay: .milliseconds(1), exportTimeout: .none, queueMax: 100, batchMax: 100))
        #expect(
            settings.logBatches
                == BatchSettings(
                    delay: .milliseconds(250), exportTimeout: .milliseconds(10), queueMax: 7, batchMax: 3))
        #expect(settings.warnings.isEmpty)
    }

    @Test func `no export takes more than wait`() throws {
        let told = try TelemetrySettings.read([
            "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "101",
        ])
        #expect(told.spanBatches.batchMax == 100 && told.warnings.count == 1)
        // The standard of 512 is nobody's mistake.
        let quiet = try TelemetrySettings.read(["OTEL_BLRP_MAX_QUEUE_SIZE": "100"])
        #expect(quiet.logBatches.batchMax == 100 && quiet.warnings.isEmpty)
    }

    @Test func `metrics are as it is said`() throws {
        let settings = try TelemetrySettings.read([
            "OTEL_METRIC_EXPORT_INTERVAL": "15000", "OTEL_METRIC_EXPORT_TIMEOUT": "0",
            "OTEL_METRICS_EXEMPLAR_FILTER": "Always_Off",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "LowMemory",
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
        ])
        #expect(settings.metricInterval == .seconds(15) && settings.metricTimeout == nil)
        #expect(settings.exemplars == .alwaysOff && settings.temporality == .lowmemory)
        #expect(settings.histograms == .exponential && settings.warnings.isEmpty)
        let other = try TelemetrySettings.read([
            "OTEL_METRICS_EXEMPLAR_FILTER": "always_on",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "explicit_bucket_histogram",
        ])
        #expect(other.exemplars == .alwaysOn && other.temporality == .delta && other.histograms == .explicit)
    }

    @Test func `limits are as they are said, and those of one kind win`() throws {
        let all = try TelemetrySettings.read([
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "10", "OTEL_ATTRIBUTE_COUNT_LIMIT": "0",
        ])
        let limits = AttributeLimits(count: 0, valueLength: 10)
        #expect(all.spanLimits == SpanLimits(attributes: limits) && all.logLimits == limits)
        let own = try TelemetrySettings.read([
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "10", "OTEL_ATTRIBUTE_COUNT_LIMIT": "20",
            "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "1", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "2",
            "OTEL_SPAN_EVENT_COUNT_LIMIT": "3", "OTEL_SPAN_LINK_COUNT_LIMIT": "4",
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT": "5", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT": "6",
            "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT": "7", "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT": "8",
        ])
        #expect(
            own.spanLimits
                == SpanLimits(
                    attributes: AttributeLimits(count: 2, valueLength: 1), events: 3, links: 4, attributesOfEvent: 5,
                    attributesOfLink: 6))
        #expect(own.logLimits == AttributeLimits(count: 8, valueLength: 7) && own.warnings.isEmpty)
    }

    /// Variables of numbers and choices, each with values that are none.
    private static let wrong: [(String, [String])] = [
        ("OTEL_BSP_SCHEDULE_DELAY", ["0", "-1", "x", "1.5", "86400001", "5s"]),
        ("OTEL_BSP_EXPORT_TIMEOUT", ["-1", "x", "86400001"]),
        ("OTEL_BSP_MAX_QUEUE_SIZE", ["0", "-1", "1000001"]),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", ["0", "x"]),
        ("OTEL_BLRP_SCHEDULE_DELAY", ["0", "-1"]),
        ("OTEL_BLRP_EXPORT_TIMEOUT", ["-1", "x"]),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", ["0", "1000001"]),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", ["0", "1000001"]),
        ("OTEL_METRIC_EXPORT_INTERVAL", ["0", "x", "86400001"]),
        ("OTEL_METRIC_EXPORT_TIMEOUT", ["-1", "x"]),
        ("OTEL_METRICS_EXEMPLAR_FILTER", ["some", "true"]),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", ["instant"]),
        ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", ["explicit"]),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", ["-1", "x"]),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", ["-1", "1000001"]),
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", ["-1"]),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", ["x"]),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", ["-1"]),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", ["x"]),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", ["-1"]),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", ["x"]),
        ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", ["-1"]),
        ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", ["x"]),
        ("OTEL_LOG_LEVEL", ["loud", "9"]),
    ]

    @Test func `what is not understood counts as not set, and is told once`() throws {
        for (variable, texts) in Self.wrong {
            for text in texts {
                let settings = try TelemetrySettings.read([variable: text])
                #expect(settings.quiet == TelemetrySettings(), "\(variable)=\(text)")
                #expect(settings.warnings.count == 1, "\(variable)=\(text): \(settings.warnings)")
                let warning = settings.warnings.first ?? ""
                #expect(
                    warning.hasPrefix("\(variable) is \"\(text)\", which counts as not set; expected "), "\(warning)")
            }
        }
    }

    @Test func `bounds themselves are within`() throws {
        for (variable, text) in [
            ("OTEL_BSP_SCHEDULE_DELAY", "86400000"), ("OTEL_BSP_EXPORT_TIMEOUT", "86400000"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "1000000"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1"), ("OTEL_ATTRIBUTE_COUNT_LIMIT", "1000000"),
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0"),
        ] {
            let settings = try TelemetrySettings.read([variable: text])
            #expect(settings.warnings.isEmpty && settings != TelemetrySettings(), "\(variable)=\(text)")
        }
    }

    // MARK: - The rest

    @Test(
        arguments: [
            ("trace", .trace), ("DEBUG", .debug), ("info", .info), ("notice", .notice), ("warn", .warning),
            ("Warning", .warning), ("error", .error), ("fatal", .critical), ("critical", .critical),
        ] as [(String, Logger.Level)])
    func `levels are those of the specification, and those of loggers`(text: String, level: Logger.Level) throws {
        let settings = try TelemetrySettings.read(["OTEL_LOG_LEVEL": text])
        #expect(settings.logLevel == level && settings.warnings.isEmpty)
    }

    @Test(arguments: [
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database", false), ("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup", true),
        ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs", false),
        ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs/dup", true),
    ])
    func `who waits for former names is told that none come`(variable: String, text: String, isTold: Bool) throws {
        let settings = try TelemetrySettings.read([variable: text])
        #expect(settings.quiet == TelemetrySettings())
        #expect(settings.warnings.map { $0.hasPrefix(variable) } == (isTold ? [true] : []))
    }

    @Test func `a long value is not repeated whole`() throws {
        let settings = try TelemetrySettings.read(["OTEL_TRACES_SAMPLER": String(repeating: "x", count: 5000)])
        #expect(settings.warnings.count == 1 && settings.warnings[0].count < 400)
    }
}
