import CasareClient
import CasareDomain
import CasareWire

/// Follows an operation to its end: a bar on a terminal, and elsewhere a line now and then.
struct OperationFollower: Sendable {
    /// One request asks the server to wait this long.
    private static let pollMax = Duration.seconds(10)
    /// A fast operation changes many times a second: it is not asked about at each of them.
    private static let pause = Duration.milliseconds(250)
    /// As many failed items are named.
    private static let failuresMax = 5

    private let client: CasareClient
    private let deadline: ContinuousClock.Instant?
    /// Waits for the jobs too that were run again.
    private let awaitsReplays: Bool
    /// Waits until what is held can no longer be undone.
    private let awaitsHeld: Bool

    /// The time limit runs from now on.
    init(_ client: CasareClient, timeout: TimeSpan?, awaitsReplays: Bool = false, awaitsHeld: Bool = false) {
        self.client = client
        self.deadline = timeout.map { .now + $0.duration }
        self.awaitsReplays = awaitsReplays
        self.awaitsHeld = awaitsHeld
    }

    /// - Parameter announcement: said first. By then ^C ends the following in good order.
    /// - Throws: `.waitTimedOut`, or `.interrupted` on ^C: in both cases the operation goes on.
    func follow(_ operation: OperationInfo, saying announcement: String) async throws -> OperationInfo {
        let ending = try await Interruption.watching {
            StandardStreams.report(announcement)
            let display = OperationDisplay(awaitsReplays: self.awaitsReplays)
            return try await display.showing { try await self.wait(for: operation, telling: display) }
        }
        switch ending {
        case .finished(let end):
            return end
        case .interrupted(let reason):
            throw CommandFailure(
                reason,
                "stopped following; operation \(operation.id) goes on: casarectl op watch \(operation.id) follows it, "
                    + "casarectl op cancel \(operation.id) ends it")
        }
    }

    private func wait(for first: OperationInfo, telling display: OperationDisplay) async throws -> OperationInfo {
        var operation = first
        while true {
            display.saw(operation)
            if self.isOver(operation) { return operation }
            let left = self.deadline.map { max(.zero, $0 - .now) }
            if left == .zero {
                throw CommandFailure(
                    .waitTimedOut,
                    "operation \(operation.id) has done \(operation.progress.done) of \(operation.count) by --timeout; "
                        + "it goes on: casarectl op watch \(operation.id)")
            }
            let wait = min(Self.pollMax, left ?? Self.pollMax)
            let seen = operation.revision
            operation = try await Outage.withstanding(until: self.deadline) {
                try await self.client.operation(first.id, seen: seen, waiting: wait)
            }
            try await Task.sleep(for: min(Self.pause, left ?? Self.pause))
        }
    }

    private func isOver(_ operation: OperationInfo) -> Bool {
        switch operation.status {
        case .running, .paused, .undoing, .awaitingApproval: false
        case .holding: !self.awaitsHeld
        case .completed:
            !(self.awaitsReplays && operation.verb.isRerun)
                || operation.progress.replaysEnded >= operation.progress.succeeded
        case .stopped, .cancelled, .undone: true
        }
    }

    /// Says on stderr what went wrong with the first few items.
    func reportFailures(of operation: OperationInfo) async {
        guard operation.progress.failed > 0 else { return }
        // They are an extra: the count is in the operation.
        guard
            let page = try? await self.client.operationItems(
                operation.id, state: .failed, limit: Self.failuresMax, cursor: nil)
        else { return }
        for item in page.items {
            StandardStreams.report(
                TerminalText.line(
                    "casarectl: could not \(operation.verb.sentence("\(item.job)", priority: operation.priority)): "
                        + (item.error ?? "no reason was kept")))
        }
    }
}

extension OperationInfo {
    /// How a command ends that followed it.
    ///
    /// - Parameters:
    ///   - namesEach: the person named each thing: one that was left as it is counts as not done.
    ///   - awaitsReplays: what its jobs came to counts too.
    /// - Throws: `.partOfBulkFailed`; `.jobEndedBadly` when all is done and a job that was waited for ended badly.
    func check(naming namesEach: Bool, awaitsReplays: Bool = false) throws(CommandFailure) {
        let progress = self.progress
        let items = "casarectl op items \(self.id) --state"
        switch self.status {
        case .stopped:
            throw CommandFailure(
                .partOfBulkFailed,
                "operation \(self.id) was stopped after \(progress.done) of \(self.count)"
                    + (self.statusReason.map { ": \($0)" } ?? "")
                    + "; casarectl op resume \(self.id) goes on all the same, casarectl op cancel \(self.id) ends it")
        case .cancelled, .undone, .undoing:
            let verb = self.status == .cancelled ? "cancelled" : "undone"
            throw CommandFailure(
                .partOfBulkFailed,
                "operation \(self.id) was \(verb)" + (self.statusBy.map { " by \($0)" } ?? "")
                    + " after \(progress.done) of \(self.count)" + (self.statusReason.map { ": \($0)" } ?? ""))
        case .completed, .holding, .running, .paused, .awaitingApproval: break
        }
        if progress.failed > 0 {
            throw CommandFailure(
                .partOfBulkFailed, "\(progress.failed) of \(self.count) failed; \(items) failed lists them")
        }
        if namesEach, progress.skipped > 0 {
            throw CommandFailure(
                .partOfBulkFailed,
                "\(progress.skipped) of \(self.count) were left as they are; \(items) skipped says why")
        }
        let badEnds = progress.replaysEnded - progress.replaysCompleted
        if awaitsReplays, badEnds > 0 {
            throw CommandFailure(
                .jobEndedBadly, "\(badEnds) of \(Count.text(progress.succeeded, "new job")) did not complete")
        }
    }
}
