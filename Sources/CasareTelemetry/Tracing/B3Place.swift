import CasareDomain

/// A place in a trace as Zipkin's B3 has it, in one header or in several. The ID of the parent is not read: nobody here
/// takes the caller's span for its own.
struct B3Place {
    enum Sampling: Hashable, Sendable {
        case accepted, denied, debug
        /// Whoever is asked decides.
        case deferred
    }

    /// In small letters, as HTTP/2 wants them; names of headers are the same in capitals.
    enum Key {
        static let single = "b3"
        static let trace = "x-b3-traceid"
        static let span = "x-b3-spanid"
        static let sampled = "x-b3-sampled"
        static let flags = "x-b3-flags"
    }

    let trace: TraceID
    let span: SpanID
    let sampling: Sampling

    private init(_ trace: TraceID, _ span: SpanID, _ sampling: Sampling) {
        self.trace = trace
        self.span = span
        self.sampling = sampling
    }

    init(_ context: TraceContext, isDebug: Bool) {
        self.init(context.traceID, context.spanID, isDebug ? .debug : context.isSampled ? .accepted : .denied)
    }

    // MARK: - Reading

    /// - Parameter find: the value of a header, by its name.
    /// - Returns: `nil` when neither form is there and valid. A decision without a place is none: see `denies`.
    static func read(_ find: (String) -> String?) -> B3Place? {
        if let text = find(Key.single), let place = self.read(text) { return place }
        guard let trace = find(Key.trace).flatMap(self.traceID), let span = find(Key.span).flatMap({ SpanID($0) }),
            let sampling = self.sampling(sampled: find(Key.sampled), flags: find(Key.flags))
        else { return nil }
        return B3Place(trace, span, sampling)
    }

    /// Whether a decision against recording comes without a place, which is a form too.
    ///
    /// - Parameter find: the value of a header, by its name.
    static func denies(_ find: (String) -> String?) -> Bool {
        if let text = find(Key.single) { return self.sampling(text) == .denied }
        guard find(Key.trace) == nil, find(Key.span) == nil else { return false }
        return self.sampling(sampled: find(Key.sampled), flags: find(Key.flags)) == .denied
    }

    /// `<trace>-<span>`, and behind it perhaps the decision, and behind that the parent.
    private static func read(_ text: String) -> B3Place? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard (2...4).contains(parts.count), let trace = self.traceID(parts[0]), let span = SpanID(parts[1]),
            let sampling = self.sampling(parts.count == 2 ? nil : parts[2])
        else { return nil }
        return B3Place(trace, span, sampling)
    }

    /// Old ones have 8 bytes; they are the last ones of ours.
    private static func traceID(_ text: String) -> TraceID? {
        TraceID(text.utf8.count == 16 ? String(repeating: "0", count: 16) + text : text)
    }

    private static func sampling(_ text: String?) -> Sampling? {
        switch text {
        case nil: .deferred
        case "1": .accepted
        case "0": .denied
        case "d": .debug
        default: nil
        }
    }

    /// Debug goes before the decision; `true` and `false` are of the first tracers.
    private static func sampling(sampled: String?, flags: String?) -> Sampling? {
        if flags == "1" { return .debug }
        switch sampled?.lowercased() {
        case nil: return .deferred
        case "1", "true": return .accepted
        case "0", "false": return .denied
        default: return nil
        }
    }

    // MARK: - Writing

    /// The value of the one header.
    var text: String {
        let decision =
            switch self.sampling {
            case .accepted: "-1"
            case .denied: "-0"
            case .debug: "-d"
            case .deferred: ""
            }
        return "\(self.trace)-\(self.span)\(decision)"
    }

    /// Names and values of the several headers.
    var members: [(key: String, value: String)] {
        let ids = [(key: Key.trace, value: self.trace.description), (key: Key.span, value: self.span.description)]
        return switch self.sampling {
        case .accepted: ids + [(key: Key.sampled, value: "1")]
        case .denied: ids + [(key: Key.sampled, value: "0")]
        // It implies the decision, which is not sent beside it.
        case .debug: ids + [(key: Key.flags, value: "1")]
        case .deferred: ids
        }
    }
}
