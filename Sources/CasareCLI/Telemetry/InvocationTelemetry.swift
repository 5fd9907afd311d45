import CasareOTLP
import CasareTelemetry
import CasareWire
import Configuration
import Instrumentation
import Logging
import Tracing

/// Traces one call of casarectl, where its environment says where traces go. All that the call asks of a server is below
/// its span.
///
/// Nothing of it fails a command or holds it up for longer than `flushMax`. What goes on until somebody stops it has no
/// span of its own.
enum InvocationTelemetry {
    /// How long a command that is done waits for its span to be taken.
    static let flushMax = Duration.seconds(1)

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
            let status = await self.record(name, with: telemetry.tracer, in: environment, body)
            await telemetry.flush(within: self.flushMax)
            group.cancelAll()
            return status
        }
    }

    private static func record(
        _ name: String, with tracer: any Tracer, in environment: Environment, _ body: () async -> Int32
    ) async -> Int32 {
        var context = ServiceContext.topLevel
        context.trace = InvocationTrace.given(by: environment)
        let span = tracer.startSpan("casarectl \(name)", context: context, ofKind: .internal)
        let status = await self.$tracer.withValue(tracer) {
            await ServiceContext.withValue(span.context) { await body() }
        }
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
        return status
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
            var settings = try TelemetrySettings(config: config, program: .casarectl)
            guard settings.traces != .nowhere else { return nil }
            // Commands are over before anybody would read these.
            settings.metrics = .nowhere
            settings.logs = .nowhere
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
