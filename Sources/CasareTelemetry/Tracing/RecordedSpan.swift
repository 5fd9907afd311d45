import CasareDomain
import Synchronization
import Tracing

/// The record of a piece of work, until it ends.
///
/// Attributes stay as they came until then, because callers read, change and write all of them at a time.
final class RecordedSpan: Sendable {
    private struct State {
        var name: String
        var attributes = SpanAttributes.empty
        var attributesDropped = 0
        var events: [FinishedSpan.Event] = []
        var eventsDropped = 0
        var links: [FinishedSpan.Link] = []
        var linksDropped = 0
        var status = FinishedSpan.Status.unset
        var hasEnded = false
    }

    let kind: FinishedSpan.Kind
    let place: TraceContext
    /// `nil` for the first of a trace.
    let parent: SpanID?
    let isParentRemote: Bool
    /// Nanoseconds of Unix time.
    let startedAt: UInt64
    let local: LocalTrace
    let tracer: TelemetryTracer
    private let state: Mutex<State>

    init(
        _ name: String, _ kind: FinishedSpan.Kind, at place: TraceContext, below parent: SpanID?,
        isParentRemote: Bool, since startedAt: UInt64, local: LocalTrace, tracer: TelemetryTracer
    ) {
        self.kind = kind
        self.place = place
        self.parent = parent
        self.isParentRemote = isParentRemote
        self.startedAt = startedAt
        self.local = local
        self.tracer = tracer
        self.state = Mutex(State(name: name))
    }

    var isRecording: Bool { !self.state.withLock(\.hasEnded) }
    var name: String { self.state.withLock(\.name) }
    var attributes: SpanAttributes { self.state.withLock(\.attributes) }

    // MARK: - What is recorded

    func rename(_ name: String) { self.change { $0.name = name } }

    func set(_ attributes: SpanAttributes) {
        let countMax = self.tracer.limits.attributes.count
        self.change { state in
            guard attributes.count > countMax else {
                state.attributes = attributes
                return
            }
            let kept = attributes.limited(to: countMax, keeping: state.attributes)
            state.attributesDropped += attributes.count - kept.count
            state.attributes = kept
        }
    }

    func set(_ status: SpanStatus) { self.change { $0.status.become(status) } }

    func add(_ event: SpanEvent) {
        let limits = self.tracer.limits
        let (attributes, dropped) = event.attributes.values(
            countMax: limits.attributesOfEvent, lengthMax: limits.attributes.valueLength)
        let event = FinishedSpan.Event(
            name: event.name, at: self.local.time(of: event.nanosecondsSinceEpoch), attributes: attributes,
            attributesDropped: dropped)
        self.change { state in
            if state.events.count < limits.events { state.events.append(event) } else { state.eventsDropped += 1 }
        }
    }

    func add(_ link: SpanLink) {
        guard let there = link.context.tracePlace, let context = there.context else { return }
        let limits = self.tracer.limits
        let (attributes, dropped) = link.attributes.values(
            countMax: limits.attributesOfLink, lengthMax: limits.attributes.valueLength)
        let link = FinishedSpan.Link(
            context: context, isRemote: there.isRemote, attributes: attributes, attributesDropped: dropped)
        self.change { state in
            if state.links.count < limits.links { state.links.append(link) } else { state.linksDropped += 1 }
        }
    }

    /// - Parameter at: Nanoseconds of Unix time.
    func failed(_ error: any Error, _ attributes: SpanAttributes, at time: UInt64) {
        let type = error.telemetryType
        let isHeard = self.change { state in
            state.status.become(SpanStatus(code: .error))
            guard state.status != .ok, state.attributes.get(SpanAttributes.errorType) == nil else { return }
            if state.attributes.count < self.tracer.limits.attributes.count {
                state.attributes.set(SpanAttributes.errorType, value: .string(type))
            } else {
                state.attributesDropped += 1
            }
        }
        if isHeard { self.tell(of: error, attributes, at: time) }
    }

    /// - Returns: whether it was not too late.
    @discardableResult
    private func change(_ body: (inout State) -> Void) -> Bool {
        self.state.withLock { state in
            guard !state.hasEnded else { return false }
            body(&state)
            return true
        }
    }

    // MARK: - Its end

    /// - Parameter at: Nanoseconds of Unix time.
    func end(at time: UInt64) {
        let last = self.state.withLock { state -> State? in
            guard !state.hasEnded else { return nil }
            defer {
                // A context may be kept for long after its span: what was recorded is not kept with it.
                state = State(name: state.name, hasEnded: true)
            }
            return state
        }
        guard let last, !self.tracer.intake.dropsNext() else { return }
        let limits = self.tracer.limits.attributes
        let (attributes, dropped) = last.attributes.values(countMax: limits.count, lengthMax: limits.valueLength)
        self.tracer.onEnd(
            FinishedSpan(
                name: last.name, kind: self.kind, context: self.place, parent: self.parent,
                isParentRemote: self.isParentRemote, startedAt: self.startedAt,
                endedAt: max(self.startedAt, self.local.time(of: time)), attributes: attributes,
                attributesDropped: last.attributesDropped + dropped, events: last.events,
                eventsDropped: last.eventsDropped, links: last.links, linksDropped: last.linksDropped,
                status: last.status))
    }
}

extension FinishedSpan.Status {
    /// As OpenTelemetry has it: who says `ok` has looked at it, and what fails then does not matter.
    fileprivate mutating func become(_ status: SpanStatus) {
        switch (self, status.code) {
        case (.ok, _): break
        case (_, .ok): self = .ok
        case (.error(let known), .error): self = .error(message: status.message?.shortened(to: nil) ?? known)
        case (.unset, .error): self = .error(message: status.message?.shortened(to: nil))
        }
    }
}
