import CasareDomain
import CasareEngine
import CasareTelemetry
import Instrumentation
import Synchronization
import Tracing

/// The spans of the nodes of one run, and what they fail with, which is told also of a run that is not recorded.
///
/// Only so many nodes have one: a loop over a large list would fill every queue on the way to where traces are kept.
/// From then on the run goes on unwatched: its span counts what was executed, and what later nodes do outside is below
/// that.
final class RunSpans: Sendable {
    static let spansMax = 1000

    private struct State {
        /// By visit.
        var open: [Int: any Span] = [:]
        /// By node: what runs inside it, and what it does, is below its last span.
        var contexts: [Place: ServiceContext] = [:]
        var begun = 0
        var replayed = 0
        var executions = 0
    }

    private struct Place: Hashable {
        let workflow: String
        let node: String
    }

    private let tracer: any Tracer
    private let sink: LogSink?
    private let run: ServiceContext
    private let state = Mutex(State())

    /// - Parameters:
    ///   - sink: takes what nodes fail with.
    ///   - run: the context of the run's span.
    init(_ tracer: any Tracer, failuresTo sink: LogSink?, below run: ServiceContext) {
        self.tracer = tracer
        self.sink = sink
        self.run = run
    }

    var observer: RunObserver {
        RunObserver(
            seesValues: false, hasSeenEnough: { self.state.withLock { $0.begun >= Self.spansMax } },
            nodeStarted: { self.started($0) }, nodeFinished: { self.finished($0) },
            runEnded: { executions in self.state.withLock { $0.executions = executions } })
    }

    private func started(_ visit: NodeVisit) {
        guard !visit.isPass, !visit.isBypassed else { return }
        let parent = self.state.withLock { state -> ServiceContext? in
            if visit.isReplayed {
                state.replayed += 1
                return nil
            }
            guard state.begun < Self.spansMax else { return nil }
            state.begun += 1
            // Structures that were entered in an earlier attempt have no span here.
            for structure in visit.enclosing.reversed() {
                let place = Place(workflow: structure.workflow, node: structure.node)
                if let context = state.contexts[place] { return context }
            }
            return self.run
        }
        guard let parent else { return }
        let span = self.tracer.startSpan(visit.nodeType, context: parent, ofKind: .internal)
        if span.isRecording {
            span.updateAttributes { attributes in
                attributes["casare.node.id"] = visit.node
                attributes["casare.node.type"] = visit.nodeType
                if let name = visit.name { attributes["casare.node.name"] = name }
                attributes["casare.node.attempt"] = visit.attempt
                if let effect = visit.effect { attributes["casare.node.effect"] = effect.rawValue }
            }
        }
        self.state.withLock { state in
            // Also of one that is not recorded: its failure is told all the same.
            state.open[visit.number] = span
            state.contexts[Place(workflow: visit.workflow, node: visit.node)] = span.context
        }
    }

    private func finished(_ end: NodeVisitEnd) {
        guard let span = self.state.withLock({ $0.open.removeValue(forKey: end.number) }) else { return }
        // What a node says of how it was cut off with its run is no failure.
        let isCutOff = end.error != nil && Task.isCancelled
        if span.isRecording {
            let result = isCutOff ? "cancelled" : end.error == nil ? "completed" : "failed"
            span.attributes["casare.node.result"] = result
        }
        if let error = end.error, !isCutOff {
            let type = StepErrorType.of(end.errorType)
            if span.isRecording {
                span.attributes["error.type"] = type
                span.setStatus(SpanStatus(code: .error))
            }
            // Whether the workflow deals with it shows the run's end.
            var record = ExceptionRecord(
                .node, type: type, message: error, .handled,
                attributes: ["casare.node.id": .string(end.node), .nodeType: .string(end.nodeType)],
                scope: "casare.robot")
            record.context = span.context.trace?.context
            self.sink?.send(record)
        }
        span.end()
    }

    /// Where what the node does belongs.
    func context(of node: String, in workflow: String) -> ServiceContext {
        self.state.withLock { $0.contexts[Place(workflow: workflow, node: node)] } ?? self.run
    }

    /// The run is over: what is still open ends, as a wait that goes on elsewhere, or by a lease that was lost.
    func end(on span: any Span) {
        let (left, replayed, begun, executions) = self.state.withLock { state in
            defer { state.open = [:] }
            return (Array(state.open.values), state.replayed, state.begun, state.executions)
        }
        for open in left {
            open.attributes["casare.node.result"] = "cancelled"
            open.end()
        }
        span.updateAttributes { attributes in
            attributes["casare.run.node_executions"] = executions
            if replayed > 0 { attributes["casare.run.nodes_replayed"] = replayed }
            // What follows has no spans.
            if begun >= Self.spansMax { attributes["casare.run.is_cut_off"] = true }
        }
    }
}
