import CasareDomain
package import OTLPProtos

extension OTLPValidator {
    struct SpanPlace: Hashable {
        let traceID: String
        let spanID: String
    }

    /// Judges a request, all but what spans are to each other: see `violationsOfParents`.
    ///
    /// - Returns: what came.
    package mutating func take(
        _ request: Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest
    ) -> [OTLPReceiver.Span] {
        var taken: [OTLPReceiver.Span] = []
        self.checkParts(request.resourceSpans.map(\.scopeSpans.count).reduce(0, +), in: .traces)
        for group in request.resourceSpans {
            for part in group.scopeSpans {
                let origin = OTLPReceiver.Origin(group.resource, part.scope)
                self.check(group.resource, part.scope, of: origin, in: .traces)
                self.checkItems(part.spans.count, in: .traces, from: origin)
                for raw in part.spans {
                    let span = OTLPReceiver.Span(raw, origin)
                    self.check(span, raw)
                    taken.append(span)
                }
            }
        }
        return taken
    }

    private mutating func check(_ span: OTLPReceiver.Span, _ raw: Opentelemetry_Proto_Trace_V1_Span) {
        let subject = Subject(
            signal: .traces, origin: span.origin, name: span.name.isEmpty ? span.spanID : span.name)
        self.checkCanaries(raw, subject)
        self.checkAttributes(raw, subject)
        self.checkIDs(span, subject)
        self.checkName(span, subject)
        self.checkTime(span.startedAt, "the start", subject)
        self.checkTime(span.endedAt, "the end", subject)
        if span.endedAt < span.startedAt {
            self.report(.spanEnd, subject, "it ends \(span.startedAt - span.endedAt) ns before it begins")
        }
        self.checkStatus(span, subject)
        for event in span.events {
            if event.name.isEmpty || event.at == 0 {
                self.report(.event, subject, "the event '\(event.name)' at \(event.at)")
            }
            if event.name == "exception" {
                self.report(.exceptionEvent, subject, "an exception is no event but a log record")
            }
        }
        for link in span.links
        where !Self.isValid(link.traceID, bytes: 16) || !Self.isValid(link.spanID, bytes: 8) {
            self.report(.link, subject, "a link to '\(link.traceID)', '\(link.spanID)'")
        }
        self.remember(span, subject)
    }

    private mutating func checkAttributes(_ raw: Opentelemetry_Proto_Trace_V1_Span, _ subject: Subject) {
        self.checkKeys(raw.attributes, subject)
        self.checkCount(raw.attributes.count, "attributes", subject)
        self.checkCount(raw.events.count, "events", subject)
        self.checkCount(raw.links.count, "links", subject)
        for attributes in raw.events.map(\.attributes) + raw.links.map(\.attributes) {
            self.checkKeys(attributes, subject)
            self.checkCount(attributes.count, "attributes of an event or link", subject)
        }
    }

    private mutating func checkIDs(_ span: OTLPReceiver.Span, _ subject: Subject) {
        if !Self.isValid(span.traceID, bytes: 16) { self.report(.traceID, subject, "'\(span.traceID)'") }
        if !Self.isValid(span.spanID, bytes: 8) { self.report(.spanID, subject, "'\(span.spanID)'") }
        if !span.parentID.isEmpty, !Self.isValid(span.parentID, bytes: 8) || span.parentID == span.spanID {
            self.report(.parentID, subject, "'\(span.parentID)'")
        }
    }

    private mutating func checkName(_ span: OTLPReceiver.Span, _ subject: Subject) {
        if span.name.isEmpty { self.report(.spanName, subject, "it has no name") }
        if Self.namesOneOfMany(span.name) {
            self.report(.spanNameIdentifier, subject, "the name looks as if many spans had one each")
        }
        switch span.kind {
        case .unspecified, nil: self.report(.spanKind, subject, "it has no kind")
        case .internal, .server, .client, .producer, .consumer: break
        }
        guard let operation = span.attributes["messaging.operation.type"]?.string, let kind = span.kind,
            kind != .unspecified, let kinds = Self.messagingKinds[operation], !kinds.contains(kind)
        else { return }
        self.report(.messagingKind, subject, "'\(operation)' is of kind \(kind)")
    }

    private static let messagingKinds: [String: Set<OTLPReceiver.Span.Kind>] = [
        "create": [.producer], "send": [.producer, .client], "receive": [.client], "process": [.consumer],
        "settle": [.client],
    ]

    private mutating func checkStatus(_ span: OTLPReceiver.Span, _ subject: Subject) {
        if span.status == nil || !span.statusMessage.isEmpty && span.status != .error {
            self.report(.status, subject, "the message '\(span.statusMessage)' without an error")
        }
        if (span.status == .error) != (span.attributes["error.type"] != nil) {
            self.report(.errorType, subject, "error.type and the status do not say the same")
        }
    }

    private mutating func remember(_ span: OTLPReceiver.Span, _ subject: Subject) {
        let place = SpanPlace(traceID: span.traceID, spanID: span.spanID)
        if self.spans.updateValue(span, forKey: place) != nil {
            self.report(.duplicateSpan, subject, "\(span.spanID) of \(span.traceID)")
        }
        self.tracesBySpan[span.spanID, default: []].insert(span.traceID)
    }
}
