/// Which of the traces that begin in this process are recorded. A job of its own accord has its place in a trace before
/// anybody makes a span, in its row: what is decided here stands there, and robots follow it.
///
/// It goes with the task and not through every call that may make a job: a program says once how it samples.
public struct TraceRoots: Sendable {
    /// All of them.
    public static let recorded = TraceRoots { _ in true }

    /// Of this task, and of those that it begins.
    @TaskLocal public static var current: TraceRoots = .recorded

    private let isRecorded: @Sendable (TraceID) -> Bool

    /// - Parameter isRecorded: must say the same of an ID each time, and in every process that samples alike.
    public init(_ isRecorded: @escaping @Sendable (TraceID) -> Bool) { self.isRecorded = isRecorded }

    /// Whether the trace is recorded.
    public func records(_ trace: TraceID) -> Bool { self.isRecorded(trace) }
}
