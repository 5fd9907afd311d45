import CasareDomain
import Testing

struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"
    private static let parent = "00-\(trace)-\(span)-01"

    private static let invalid: [String] = [
        "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-1",
        "0-\(trace)-\(span)-01",
        // The first version has nothing behind the flags.
        "\(parent)-", "\(parent)-extra", "\(parent)1", " \(parent)", "\(parent) ",
        // Zero names nothing.
        "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
        // Capital letters, other letters, other dashes.
        "00-0AF7651916CD43DD8448EB211C80319C-\(span)-01", "00-\(trace)-B7AD6B7169203331-01",
        "00-\(trace)-\(span)-0A",
        "0A-\(trace)-\(span)-01", "00-gaf7651916cd43dd8448eb211c80319c-\(span)-01",
        "00_\(trace)_\(span)_01",
        "00-\(trace)-\(span)-+1", "00-\(trace)-b7ad6b716920333é-01",
        // A forbidden version; one of the future with something that is not apart.
        "ff-\(trace)-\(span)-01", "cc-\(trace)-\(span)-01what", "cc-\(trace)-\(span)-0",
    ]

    /// Gives what it is told, and then what grows from it.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            return self.state
        }
    }

    @Test func `what is valid is read, and written as it was`() throws {
        let context = try #require(TraceContext(traceparent: Self.parent))
        #expect(context.traceID.description == Self.trace && context.spanID.description == Self.span)
        #expect(context.isSampled && context.flags == 1 && context.state == nil)
        #expect(context.traceparent == Self.parent)
        let idle = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-00"))
        #expect(!idle.isSampled && idle.traceparent.hasSuffix("-00"))
    }

    @Test(arguments: Self.invalid)
    func `what breaks a rule is not read`(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test(arguments: [
        "cc-\(Self.trace)-\(Self.span)-01", "cc-\(Self.trace)-\(Self.span)-01-what-the-future-is",
        "01-\(Self.trace)-\(Self.span)-01-",
    ])
    func `a later version is read as far as it is known, and written as the first`(text: String) {
        #expect(TraceContext(traceparent: text)?.traceparent == Self.parent)
    }

    @Test func `flags that nobody knows are not handed on`() {
        #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-ff")?.flags == 3)
        #expect(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-fc")?.traceparent.hasSuffix("-00") == true)
    }

    @Test func `a state that cannot be read does not break the trace`() {
        #expect(TraceContext(traceparent: Self.parent, tracestate: "a=1")?.state?.description == "a=1")
        let context = TraceContext(traceparent: Self.parent, tracestate: "A=1")
        #expect(context != nil && context?.state == nil)
    }

    @Test func `a root is of a trace of its own, and a child of its parent's`() throws {
        var numbers = Numbers(state: 7)
        let root = TraceContext.makeRoot(using: &numbers)
        var same = Numbers(state: 7)
        #expect(TraceContext.makeRoot(using: &same) == root)
        #expect(root.isSampled && root != TraceContext.makeRoot(using: &numbers))
        #expect(TraceContext(traceparent: root.traceparent) == root)
        let parent = try #require(TraceContext(traceparent: "00-\(Self.trace)-\(Self.span)-00", tracestate: "a=1"))
        let child = parent.child(using: &numbers)
        #expect(child.traceID == parent.traceID && child.spanID != parent.spanID)
        #expect(child.flags == 0 && child.state == parent.state)
        #expect(parent.child() != parent.child() && TraceContext.makeRoot() != TraceContext.makeRoot())
    }

    @Test func `which traces are recorded that begin here is said once, for a task and those that it begins`() async {
        #expect(TraceContext.makeRoot().isSampled && TraceCarrier.makeRoot().context.isSampled)
        let odd = TraceRoots { $0.low % 2 == 1 }
        await TraceRoots.$current.withValue(odd) {
            for _ in 0..<100 {
                let root = TraceContext.makeRoot()
                #expect(root.isSampled == (root.traceID.low % 2 == 1))
                // Whatever is below it follows it.
                #expect(root.child().isSampled == root.isSampled)
            }
            let other = await Task { TraceCarrier.makeRoot().context }.value
            #expect(other.isSampled == odd.records(other.traceID))
        }
        #expect(TraceContext.makeRoot().isSampled)
    }

    @Test func `the bytes hold all but the state`() throws {
        let context = try #require(TraceContext(traceparent: Self.parent, tracestate: "a=1"))
        #expect(context.bytes.count == 25 && context.bytes.first == 0x0A && context.bytes.last == 1)
        #expect(TraceContext(bytes: context.bytes, state: context.state) == context)
        #expect(TraceContext(bytes: context.bytes)?.traceparent == Self.parent)
        for bytes in [[], Array(context.bytes.dropLast()), context.bytes + [0], Array(repeating: 0, count: 25)] {
            #expect(TraceContext(bytes: bytes) == nil)
        }
    }

    @Test func `a carrier is there when its trace is, whatever else came`() {
        let full = TraceCarrier(traceparent: Self.parent, tracestate: "a=1", baggage: "k=v")
        #expect(full?.baggage?.description == "k=v" && full?.context.state?.description == "a=1")
        let bare = TraceCarrier(traceparent: Self.parent, tracestate: "=", baggage: "=")
        #expect(bare?.traceID.description == Self.trace && bare?.baggage == nil && bare?.context.state == nil)
        #expect(TraceCarrier(traceparent: nil, tracestate: "a=1", baggage: "k=v") == nil)
        #expect(TraceCarrier(traceparent: "x", tracestate: "a=1", baggage: "k=v") == nil)
    }
}
