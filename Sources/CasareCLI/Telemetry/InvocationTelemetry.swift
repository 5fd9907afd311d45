import CasareOTLP
import CasareTelemetry
import CasareWire
import Configuration
import Instrumentation
import Logging
import Synchronization
import Tracing

/// Traces one call of casarectl, where its environment says where traces go. All that the call asks of a server is below
/// its span.
///
/// Nothing of it fails a command or holds it up for longer than `TelemetrySettings.commandMax`, and a moment for the
/// connection to close. What goes on until somebody stops it has no span of its own.
enum InvocationTelemetry {
    /// Of this call; clients make spans with it.
    @TaskLocal static var tracer: any Tracer = NoOpTracer()

    /// - Parameters:
    ///   - name: of the command, such as `job list`.
    ///   - body: the command; gives its exit status.
    static func record(
        _ name: String, in environment: Environment = .process, _ body: () async -> Int32
    ) async -> Int32 {
        guard self.isWanted(in: environment), let telemetry = self.telemetry() else { return await body() }
        return await withTaskGroup(of: Void.self) { group in
            // It ends when it is cancelled.
            group.addTask { await telemetry.run() }
            let status = await self.record(name, with: telemetry, in: environment, body)
            await telemetry.flush(within: TelemetrySettings.commandMax)
            group.cancelAll()
            return status
        }
    }

    private static func record(
        _ name: String, with telemetry: Telemetry, in environment: Environment, _ body: () async -> Int32
    ) async -> Int32 {
        var context = ServiceContext.topLevel
        context.trace = InvocationTrace.given(by: environment)
        let span = telemetry.tracer.startSpan("casarectl \(name)", context: context, ofKind: .internal)
        let pipe = PipeEnd()
        let outer = StandardStreams.whenReaderIsGone { pipe.reached() }
        defer { StandardStreams.whenReaderIsGone(outer) }
        let status = await withTaskGroup(of: Void.self, returning: Int32.self) { group in
            group.addTask {
                // Cancelled when the command is done.
                guard await pipe.isReached() else { return }
                self.end(span, name, status: StandardStreams.endStatus)
                await telemetry.flush(within: TelemetrySettings.commandMax)
                StandardStreams.endBySignal()
            }
            let status = await self.$tracer.withValue(telemetry.tracer) {
                await ServiceContext.withValue(span.context) { await body() }
            }
            // The other one ends the process.
            if pipe.wasReached { await group.waitForAll() }
            group.cancelAll()
            return status
        }
        self.end(span, name, status: status)
        return status
    }

    private static func end(_ span: any Span, _ name: String, status: Int32) {
        if span.isRecording {
            span.updateAttributes { attributes in
                // Arguments are not among them: they may be secrets.
                attributes["casare.cli.command"] = name
                attributes["process.exit.code"] = Int64(status)
                if status != 0 { attributes["error.type"] = String(status) }
            }
            if status != 0 { span.setStatus(SpanStatus(code: .error)) }
        }
        span.end()
    }

    /// Looked at first: most calls are not traced, and they need not read all settings.
    private static func isWanted(in environment: Environment) -> Bool {
        environment.nonEmpty("OTEL_EXPORTER_OTLP_ENDPOINT") != nil
            || environment.nonEmpty("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != nil
            || environment.nonEmpty("OTEL_TRACES_EXPORTER") != nil
    }

    /// - Returns: `nil` where traces go nowhere, or nobody could say where.
    private static func telemetry() -> Telemetry? {
        let config = ConfigReader(provider: EnvironmentVariablesProvider())
        do {
            let settings = try TelemetrySettings(config: config, program: .casarectl).ofCommand
            guard settings.traces != .nowhere else { return nil }
            let resource = Resource.detected(
                service: .casarectl, version: CasareVersion.current, settings: settings)
            return Telemetry(settings: settings, resource: resource, logger: self.silence)
        } catch {
            StandardStreams.report("casarectl: this call is not traced: \(error)")
            return nil
        }
    }

    /// A collector that cannot be reached is no concern of somebody who lists jobs.
    private static let silence = Logger(label: "casarectl", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// That nobody reads any more what a command prints (`casarectl job list | head`). Nothing is written from then on, and
/// the process ends as soon as its span is sent, however far the command is.
private final class PipeEnd: Sendable {
    private let ends: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation
    private let flag = Atomic(false)

    init() {
        (self.ends, self.end) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
    }

    var wasReached: Bool { self.flag.load(ordering: .relaxed) }

    func reached() {
        StandardStreams.fallSilent()
        self.flag.store(true, ordering: .relaxed)
        self.end.yield()
    }

    /// Waits for that. Call it once.
    ///
    /// - Returns: `false` when the task is cancelled before.
    func isReached() async -> Bool {
        for await _ in self.ends { return true }
        return false
    }
}
