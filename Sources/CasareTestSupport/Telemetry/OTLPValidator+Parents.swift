extension OTLPValidator {
    /// What is wrong with spans as parents of others, among all that have come. Ask when the program has sent the last
    /// of them: spans arrive before their parents.
    package var violationsOfParents: [OTLPViolation] {
        // Of a copy, so that asking twice finds the same.
        var judged = self
        let known = self.violations.count
        for (place, span) in self.spans where !span.parentID.isEmpty && span.parentID != span.spanID {
            judged.checkParent(of: span, at: place)
        }
        return judged.violations.dropFirst(known).sorted { $0.description < $1.description }
    }

    private mutating func checkParent(of span: OTLPReceiver.Span, at place: SpanPlace) {
        let subject = Subject(signal: .traces, origin: span.origin, name: span.name)
        guard let parent = self.spans[SpanPlace(traceID: span.traceID, spanID: span.parentID)] else {
            if let traces = self.tracesBySpan[span.parentID] {
                self.report(
                    .parentTrace, subject, "its parent \(span.parentID) is in \(traces.sorted()), not \(span.traceID)")
            } else if span.isParentLocal {
                self.report(.localParent, subject, "its parent \(span.parentID) never came")
            }
            // Another process may send nothing.
            return
        }
        let isSameProcess =
            parent.origin.service == span.origin.service && parent.origin.instance == span.origin.instance
        if isSameProcess, span.startedAt < parent.startedAt {
            self.report(.parentStart, subject, "it begins \(parent.startedAt - span.startedAt) ns before its parent")
        }
        self.checkCycle(from: place, subject)
    }

    private mutating func checkCycle(from place: SpanPlace, _ subject: Subject) {
        var seen: Set<String> = []
        var current = place.spanID
        while !current.isEmpty {
            guard seen.insert(current).inserted else {
                self.report(.parentCycle, subject, "\(current) is above itself")
                return
            }
            current = self.spans[SpanPlace(traceID: place.traceID, spanID: current)]?.parentID ?? ""
        }
    }
}
