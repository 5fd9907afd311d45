package import CasareSettings
package import CasareTelemetry
import CasareWire
package import Configuration
package import Logging

/// What a service writes its log, counts and traces with, put together by its environment.
package struct ServiceTelemetry: Sendable {
    package let logger: Logger
    /// Takes what is logged, and what has failed, to where log records are sent.
    package let sink: LogSink
    /// Sends; first of the services that are run, so that it ends last.
    package let sender: Telemetry
    package let resource: Resource
    /// Measures what is asked of the database.
    package let statements: StatementTelemetry

    /// - Parameters:
    ///   - label: of the logger, such as `casare.robot`.
    ///   - instance: by what the process is told from others of its kind.
    ///   - level: of the log, in place of what the environment says.
    /// - Throws: for what in the environment cannot be meant.
    package init(
        config: ConfigReader, program: TelemetryProgram, label: String, instance: ServiceInstance = .random,
        level: Logger.Level? = nil
    ) throws(SettingError) {
        let log = try LogSettings(config: config, program: program, level: level)
        let settings = try TelemetrySettings(config: config, program: program)
        let sink = LogSink()
        let logger = log.makeLogger(label: label, level: level, sink: sink)
        let resource = Resource.detected(
            service: program, version: CasareVersion.current, instance: instance, settings: settings)
        // Without the sink: what is wrong with sending is not sent.
        let sender = Telemetry(
            settings: settings, resource: resource, logger: log.makeLogger(label: "casare.telemetry"))
        if let takeLog = sender.takeLog {
            sink.connect(limits: settings.logLimits, dropsNext: sender.dropsLog, takeLog)
        }
        ProcessMetrics.register(in: sender.registry)
        for warning in settings.warnings {
            logger.warning("A setting of telemetry is not followed", metadata: ["reason": .string(warning)])
        }
        self.logger = logger
        self.sink = sink
        self.sender = sender
        self.resource = resource
        self.statements = StatementTelemetry(sender.registry, tracer: sender.tracer)
    }
}
