import CasareDomain
import Instrumentation
package import Logging

/// Writes what is logged to standard error, a line each, with the trace in which it happened, and hands it on to a sink.
package struct CasareLogHandler: LogHandler {
    private let label: String
    private let format: LogFormat
    private let service: String?
    private let sink: LogSink?
    private let output: LogOutput
    private let now: @Sendable () -> LogTime

    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    init(
        label: String, level: Logger.Level, format: LogFormat, service: String? = nil, sink: LogSink? = nil,
        output: LogOutput = .standardError, now: @escaping @Sendable () -> LogTime = { .now }
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.service = service
        self.sink = sink
        self.output = output
        self.now = now
    }

    /// A logger on standard error.
    ///
    /// - Parameters:
    ///   - service: what the program is called in lines of JSON; `nil`: they do not say.
    ///   - sink: is given all that is logged; `nil`: nobody is.
    package static func makeLogger(
        label: String, level: Logger.Level, format: LogFormat, service: String? = nil, sink: LogSink? = nil
    ) -> Logger {
        Logger(label: label) {
            CasareLogHandler(label: $0, level: level, format: format, service: service, sink: sink)
        }
    }

    package func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() { metadata.merge(provided) { _, new in new } }
        if let given = event.metadata { metadata.merge(given) { _, new in new } }
        let place = LogPlace(metadata, in: ServiceContext.current?.trace?.context)
        let line = LogLine(
            time: self.now(), level: event.level, label: self.label, service: self.service, source: event.source,
            message: event.message.description, error: event.error, metadata: metadata, place: place)
        let text =
            switch self.format {
            case .pretty: line.pretty
            case .json: line.json
            }
        self.output.write(Array("\(text)\n".utf8))
        self.sink?.send(making: { line.record(within: $0) })
    }
}
