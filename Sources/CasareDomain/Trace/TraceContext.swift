/// A place in a trace, as processes tell each other (W3C Trace Context, level 2): the trace, the piece of work in it that
/// is the cause of what comes, and whether somebody records it.
public struct TraceContext: Hashable, Sendable {
    public let traceID: TraceID
    /// The cause: what is begun in this context is below it.
    public let spanID: SpanID
    /// The bits of `knownFlags`; others are not handed on.
    public let flags: UInt8
    /// What tracing systems on the way have added for themselves.
    public let state: TraceState?

    /// The caller may have recorded its part.
    public static let sampledFlag: UInt8 = 0x01
    /// The trace's ID is random.
    public static let randomFlag: UInt8 = 0x02
    /// "Vendors MUST set those [others] to zero" (§3.2.2.5).
    private static let knownFlags = sampledFlag | randomFlag

    public init(traceID: TraceID, spanID: SpanID, flags: UInt8, state: TraceState? = nil) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags & Self.knownFlags
        self.state = state
    }

    /// Whether the caller may have recorded its part.
    public var isSampled: Bool { self.flags & Self.sampledFlag != 0 }

    // MARK: - New ones

    /// The beginning of a new trace. Whether it is recorded says the task's `TraceRoots`.
    public static func makeRoot(using generator: inout some RandomNumberGenerator) -> TraceContext {
        let trace = TraceID(using: &generator)
        return TraceContext(
            traceID: trace, spanID: SpanID(using: &generator),
            flags: TraceRoots.current.records(trace) ? Self.sampledFlag : 0)
    }

    public static func makeRoot() -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return self.makeRoot(using: &generator)
    }

    /// A new piece of work below this one, in the same trace.
    public func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(traceID: self.traceID, spanID: SpanID(using: &generator), flags: self.flags, state: self.state)
    }

    public func child() -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return self.child(using: &generator)
    }

    // MARK: - As text

    private static let textLength = 55

    /// Parses the values of `traceparent` and, if there is one, `tracestate`. A `tracestate` that cannot be read is left
    /// out, as the specification wants it: the trace goes on without it.
    ///
    /// - Returns: `nil` when `traceparent` is not valid. One of a version that is not known yet is read as the first,
    ///   as far as that goes.
    public init?(traceparent: String, tracestate: String? = nil) {
        let text = traceparent.utf8[...]
        guard text.count >= Self.textLength else { return nil }
        let dash = UInt8(ascii: "-")
        func part(_ range: Range<Int>) -> Substring.UTF8View {
            text.dropFirst(range.lowerBound).prefix(range.count)
        }
        // The version 255 is forbidden. Of another one than 0 there may be more, behind a further dash.
        guard let version = UInt8(lowerCaseHex: part(0..<2)), version != 0xFF,
            text.count == Self.textLength || version > 0 && part(55..<56).first == dash,
            [2, 35, 52].allSatisfy({ part($0..<$0 + 1).first == dash }),
            let trace = TraceID(hex: part(3..<35)), let span = SpanID(hex: part(36..<52)),
            let flags = UInt8(lowerCaseHex: part(53..<55))
        else { return nil }
        self.init(traceID: trace, spanID: span, flags: flags, state: tracestate.flatMap(TraceState.init))
    }

    /// The value of `traceparent`, of version 0.
    public var traceparent: String {
        "00-\(self.traceID)-\(self.spanID)-\(self.flags < 16 ? "0" : "")\(String(self.flags, radix: 16))"
    }

    // MARK: - As bytes

    private static let bytesCount = 25

    /// Reads what `bytes` wrote.
    ///
    /// - Returns: `nil` for anything else.
    public init?(bytes: some Collection<UInt8>, state: TraceState? = nil) {
        guard bytes.count == Self.bytesCount, let flags = bytes.dropFirst(Self.bytesCount - 1).first else { return nil }
        func number(at offset: Int) -> UInt64 {
            bytes.dropFirst(offset).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard let trace = TraceID(high: number(at: 0), low: number(at: 8)), let span = SpanID(bits: number(at: 16))
        else { return nil }
        self.init(traceID: trace, spanID: span, flags: flags, state: state)
    }

    /// The trace, the span and the flags, in 25 bytes. The state is not among them.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.bytesCount)
        for number in [self.traceID.high, self.traceID.low, self.spanID.bits] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        bytes.append(self.flags)
        return bytes
    }
}
