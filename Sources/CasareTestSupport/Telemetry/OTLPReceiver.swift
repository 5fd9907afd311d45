import Synchronization

/// A strict OTLP/gRPC server of a test on loopback. It records what comes, judges it (`OTLPRule`), and fails as it is
/// told to.
package struct OTLPReceiver: Sendable {
    package let port: Int
    let usesTLS: Bool
    let record: OTLPRecord

    /// As `OTEL_EXPORTER_OTLP_ENDPOINT` takes it.
    package var endpoint: String { "\(self.usesTLS ? "https" : "http")://127.0.0.1:\(self.port)" }

    // MARK: - What came

    /// Of what was taken so far, in the order in which it came.
    package var spans: [Span] { self.record.state.withLock { $0.spans } }
    package var points: [Point] { self.record.state.withLock { $0.points } }
    package var logRecords: [LogRecord] { self.record.state.withLock { $0.logRecords } }

    /// All that was asked for, taken or not.
    package func attempts(_ signal: Signal) -> [Attempt] {
        self.record.state.withLock { $0.attempts.filter { $0.signal == signal } }
    }

    /// As they were found; what spans are to each other is not judged yet.
    package var violations: [OTLPViolation] { self.record.state.withLock { $0.validator.violations } }

    /// With what can be judged only when the program has sent its last span.
    package var violationsAtEnd: [OTLPViolation] {
        let validator = self.record.state.withLock { $0.validator }
        return validator.violations + validator.violationsOfParents
    }

    /// What was read off the wire.
    package struct Wire: Hashable, Sendable {
        /// How many were ever made.
        package internal(set) var connections = 0
        package internal(set) var connectionsOpen = 0
        /// Messages, as their first byte says. Not counted under TLS.
        package internal(set) var compressedMessages = 0
        package internal(set) var plainMessages = 0
        /// Of the messages as they were sent.
        package internal(set) var messageBytes = 0
    }

    package var wire: Wire { self.record.state.withLock { $0.wire } }

    // MARK: - What is to happen

    /// Faults of a signal are used up in the order in which they were planned, one for each request.
    ///
    /// - Parameter signal: `nil`: of whatever signal comes first.
    package func plan(_ fault: Fault, for signal: Signal? = nil, times: Int = 1) {
        self.record.state.withLock { state in
            state.faults += Array(repeating: PlannedFault(fault: fault, signal: signal), count: times)
        }
    }

    /// Faults that no request has met yet.
    package var faultsLeft: Int { self.record.state.withLock { $0.faults.count } }

    /// Forgets planned faults.
    package func planNothing() { self.record.state.withLock { $0.faults = [] } }

    /// Lets every request go on that is held, and those that would be.
    package func answerHeld() { self.record.change { $0.isHolding = false } }

    /// Cuts all connections.
    package func disconnect() { self.record.disconnect() }

    struct PlannedFault: Sendable {
        let fault: Fault
        /// `nil`: any.
        let signal: Signal?
    }
}
