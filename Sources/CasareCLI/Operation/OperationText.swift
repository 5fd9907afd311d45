import CasareDomain
import CasareWire

/// The line that says how far an operation has got. Does no I/O.
enum OperationText {
    /// Columns between the brackets of the bar.
    private static let barColumns = 20

    /// `replaying: 900 of 2000 (45 %), 3 failed, 22 s left`
    ///
    /// - Parameters:
    ///   - secondsLeft: at the pace that it goes; `nil`: nobody can say.
    ///   - awaitsReplays: whoever reads it waits for the new jobs too.
    static func line(_ operation: OperationInfo, secondsLeft: Double?, awaitsReplays: Bool) -> String {
        let parts = [Self.position(operation, awaitsReplays)] + Self.details(operation, secondsLeft)
        return TerminalText.line("\(Self.state(operation)): \(parts.joined(separator: ", "))")
    }

    /// `[#########...........] replaying: 900 of 2000 (45 %), 3 failed, 22 s left`
    static func bar(_ operation: OperationInfo, secondsLeft: Double?, awaitsReplays: Bool) -> String {
        let share = Self.share(operation, awaitsReplays)
        let filled = Int((share * Double(Self.barColumns)).rounded(.down))
        let bar =
            String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barColumns - filled)
        return "[\(bar)] " + Self.line(operation, secondsLeft: secondsLeft, awaitsReplays: awaitsReplays)
    }

    /// Whether what is left to wait for are the new jobs.
    private static func awaitsJobs(_ operation: OperationInfo, _ awaitsReplays: Bool) -> Bool {
        awaitsReplays && operation.status == .completed
    }

    private static func state(_ operation: OperationInfo) -> String {
        switch operation.status {
        case .running: return operation.verb.gerund
        case .holding: return "held until it can no longer be undone"
        case .undoing: return "undoing"
        case .awaitingApproval: return "waits for a second person: casarectl op approve \(operation.id)"
        case .completed: return operation.verb.isRerun ? "all run again" : "all done"
        case .paused, .stopped, .cancelled, .undone:
            let person = operation.statusBy.map { " by \($0)" } ?? ""
            let reason = operation.statusReason.map { " (\($0))" } ?? ""
            return operation.status.rawValue + person + reason
        }
    }

    private static func position(_ operation: OperationInfo, _ awaitsReplays: Bool) -> String {
        let progress = operation.progress
        let percent = Int((Self.share(operation, awaitsReplays) * 100).rounded(.down))
        if Self.awaitsJobs(operation, awaitsReplays) {
            return "\(progress.replaysEnded) of \(Count.text(progress.succeeded, "new job")) ended (\(percent) %)"
        }
        let done = operation.status == .undoing ? progress.undone : progress.done
        let all = operation.status == .undoing ? progress.succeeded : operation.count
        return "\(done) of \(all) (\(percent) %)"
    }

    /// 0 to 1; of nothing all is done.
    private static func share(_ operation: OperationInfo, _ awaitsReplays: Bool) -> Double {
        let progress = operation.progress
        let (done, all) =
            if Self.awaitsJobs(operation, awaitsReplays) {
                (progress.replaysEnded, progress.succeeded)
            } else if operation.status == .undoing {
                (progress.undone, progress.succeeded)
            } else {
                (progress.done, operation.count)
            }
        return all > 0 ? min(1, max(0, Double(done) / Double(all))) : 1
    }

    private static func details(_ operation: OperationInfo, _ secondsLeft: Double?) -> [String] {
        let progress = operation.progress
        let badEnds = progress.replaysEnded - progress.replaysCompleted
        var details: [String] = []
        if progress.failed > 0 { details.append("\(progress.failed) failed") }
        if progress.skipped > 0 { details.append("\(progress.skipped) skipped") }
        if badEnds > 0 { details.append("\(Count.text(badEnds, "new job")) ended badly") }
        if operation.status == .running, progress.succeeded == operation.canary, progress.done < operation.count,
            progress.replaysEnded < progress.succeeded
        {
            details.append("waits for its canary")
        }
        if let secondsLeft { details.append("\(TimeSpan.text(seconds: secondsLeft.rounded(.up))) left") }
        return details
    }
}
