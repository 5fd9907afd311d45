@testable import CasareTelemetry
import Logging
import Synchronization

/// Lines and records of one logger.
final class LogCapture: Sendable {
    private let taken = Mutex<[String]>([])
    private let sent = Mutex<[TelemetryLogRecord]>([])
    let sink = LogSink()

    /// 2026-01-02T03:04:05.678901234Z.
    static let time = LogTime(nanoseconds: 1_767_323_045_678_901_234)

    /// With their ends.
    var lines: [String] { self.taken.withLock { $0 } }
    var records: [TelemetryLogRecord] { self.sent.withLock { $0 } }

    func connect(limits: AttributeLimits = .standard, takesEvents: Bool = true, hasRoom: Bool = true) {
        self.sink.connect(limits: limits, takesEvents: takesEvents, dropsNext: { !hasRoom }) { record in
            self.sent.withLock { $0.append(record) }
        }
    }

    func logger(
        _ format: LogFormat = .pretty, label: String = "casare.test", service: String? = nil,
        level: Logger.Level = .trace
    ) -> Logger {
        Logger(label: label) {
            CasareLogHandler(
                label: $0, level: level, format: format, service: service, sink: self.sink,
                output: LogOutput { line in self.taken.withLock { $0.append(String(decoding: line, as: UTF8.self)) } },
                now: { Self.time })
        }
    }
}
