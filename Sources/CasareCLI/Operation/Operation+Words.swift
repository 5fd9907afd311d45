import CasareDomain

extension Operation.Verb {
    /// What is about to happen: "replay 12 dead letters", "give 3 jobs priority 15".
    ///
    /// - Parameter what: "12 dead letters".
    func sentence(_ what: String, priority: Priority?) -> String {
        switch self {
        case .retry, .replay, .acknowledge, .purge, .cancel, .pause, .resume: "\(self.rawValue) \(what)"
        case .priority: "give \(what) " + (priority.map { "priority \($0)" } ?? "another priority")
        }
    }

    /// What is going on: "replaying".
    var gerund: String {
        switch self {
        case .retry: "retrying"
        case .replay: "replaying"
        case .acknowledge: "acknowledging"
        case .purge: "purging"
        case .cancel: "cancelling"
        case .pause: "pausing"
        case .resume: "resuming"
        case .priority: "changing priorities"
        }
    }

    /// What one of its items is called: a dead letter, or a job.
    func noun(for selection: Operation.Selection?) -> String {
        if self.isOfLetters { return "dead letter" }
        switch selection {
        case .deadLetters: return "dead letter"
        case .jobs, .ids, nil: return "job"
        }
    }
}

extension Operation.Status {
    var tone: Tone {
        switch self {
        case .running, .holding, .undoing: .plain
        case .paused, .stopped, .awaitingApproval: .attention
        case .completed: .good
        case .cancelled, .undone: .faint
        }
    }
}

extension Operation.ItemState {
    var tone: Tone {
        switch self {
        case .done: .good
        case .held: .plain
        case .failed: .bad
        case .skipped: .attention
        case .undone: .faint
        }
    }
}
