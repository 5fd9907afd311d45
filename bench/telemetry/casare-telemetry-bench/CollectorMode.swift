/// What the collector does with whoever wants to send something.
enum CollectorMode: String, Sendable, CaseIterable {
    /// It takes everything and counts it.
    case good
    /// It reads requests and never answers one.
    case hang
    /// It takes connections, and says nothing on them, not even what HTTP/2 begins with.
    case silent
    /// It answers UNAVAILABLE.
    case refuse
    /// It answers RESOURCE_EXHAUSTED, and says when to come again.
    case exhausted
    /// It answers with bytes that are no HTTP/2.
    case garbage

    /// After how long `exhausted` wants to be asked again.
    static let retryDelay = Duration.seconds(1)
}
