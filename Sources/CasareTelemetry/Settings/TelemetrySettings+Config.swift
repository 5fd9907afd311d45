package import CasareSettings
package import Configuration
import Logging

extension TelemetrySettings {
    /// What a program is told of telemetry by its environment, by OpenTelemetry's rules: what is not understood counts
    /// as not set, and stands in `warnings`.
    ///
    /// Unlike the specification's, a program sends nothing where neither an endpoint nor an exporter is named.
    ///
    /// - Throws: `SettingError` for what nobody could guess the meaning of: an address that is none, files that cannot be
    ///   read, a key without its certificate, and `OTEL_CONFIG_FILE`.
    package init(config: ConfigReader, program: TelemetryProgram) throws(SettingError) {
        self.init()
        var reader = VariableReader(config)
        if let (variable, _) = TelemetryVariables.configFile.text(in: config) {
            throw SettingError(
                variable, "is not supported; take it away and say what the file says with the other variables, OTEL_…")
        }
        self.isDisabled = reader.flag(TelemetryVariables.disabled)
        if !self.isDisabled {
            self.traces = try reader.destination(of: .traces)
            self.metrics = try reader.destination(of: .metrics)
            self.logs = try reader.destination(of: .logs)
            reader.notePrometheus(in: program)
        }
        self.givenAttributes = reader.givenAttributes()
        self.readTraces(&reader)
        self.readBatches(&reader)
        self.readMetrics(&reader)
        self.readLimits(&reader)
        self.logLevel = reader.logLevel() ?? self.logLevel
        reader.noteFormerNames()
        self.warnings = reader.warnings
    }

    private mutating func readTraces(_ reader: inout VariableReader) {
        self.propagators = reader.propagators() ?? self.propagators
        let share = reader.ratio(TelemetryVariables.samplerArgument)
        let name = reader.choice(TelemetryVariables.sampler, SamplerName.self) ?? .parentBasedAlwaysOn
        self.sampler = name.kind(share ?? 1)
        if share != nil, !name.takesShare {
            reader.warn(
                "\(TelemetryVariables.samplerArgument.variable) is set, and the sampler \(name.rawValue) has no use for "
                    + "it; set \(TelemetryVariables.sampler.variable) to \(SamplerName.parentBasedRatio.rawValue)")
        }
    }

    private mutating func readBatches(_ reader: inout VariableReader) {
        self.spanBatches = reader.batches(
            delay: TelemetryVariables.spanDelay, timeout: TelemetryVariables.spanTimeout,
            queue: TelemetryVariables.spanQueue, batch: TelemetryVariables.spanBatch, standard: .spans)
        self.logBatches = reader.batches(
            delay: TelemetryVariables.logDelay, timeout: TelemetryVariables.logTimeout,
            queue: TelemetryVariables.logQueue, batch: TelemetryVariables.logBatch, standard: .logs)
    }

    private mutating func readMetrics(_ reader: inout VariableReader) {
        self.metricInterval = reader.pause(TelemetryVariables.metricInterval) ?? self.metricInterval
        self.metricTimeout = reader.timeLimit(TelemetryVariables.metricTimeout, standard: self.metricTimeout)
        self.exemplars = reader.choice(TelemetryVariables.exemplars) ?? self.exemplars
        self.temporality = reader.choice(TelemetryVariables.temporality) ?? self.temporality
        switch reader.choice(TelemetryVariables.histograms, HistogramName.self) {
        case .explicit?: self.histograms = .explicit
        case .exponential?: self.histograms = .exponential
        case nil: break
        }
    }

    private mutating func readLimits(_ reader: inout VariableReader) {
        let all = AttributeLimits(
            count: reader.count(TelemetryVariables.attributeCount) ?? AttributeLimits.standard.count,
            valueLength: reader.count(TelemetryVariables.attributeLength))
        self.spanLimits = SpanLimits(
            attributes: AttributeLimits(
                count: reader.count(TelemetryVariables.spanAttributeCount) ?? all.count,
                valueLength: reader.count(TelemetryVariables.spanAttributeLength) ?? all.valueLength),
            events: reader.count(TelemetryVariables.spanEventCount) ?? SpanLimits.standard.events,
            links: reader.count(TelemetryVariables.spanLinkCount) ?? SpanLimits.standard.links,
            attributesOfEvent: reader.count(TelemetryVariables.eventAttributeCount)
                ?? SpanLimits.standard.attributesOfEvent,
            attributesOfLink: reader.count(TelemetryVariables.linkAttributeCount)
                ?? SpanLimits.standard.attributesOfLink)
        self.logLimits = AttributeLimits(
            count: reader.count(TelemetryVariables.logAttributeCount) ?? all.count,
            valueLength: reader.count(TelemetryVariables.logAttributeLength) ?? all.valueLength)
    }
}

extension VariableReader {
    /// - Returns: `nil` where nothing is said that is understood.
    fileprivate mutating func propagators() -> [TelemetrySettings.Propagator]? {
        let known: [PropagatorName] = [.tracecontext, .baggage, .b3, .b3multi, .none]
        guard let names = self.choices(TelemetryVariables.propagators, among: known), !names.isEmpty else {
            return nil
        }
        return names.compactMap { (name) -> TelemetrySettings.Propagator? in
            switch name {
            case .tracecontext: .tracecontext
            case .baggage: .baggage
            case .b3: .b3
            case .b3multi: .b3multi
            case .none: nil
            }
        }
    }

    fileprivate mutating func batches(
        delay: SettingDeclaration, timeout: SettingDeclaration, queue: SettingDeclaration, batch: SettingDeclaration,
        standard: BatchSettings
    ) -> BatchSettings {
        let queueMax = self.count(queue, from: 1) ?? standard.queueMax
        let given = self.count(batch, from: 1)
        if let given, given > queueMax {
            self.warn("\(batch.variable) is \(given), and no more than \(queueMax) wait: exports take so many")
        }
        return BatchSettings(
            delay: self.pause(delay) ?? standard.delay,
            exportTimeout: self.timeLimit(timeout, standard: standard.exportTimeout), queueMax: queueMax,
            batchMax: min(given ?? standard.batchMax, queueMax))
    }

    /// What the specification calls so, and what loggers here do.
    fileprivate mutating func logLevel() -> Logger.Level? {
        guard let (_, text) = TelemetryVariables.logLevel.text(in: self.config) else { return nil }
        switch text.lowercased() {
        case "warn": return .warning
        case "fatal": return .critical
        case let name:
            if let level = Logger.Level(rawValue: name) { return level }
            self.warn(
                "\(TelemetryVariables.logLevel.variable) is \(Self.quoted(text)), which counts as not set; expected "
                    + TelemetryVariables.logLevel.form)
            return nil
        }
    }

    /// Says so where somebody waits for names and events of before.
    fileprivate mutating func noteFormerNames() {
        if let (variable, text) = TelemetryVariables.stabilityOptIn.text(in: self.config),
            text.split(separator: ",").contains(where: { $0.hasSuffix("/dup") })
        {
            self.warn("\(variable) asks for former names, too, which are not sent")
        }
        if let (variable, text) = TelemetryVariables.exceptionOptIn.text(in: self.config), text.lowercased() != "logs" {
            self.warn("\(variable) is \(Self.quoted(text)); what has failed is sent as log records alone")
        }
    }
}
