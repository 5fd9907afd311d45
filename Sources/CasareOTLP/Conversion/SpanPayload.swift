import CasareDomain
import CasareTelemetry
import GRPCCore
import OTLPProtos

/// Spans as OTLP has them.
struct SpanPayload: OTLPPayload {
    let origin: OTLPOrigin

    static let signal = Signal.traces
    static let method = ProtoTraceService.Method.Export.descriptor
    static let componentType = "otlp_grpc_span_exporter"
    static let instrument = Instrument.exportedSpans

    func pieces(of items: [FinishedSpan]) -> [FinishedSpan] { items }

    func request(of pieces: ArraySlice<FinishedSpan>) -> ProtoTraceRequest {
        var scope = ProtoScopeSpans()
        scope.scope = self.origin.scope
        scope.spans = pieces.map { ProtoSpan($0) }
        scope.schemaURL = OTLPOrigin.schemaURL
        var resource = ProtoResourceSpans()
        resource.resource = self.origin.resource
        resource.scopeSpans = [scope]
        resource.schemaURL = OTLPOrigin.schemaURL
        var request = ProtoTraceRequest()
        request.resourceSpans = [resource]
        return request
    }

    static func partialSuccess(in response: ProtoTraceResponse) -> PartialSuccess? {
        guard response.hasPartialSuccess else { return nil }
        return PartialSuccess(
            rejected: response.partialSuccess.rejectedSpans, message: response.partialSuccess.errorMessage)
    }
}

extension ProtoSpan {
    /// OTLP, `SpanFlags`: that it is known whether the parent, or what is linked to, is in another process; and that
    /// it is.
    static let hasRemoteFlag: UInt32 = 0x100
    static let remoteFlag: UInt32 = 0x200

    init(_ span: FinishedSpan) {
        self.init()
        self.traceID = span.context.traceBytes
        self.spanID = span.context.spanBytes
        self.traceState = span.context.state?.description ?? ""
        if let parent = span.parent { self.parentSpanID = parent.data }
        self.flags = span.context.flagBits | Self.remoteFlags(span.isParentRemote)
        self.name = span.name
        self.kind = SpanKind(span.kind)
        self.startTimeUnixNano = span.startedAt
        self.endTimeUnixNano = span.endedAt
        self.attributes = ProtoKeyValue.list(span.attributes)
        self.droppedAttributesCount = UInt32(clamping: span.attributesDropped)
        self.events = span.events.map { Event($0) }
        self.droppedEventsCount = UInt32(clamping: span.eventsDropped)
        self.links = span.links.map { Link($0) }
        self.droppedLinksCount = UInt32(clamping: span.linksDropped)
        self.status = ProtoSpanStatus(span.status)
    }

    fileprivate static func remoteFlags(_ isRemote: Bool) -> UInt32 {
        isRemote ? Self.hasRemoteFlag | Self.remoteFlag : Self.hasRemoteFlag
    }
}

extension ProtoSpan.SpanKind {
    init(_ kind: FinishedSpan.Kind) {
        switch kind {
        case .server: self = .server
        case .client: self = .client
        case .producer: self = .producer
        case .consumer: self = .consumer
        case .internal: self = .internal
        }
    }
}

extension ProtoSpan.Event {
    init(_ event: FinishedSpan.Event) {
        self.init()
        self.name = event.name
        self.timeUnixNano = event.at
        self.attributes = ProtoKeyValue.list(event.attributes)
        self.droppedAttributesCount = UInt32(clamping: event.attributesDropped)
    }
}

extension ProtoSpan.Link {
    init(_ link: FinishedSpan.Link) {
        self.init()
        self.traceID = link.context.traceBytes
        self.spanID = link.context.spanBytes
        self.traceState = link.context.state?.description ?? ""
        self.flags = link.context.flagBits | ProtoSpan.remoteFlags(link.isRemote)
        self.attributes = ProtoKeyValue.list(link.attributes)
        self.droppedAttributesCount = UInt32(clamping: link.attributesDropped)
    }
}

extension ProtoSpanStatus {
    /// The message is for errors alone.
    init(_ status: FinishedSpan.Status) {
        self.init()
        switch status {
        case .unset: self.code = .unset
        case .ok: self.code = .ok
        case .error(let message):
            self.code = .error
            self.message = message ?? ""
        }
    }
}
