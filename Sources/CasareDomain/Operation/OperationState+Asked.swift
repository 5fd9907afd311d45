public import FoundationEssentials

/// What people ask of an operation. Asking for what is so already changes nothing.
extension OperationState {
    /// - Returns: whether something changed.
    public mutating func pauseAsked(by person: String, reason: String?) throws(Refusal) -> Bool {
        switch self.phase {
        case .over(let ending): throw self.isOver(ending, "paused")
        case .passing, .holding: break
        }
        // One that is stopped stands still already, and must stay known as that.
        guard self.halt == nil else { return false }
        self.halt = .paused
        self.say(reason, by: person)
        return true
    }

    /// Lets it go on, also beyond a canary that failed: the one who resumes it takes that on himself. Its error rate is
    /// counted anew. One that was paused is stopped instead where its canary or its error rate says so by now: nobody
    /// has seen that yet.
    public mutating func resumeAsked() throws(Refusal) -> Bool {
        switch self.phase {
        case .over(let ending): throw self.isOver(ending, "resumed")
        case .passing, .holding: break
        }
        switch self.halt {
        case nil: return false
        case .paused: break
        case .stopped:
            self.isCanaryPassed = true
            self.samplesBefore = self.samples
        case .awaitingApproval:
            throw Refusal(description: "waits for a second person to agree; casarectl op approve lets it go on")
        }
        self.halt = nil
        // What it was held up for is not caught up on.
        self.nextDueAt = nil
        (self.reason, self.by) = (nil, nil)
        self.judge(firstFailure: nil)
        return true
    }

    /// Nothing of it happens before a second person has agreed.
    public mutating func approvalNeeded(reason: String?, by person: String) {
        self.halt = .awaitingApproval
        self.say(reason, by: person)
    }

    /// A second person has agreed.
    ///
    /// - Returns: whether something changed.
    public mutating func approved() throws(Refusal) -> Bool {
        switch self.phase {
        case .over(let ending): throw self.isOver(ending, "approved")
        case .passing, .holding: break
        }
        guard self.halt == .awaitingApproval else { return false }
        self.halt = nil
        (self.reason, self.by) = (nil, nil)
        return true
    }

    /// Ends it: what it has done stays. Jobs that are only held to be cancelled go on.
    public mutating func cancelAsked(by person: String, reason: String?, at now: Date) throws(Refusal) -> Bool {
        switch self.phase {
        case .over(.cancelled): return false
        case .over(let ending): throw self.isOver(ending, "cancelled")
        case .passing(.undo): throw Refusal(description: "is being undone, so it cannot be cancelled")
        case .passing(.act), .passing(.release), .holding: break
        }
        self.say(reason, by: person)
        if self.holdsFirst, self.progress.done > 0 {
            self.goBack()
        } else {
            self.end(.cancelled, at: now)
        }
        return true
    }

    /// Takes back what it has done, as far as that still is as it left it.
    public mutating func undoAsked(by person: String, reason: String?, at now: Date) throws(Refusal) -> Bool {
        guard self.plan.undoWithin != nil else {
            throw Refusal(
                description: self.plan.verb.isUndoable
                    ? "was made without a time to undo it, so it cannot be undone"
                    : "cannot be undone: only a cancel, a purge or a pause can, made with a time to undo it")
        }
        switch self.phase {
        case .over(.undone), .passing(.undo):
            return false
        case .passing(.release):
            throw Refusal(description: "is past its time to undo: its jobs are being cancelled")
        case .over(.completed), .over(.cancelled):
            guard let undoUntil, now < undoUntil else {
                throw Refusal(
                    description: "is past its time to undo"
                        + (self.undoUntil.map { ", which ended at \($0.formatted(.iso8601))" } ?? ""))
            }
        case .holding(let until):
            // Its jobs may be cancelled from then on, whether that has begun or not.
            guard now < until || self.halt != nil else {
                throw Refusal(description: "is past its time to undo: its jobs are being cancelled")
            }
        case .passing(.act): break
        }
        self.say(reason, by: person)
        self.goBack()
        return true
    }

    private mutating func goBack() {
        self.phase = .passing(.undo)
        self.halt = nil
        self.position = 0
        self.nextDueAt = nil
        self.finishedAt = nil
        self.undoUntil = nil
    }

    private mutating func say(_ reason: String?, by person: String) {
        self.reason = reason
        self.by = person
    }

    private func isOver(_ ending: Ending, _ action: String) -> Refusal {
        Refusal(description: "is \(ending.rawValue), so it cannot be \(action)")
    }
}
