import CasareDomain
import CasareTelemetry
import Instrumentation
import Testing
import Tracing

@testable import CasareEngine
@testable import CasareRobot

/// The spans of the nodes of a run.
struct RunSpansTests {
    private let collector = RobotCollector()

    private static func visit(
        _ number: Int, _ node: String, within structures: [String] = [], isReplayed: Bool = false,
        isBypassed: Bool = false
    ) -> NodeVisit {
        NodeVisit(
            number: number, node: node, nodeType: "\(node)Node", name: nil, workflow: "w", inputs: [:],
            isBypassed: isBypassed, attempt: 1,
            enclosing: structures.map { EnclosingStructure(kind: .loop, node: $0, workflow: "w", count: 1) },
            isReplayed: isReplayed)
    }

    private static func end(_ number: Int, _ node: String, error: String? = nil, type: String? = nil) -> NodeVisitEnd {
        NodeVisitEnd(
            number: number, node: node, nodeType: "\(node)Node", outputs: [:], error: error, errorType: type, port: nil)
    }

    /// Gives `body` the observer of a run, and ends the run.
    private func run(_ body: (RunObserver, RunSpans) -> Void) {
        let span = self.collector.tracer.startSpan("run", context: .topLevel, ofKind: .internal)
        let spans = RunSpans(self.collector.tracer, failuresTo: nil, below: span.context)
        body(spans.observer, spans)
        spans.end(on: span)
        span.end()
    }

    @Test func `a node is below the structure around it, and what has none here below the run`() throws {
        self.run { observer, spans in
            observer.nodeStarted(Self.visit(0, "Loop"))
            observer.nodeStarted(Self.visit(1, "Inner", within: ["Loop"]))
            observer.nodeFinished(Self.end(1, "Inner"))
            observer.nodeStarted(Self.visit(2, "Other", within: ["Former"]))
            observer.nodeFinished(Self.end(2, "Other", error: "no", type: "ValueError"))
            observer.nodeFinished(Self.end(0, "Loop"))
            #expect(spans.context(of: "Unknown", in: "w").trace != nil)
            observer.runEnded?(3)
        }
        let (run, loop) = (try self.collector.span("run"), try self.collector.span("LoopNode"))
        #expect(loop.parent == run.context.spanID)
        #expect(try self.collector.span("InnerNode").parent == loop.context.spanID)
        let other = try self.collector.span("OtherNode")
        #expect(other.parent == run.context.spanID && other.status == .error(message: nil))
        #expect(other.attributes["error.type"] == "ValueError" && other.attributes["casare.node.result"] == "failed")
        #expect(run.attributes["casare.run.node_executions"] == .int(3))
    }

    @Test func `what is known from the journal is counted and has no span, and what is passed by neither`() throws {
        self.run { observer, _ in
            observer.nodeStarted(Self.visit(0, "Known", isReplayed: true))
            observer.nodeFinished(Self.end(0, "Known"))
            observer.nodeStarted(Self.visit(1, "Disabled", isBypassed: true))
        }
        #expect(self.collector.spans.map(\.name) == ["run"])
        let run = try self.collector.span("run")
        #expect(run.attributes["casare.run.nodes_replayed"] == .int(1))
    }

    @Test(arguments: [RunSpans.spansMax - 1, RunSpans.spansMax, RunSpans.spansMax + 1])
    func `a run has no more spans of nodes than fit, and says so when it has come to that`(count: Int) throws {
        self.run { observer, _ in
            for number in 0..<count {
                observer.nodeStarted(Self.visit(number, "Step"))
                observer.nodeFinished(Self.end(number, "Step"))
                #expect(observer.hasSeenEnough?() == (number + 1 >= RunSpans.spansMax))
            }
        }
        #expect(self.collector.spans.count == min(count, RunSpans.spansMax) + 1)
        let isCutOff = try self.collector.span("run").attributes["casare.run.is_cut_off"]
        #expect(isCutOff == (count >= RunSpans.spansMax ? .bool(true) : nil))
    }

    @Test func `what a node says when its run is cancelled is no failure`() async throws {
        let sink = LogSink()
        sink.connect { _ in Issue.record("A failure was told") }
        let task = Task {
            let span = self.collector.tracer.startSpan("run", context: .topLevel, ofKind: .internal)
            let spans = RunSpans(self.collector.tracer, failuresTo: sink, below: span.context)
            spans.observer.nodeStarted(Self.visit(0, "Cut"))
            withUnsafeCurrentTask { task in task?.cancel() }
            spans.observer.nodeFinished(Self.end(0, "Cut", error: "closed", type: "NetworkError"))
            spans.end(on: span)
        }
        await task.value
        let cut = try self.collector.span("CutNode")
        #expect(cut.attributes["casare.node.result"] == "cancelled" && cut.status == .unset)
        #expect(cut.attributes["error.type"] == nil)
    }

    @Test func `what is still open ends with the run`() throws {
        self.run { observer, _ in observer.nodeStarted(Self.visit(0, "Slow")) }
        #expect(try self.collector.span("SlowNode").attributes["casare.node.result"] == "cancelled")
    }
}
