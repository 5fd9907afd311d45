extension Operation.Verb {
    /// What each of the things that it is done to takes. Doing it to many takes it, too.
    public var permission: Permission {
        switch self {
        case .retry, .replay: .executionRetry
        case .cancel: .executionCancel
        case .acknowledge, .purge, .pause, .resume, .priority: .executionUpdate
        }
    }
}
