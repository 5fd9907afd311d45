package import CasareDomain
package import CasareTelemetry
package import FoundationEssentials
package import Logging
import ServiceLifecycle
package import Tracing

/// The telemetry of one process: what it counts and traces, and what sends that.
///
/// What is to be sent is kept and sent while `run` runs; before that it waits, as far as there is room. A service stands
/// first in its group, so that it stops last: what the others tell while they end is sent too. A command runs it beside
/// its work, calls `flush(within:)` when that is done, and cancels it.
///
/// Nothing that goes wrong here is thrown at anybody: it is counted, and told of in the log.
package struct Telemetry: Service, CustomStringConvertible {
    package let settings: TelemetrySettings
    package let registry: MetricRegistry
    /// Where no spans are sent one that hands places in traces on as they came.
    package let tracer: any Tracer
    /// Takes what is logged, and never waits; `nil` where log records are not sent.
    package let takeLog: (@Sendable (TelemetryLogRecord) -> Void)?
    /// Whether `takeLog` would drop a record now; it is counted then.
    package let dropsLog: @Sendable () -> Bool

    private let clients: [OTLPClient]
    private let spans: BatchProcessor<FinishedSpan>?
    private let logs: BatchProcessor<TelemetryLogRecord>?
    private let reader: PeriodicMetricReader?
    private let ending = TelemetryEnding()

    /// - Parameters:
    ///   - resource: what the process says of itself.
    ///   - logger: for what goes wrong with telemetry. Its lines must not be among those that are exported: what is said
    ///     of lines that cannot be sent would else be among the next ones.
    ///   - now: for the times of metrics and of exemplars.
    package init(
        settings: TelemetrySettings, resource: Resource, logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        var logger = logger
        logger.logLevel = settings.logLevel
        let registry = MetricRegistry(
            logger: logger, exemplars: settings.exemplars, histograms: settings.histograms, resource: resource,
            now: now)
        var maker = ExporterMaker(resource: resource, registry: registry, logger: logger)
        let isOn = !settings.isDisabled
        let spans = maker.spans(isOn ? settings.traces : .nowhere).map {
            BatchProcessor(settings: settings.spanBatches, exporter: $0, meter: .spans(registry))
        }
        let logs = maker.logs(isOn ? settings.logs : .nowhere).map {
            BatchProcessor(settings: settings.logBatches, exporter: $0, meter: .logs(registry))
        }
        let reader = maker.metrics(isOn ? settings.metrics : .nowhere).map {
            PeriodicMetricReader(
                registry: registry, exporter: $0, interval: settings.metricInterval, timeout: settings.metricTimeout,
                temporality: settings.temporality)
        }
        self.settings = settings
        self.registry = registry
        self.clients = maker.clients
        self.spans = spans
        self.logs = logs
        self.reader = reader
        let takeLog: (@Sendable (TelemetryLogRecord) -> Void)?
        if let logs {
            takeLog = { logs.take($0) }
            self.dropsLog = { logs.dropsNext() }
        } else {
            takeLog = nil
            self.dropsLog = { false }
        }
        self.takeLog = takeLog
        if let spans {
            self.tracer = TelemetryTracer(
                sampler: settings.sampler, limits: settings.spanLimits, propagators: settings.propagators,
                intake: SpanIntake(dropsNext: { spans.dropsNext() }, shedsNext: { spans.shedsNext() }),
                onException: takeLog, onEnd: { spans.take($0) })
        } else {
            self.tracer = PassingTracer(sampler: settings.sampler, propagators: settings.propagators)
        }
    }

    package var description: String { "Telemetry" }

    /// Which of the traces that begin in this process are recorded: also where it sends no spans itself, for those who
    /// go on with them are told.
    package var roots: TraceRoots { self.settings.isDisabled ? .recorded : self.settings.sampler.roots }

    /// Sends until a graceful shutdown or until its task is cancelled; then what is there, within `TelemetryEnding.max`,
    /// and closes its connections. Where no collector is it gives up after a second. Where nothing is to be sent it only
    /// waits for that.
    ///
    /// Call it once.
    package func run() async {
        let (clients, ending) = (self.clients, self.ending)
        // No children: in a task that is cancelled nothing could be sent any more. Both are awaited below.
        let connections = Task {
            await withDiscardingTaskGroup { group in
                for client in clients { group.addTask { await client.run() } }
            }
        }
        let closing = Task {
            await ending.wait()
            for client in clients { client.close() }
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            await self.runParts()
        } onCancelOrGracefulShutdown: {
            let limit = ending.begin()
            for client in clients { client.endBegan() }
            self.spans?.finish(within: limit)
            self.logs?.finish(within: limit)
        }
        // All is sent, or given up: nobody waits for the rest of the time.
        closing.cancel()
        await closing.value
        await connections.value
    }

    /// Returns when the time to send has come to its end, for all parts.
    private func runParts() async {
        await withDiscardingTaskGroup { group in
            if let spans = self.spans { group.addTask { await spans.run() } }
            if let logs = self.logs { group.addTask { await logs.run() } }
            if let reader = self.reader { group.addTask { await reader.run() } }
            // It throws when it is cancelled instead, which is an end too.
            group.addTask { try? await gracefulShutdown() }
        }
    }

    /// Sends what there is now, and goes on after that. `run` must be running.
    ///
    /// What is not sent when the time is up stays where it is. But then nobody is kept waiting again: a `run` that ends
    /// after that gives up soon.
    package func flush(within limit: Duration) async {
        let start = ContinuousClock.now
        let (spans, logs, reader) = (self.spans, self.logs, self.reader)
        let isSent = await withTaskGroup(of: Bool.self) { group in
            if let spans { group.addTask { await spans.flush(within: limit) } }
            if let logs { group.addTask { await logs.flush(within: limit) } }
            if let reader {
                group.addTask {
                    await reader.flush(within: limit)
                    return ContinuousClock.now - start < limit
                }
            }
            var isSent = true
            for await isPartSent in group { isSent = isSent && isPartSent }
            return isSent
        }
        self.ending.flushed(isSent)
    }
}
