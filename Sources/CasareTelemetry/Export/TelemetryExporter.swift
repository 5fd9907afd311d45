/// Sends what a program tells of itself to where it is kept.
///
/// An exporter is asked by one task at a time. It does all that its protocol asks for within a time of its own, repeats
/// included, and says at its end what became of the items: nobody asks it for the same ones again.
package protocol TelemetryExporter<Item>: Sendable {
    associatedtype Item: Sendable

    /// Ends at the latest when its own time limit is up. In a cancelled task it ends soon, and what is not sent by then
    /// is lost.
    func export(_ items: [Item]) async -> ExportOutcome

    /// Closes what is open; nothing is exported any more.
    func shutDown() async
}

/// What became of items that were to be sent.
package struct ExportOutcome: Hashable, Sendable {
    /// How many were taken.
    package let exported: Int
    /// How many are lost, by why (`error.type`): a status of gRPC in its own spelling such as `UNAVAILABLE`,
    /// `rejected` for what the other side took and did not want, `too_large`, `timeout`, `cancelled`.
    package let failed: [String: Int]

    package init(exported: Int, failed: [String: Int] = [:]) {
        self.exported = exported
        self.failed = failed
    }
}

/// Which of the three kinds of telemetry.
package enum Signal: String, Hashable, Sendable, CaseIterable {
    case traces, metrics, logs
}
