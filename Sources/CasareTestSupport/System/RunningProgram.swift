import FoundationEssentials
import Glibc

/// A program that was started and may be signalled.
package struct RunningProgram: Sendable {
    package enum Signal: Sendable {
        case terminate, kill, stop, `continue`, hangUp

        fileprivate var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .kill: SIGKILL
            case .stop: SIGSTOP
            case .continue: SIGCONT
            case .hangUp: SIGHUP
            }
        }
    }

    package let processID: Int32
    private let logPath: String

    init(_ processID: Int32, log: String) {
        self.processID = processID
        self.logPath = log
    }

    /// Does nothing once the program has ended: it is not reaped before its scope ends, so the number stays its own.
    package func send(_ signal: Signal) {
        _ = kill(self.processID, signal.number)
    }

    /// Whether it has ended by itself or by a signal (a zombie until its scope ends).
    package var hasEnded: Bool {
        guard let status = try? String(contentsOf: URL(filePath: "/proc/\(self.processID)/stat"), encoding: .utf8),
            let name = status.lastIndex(of: ")")
        else { return true }
        return status[name...].dropFirst(2).first == "Z"
    }

    /// What it has printed so far, to either output.
    package var log: String {
        (try? String(contentsOf: URL(filePath: self.logPath), encoding: .utf8)) ?? ""
    }
}

/// Looks again and again until `body` yields something.
///
/// Other processes tell nobody when they are done, so their tests have to look. It fails after five minutes: a machine
/// that runs all tests at once is slow at times.
@discardableResult
package func eventually<Result: Sendable>(
    _ what: String, within limit: Duration = .seconds(300), _ body: () async throws -> Result?
) async throws -> Result {
    let deadline = ContinuousClock.now + limit
    while true {
        if let result = try await body() { return result }
        guard ContinuousClock.now < deadline else { throw NeverHappened(what: what) }
        try await Task.sleep(for: .milliseconds(20))
    }
}

package struct NeverHappened: Error, CustomStringConvertible {
    let what: String

    package init(what: String) { self.what = what }

    package var description: String { "It never happened: \(self.what)" }
}
