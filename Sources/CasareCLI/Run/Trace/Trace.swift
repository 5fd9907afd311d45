import CasareDomain
import CasareEngine
import Synchronization

/// What `--trace` makes of a run: lines on stderr as it goes on, or records for the result, whichever fits the format
/// of the result. Stdout has the result alone.
final class Trace: Sendable {
    enum Form: Hashable, Sendable {
        /// For people, on stderr.
        case lines
        /// A JSON text a line, on stderr.
        case jsonLines
        /// Kept for the result.
        case kept

        init(for format: OutputFormat) {
            switch format {
            case .json, .yaml: self = .kept
            case .jsonl: self = .jsonLines
            case .table, .wide, .csv, .name: self = .lines
            }
        }
    }

    /// Records that are kept; of what comes later the result says that it is left out.
    static let recordsMax = 100_000

    private struct State {
        var text = TraceText()
        /// Those that have not ended, by number.
        var open: [Int: TraceRecord] = [:]
        var ended: [TraceRecord] = []
        var leftOut = 0
    }

    private let form: Form
    private let state = Mutex(State())

    init(_ form: Form) { self.form = form }

    func started(_ visit: NodeVisit) {
        switch self.form {
        case .lines:
            Self.report(self.state.withLock { $0.text.started(visit) })
        case .jsonLines:
            self.state.withLock { $0.open[visit.number] = TraceRecord(visit) }
        case .kept:
            self.state.withLock { state in
                if state.open.count + state.ended.count < Self.recordsMax {
                    state.open[visit.number] = TraceRecord(visit)
                } else {
                    state.leftOut += 1
                }
            }
        }
    }

    func finished(_ end: NodeVisitEnd) {
        switch self.form {
        case .lines:
            Self.report(self.state.withLock { $0.text.finished(end) })
        case .jsonLines:
            guard var record = self.state.withLock({ $0.open.removeValue(forKey: end.number) }) else { return }
            record.end = end
            Self.report([Self.line(record)])
        case .kept:
            self.state.withLock { state in
                guard var record = state.open.removeValue(forKey: end.number) else { return }
                record.end = end
                state.ended.append(record)
            }
        }
    }

    /// Whether warnings stand among the lines of the trace.
    var tellsWarnings: Bool { self.form == .lines }

    func logged(_ level: PureContext.LogLevel, _ node: String, _ message: String) {
        guard case .lines = self.form else { return }
        Self.report(self.state.withLock { $0.text.logged(level, node, message) })
    }

    /// Tells of what has not ended, now that nothing more will.
    func close() {
        guard case .jsonLines = self.form else { return }
        let open = self.state.withLock { Array($0.open.values) }
        Self.report(open.sorted { $0.visit.number < $1.visit.number }.map(Self.line))
    }

    /// For the result, in the order in which they began; `nil` where they went to stderr.
    var kept: (records: [Value], leftOut: Int)? {
        guard case .kept = self.form else { return nil }
        return self.state.withLock { state in
            let all = state.ended + state.open.values
            return (all.sorted { $0.visit.number < $1.visit.number }.map(\.json), state.leftOut)
        }
    }

    private static func line(_ record: TraceRecord) -> String { TerminalText.json(record.json.jsonText(.compact)) }

    private static func report(_ lines: [String]) {
        if !lines.isEmpty { StandardStreams.report(lines.joined(separator: "\n")) }
    }
}
