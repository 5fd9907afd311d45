package import FoundationEssentials

/// Decides where an item of a queue goes: what performers and people say of it, and what time does to it.
///
/// It has no clock and does no I/O: whoever holds the item's row tells it the time and writes down where it stands.
package struct WorkItemState: Hashable, Sendable {
    /// Why something cannot be done with an item: what follows its name in a sentence.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// Another one has it by now, or nobody.
        case notHeld
        case wrongStatus(WorkItem.Status, action: String)
        /// It would be postponed beyond its deadline.
        case beyondDeadline(Date)

        package var description: String {
            switch self {
            case .notHeld:
                "is not yours any more: its lease ran out, or somebody else has said what became of it; change nothing "
                    + "more for it, and take another one"
            case .wrongStatus(let status, let action): "is \(status.rawValue), so it cannot be \(action)"
            case .beyondDeadline(let deadline):
                "must be taken by its deadline, \(deadline.formatted(.iso8601)); postpone it to an earlier time"
            }
        }
    }

    package private(set) var status: WorkItem.Status
    package private(set) var retries: Int
    package private(set) var deadline: Date?
    /// Nobody takes it before.
    package private(set) var postponeUntil: Date?
    package private(set) var failure: WorkItem.Failure?
    package private(set) var output: Object?
    package private(set) var hold: WorkItem.Hold?
    package private(set) var finishedAt: Date?
    /// Whether a performer would be given it.
    package private(set) var isReady: Bool
    private let maxRetries: Int
    private let retryDelaySeconds: Double

    package init(_ item: WorkItem, isReady: Bool, maxRetries: Int, retryDelaySeconds: Double) {
        self.status = item.status
        self.retries = item.retries
        self.deadline = item.deadline
        self.postponeUntil = item.postponeUntil
        self.failure = item.failure
        self.output = item.output
        self.hold = item.hold
        self.finishedAt = item.finishedAt
        self.isReady = isReady
        self.maxRetries = maxRetries
        self.retryDelaySeconds = retryDelaySeconds
    }

    /// When time does something to it next; `nil`: never.
    package var lookAt: Date? {
        switch self.status {
        case .inProgress: self.hold?.until
        case .new, .retry:
            if self.isReady { self.deadline } else { [self.postponeUntil, self.deadline].compactMap { $0 }.min() }
        case .completed, .failed, .abandoned, .deleted: nil
        }
    }

    // MARK: What time does

    /// - Returns: whether it has changed.
    package mutating func timePassed(at now: Date) -> Bool {
        switch self.status {
        case .inProgress:
            guard let hold, hold.until <= now else { return false }
            self.failure = WorkItem.Failure(
                type: .application,
                message: "\(hold.by) had it until \(hold.until.formatted(.iso8601)) and never said what became of it")
            self.tryAgain(at: now, otherwise: .abandoned)
            return true
        case .new, .retry:
            if let deadline, deadline <= now {
                self.failure = WorkItem.Failure(
                    type: .business, message: "nobody had taken it by its deadline, \(deadline.formatted(.iso8601))")
                self.finish(as: .failed, at: now)
                return true
            }
            guard !self.isReady, self.postponeUntil.map({ $0 <= now }) ?? true else { return false }
            self.isReady = true
            return true
        case .completed, .failed, .abandoned, .deleted: return false
        }
    }

    // MARK: What its performer says

    /// It waited, and a performer has it now.
    package mutating func taken(_ hold: WorkItem.Hold) {
        self.status = .inProgress
        self.hold = hold
        self.postponeUntil = nil
        self.isReady = false
    }

    /// For longer, or no longer than now.
    package mutating func renewed(token: Int64, until: Date) throws(Refusal) {
        try self.checkHeld(token, "renewed")
        guard let hold else { return }
        self.hold = WorkItem.Hold(
            token: hold.token, by: hold.by, job: hold.job, robot: hold.robot, since: hold.since, until: until)
    }

    /// - Parameter token: `nil`: a person says so, whoever has the item.
    package mutating func completed(token: Int64?, output: Object?, at now: Date) throws(Refusal) {
        try self.checkHeld(token, "completed")
        self.output = output
        self.failure = nil
        self.finish(as: .completed, at: now)
    }

    /// A business failure ends it; after an application failure it is tried again, as long as there are retries.
    package mutating func failed(_ failure: WorkItem.Failure, token: Int64?, at now: Date) throws(Refusal) {
        try self.checkHeld(token, "failed")
        self.failure = failure
        switch failure.type {
        case .business: self.finish(as: .failed, at: now)
        case .application: self.tryAgain(at: now, otherwise: .failed)
        }
    }

    /// It waits again, as if nobody had taken it.
    package mutating func postponed(until: Date, token: Int64?, at now: Date) throws(Refusal) {
        try self.checkHeld(token, "postponed")
        if let deadline, until >= deadline { throw .beyondDeadline(deadline) }
        self.wait(until: until, at: now)
    }

    // MARK: What people say

    /// Its retries are counted anew. Its deadline holds no more, where it is past: nobody would be given it.
    package mutating func retried(at now: Date) throws(Refusal) {
        switch self.status {
        case .failed, .abandoned: break
        case .new, .inProgress, .completed, .retry, .deleted: throw .wrongStatus(self.status, action: "retried")
        }
        if let deadline, deadline <= now { self.deadline = nil }
        self.status = .new
        self.retries = 0
        self.finishedAt = nil
        self.wait(until: nil, at: now)
    }

    /// One that is deleted stays so.
    ///
    /// - Throws: `.wrongStatus` while somebody works on it.
    package mutating func deleted(at now: Date) throws(Refusal) {
        switch self.status {
        case .new, .retry, .completed, .failed, .abandoned: self.finish(as: .deleted, at: now)
        case .inProgress: throw .wrongStatus(self.status, action: "deleted; wait for whoever has it")
        case .deleted: break
        }
    }

    // MARK: -

    /// A performer's word counts while it holds the item; a person's also while nobody does.
    private func checkHeld(_ token: Int64?, _ action: String) throws(Refusal) {
        if let token {
            guard self.status == .inProgress, self.hold?.token == token else { throw .notHeld }
        } else if self.status.isTerminal {
            throw .wrongStatus(self.status, action: action)
        }
    }

    private mutating func tryAgain(at now: Date, otherwise status: WorkItem.Status) {
        guard self.retries < self.maxRetries else { return self.finish(as: status, at: now) }
        self.retries += 1
        self.status = .retry
        self.wait(until: now.addingTimeInterval(self.retryDelaySeconds), at: now)
    }

    private mutating func wait(until: Date?, at now: Date) {
        if self.status == .inProgress { self.status = self.retries > 0 ? .retry : .new }
        self.postponeUntil = until.flatMap { $0 > now ? $0 : nil }
        self.isReady = self.postponeUntil == nil
    }

    private mutating func finish(as status: WorkItem.Status, at now: Date) {
        self.status = status
        self.postponeUntil = nil
        self.isReady = false
        self.finishedAt = now
    }
}
