package import CasareDomain
package import FoundationEssentials

/// As `JobStore.pause` and `JobStore.resume`: jobs that people keep from going on.
extension MemoryQueue {
    /// Keeps a job from going on until somebody resumes it: at once when it waits, and else when its robot hands it
    /// back. One that is paused, or is to be, stays as it is.
    ///
    /// - Throws: `StoreError.invalidTransition` for a job that has ended or asks a person, `.notFound`.
    package mutating func pause(
        _ id: Job.ID, by person: String, reason: String?, now: Date
    ) throws(StoreError) {
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        guard try record.job(heldBy: self.holder(of: record)).mayBePaused else { return }
        let pause = Job.Pause(by: person, reason: reason, since: now)
        let halt: Record.Halt
        switch record.place {
        case .ready(_, let attempt, let crashes):
            halt = Record.Halt(pause: pause, attempt: attempt, crashes: crashes, dueAt: nil)
        case .scheduled(let attempt, let dueAt):
            halt = Record.Halt(pause: pause, attempt: attempt, crashes: 0, dueAt: dueAt)
        case .leased(let holding):
            self.mark(id, with: pause)
            self.tell(holding.session)
            return
        case .new, .blocked, .paused, .ended: preconditionFailure("Job \(id) may be paused, and neither waits nor runs")
        }
        self.move(id, to: .paused(halt))
        self.note(.paused, id, pause.detail, now)
    }

    /// Lets a paused job go on: behind those that wait already, or when it is due. Its attempts are as before.
    ///
    /// - Throws: `StoreError.invalidTransition` for a job that nobody paused, `.notFound`.
    package mutating func resume(
        _ id: Job.ID, by person: String, reason: String? = nil, now: Date
    ) throws(StoreError) {
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        switch record.place {
        case .paused(let halt):
            if let dueAt = halt.dueAt, dueAt > now {
                self.move(id, to: .scheduled(attempt: halt.attempt, dueAt: dueAt))
            } else {
                self.move(id, to: .ready(attempt: halt.attempt, crashes: halt.crashes))
            }
            var detail: Object = ["by": .string(person)]
            if let reason { detail["reason"] = .string(reason) }
            self.note(.resumed, id, detail, now)
        case .leased(let holding) where holding.pause != nil:
            self.mark(id, with: nil)
            self.tell(holding.session)
        case .new, .ready, .scheduled, .leased, .blocked, .ended:
            throw record.job(heldBy: self.holder(of: record)).notPaused
        }
    }

    /// Puts a job that was leased where it goes on from, or parks it when somebody wants it paused.
    mutating func putBack(
        _ job: Job.ID, _ holding: Record.Holding, to destination: Destination, crashes: Int, attempt: Int,
        dueAt: Date? = nil, _ now: Date
    ) {
        guard let asked = holding.pause else { return self.move(job, to: destination) }
        let pause = Job.Pause(by: asked.by, reason: asked.reason, since: now)
        self.move(job, to: .paused(Record.Halt(pause: pause, attempt: attempt, crashes: crashes, dueAt: dueAt)))
    }

    mutating func notePause(of job: Job.ID, _ holding: Record.Holding, _ now: Date) {
        if let pause = holding.pause { self.note(.paused, job, pause.detail, now) }
    }
}

extension Job.Pause {
    fileprivate var detail: Object {
        ["by": .string(self.by), "reason": self.reason.map { .string($0) } ?? .null]
    }
}
