public import CasareDomain
public import CasareWire

extension CasareClient {
    /// A page of what happened, in the order of the events' numbers. Its `nextCursor` is where to go on, also when there
    /// is nothing in it.
    ///
    /// - Parameter waiting: for there to be an event; up to 30 s.
    public func events(
        _ query: EventQuery = EventQuery(), limit: Int? = nil, waiting: Duration = .zero
    ) async throws(ClientError) -> EventPage {
        try await self.get(
            "\(Self.apiPath)/events",
            query.items + [
                ("limit", limit.map(String.init)),
                ("wait_seconds", waiting > .zero ? String(waiting.fractionalSeconds) : nil),
            ], waiting: waiting)
    }

    /// What happens from the query's place on, without end, over a WebSocket. Nothing is sent before the first element
    /// is asked for.
    public func openEvents(_ query: EventQuery = EventQuery()) -> EventStream {
        EventStream(self.transport, path: "/ws/events", query)
    }

    /// What happens to one job, from its first event on if the query has no other place. It ends with the job.
    ///
    /// - Parameter query: its kinds and its place count, and nothing else.
    public func openEvents(of job: Job.ID, _ query: EventQuery = EventQuery()) -> EventStream {
        EventStream(
            self.transport, path: "/ws/jobs/\(job)",
            EventQuery(kinds: query.kinds, cursor: query.cursor, since: query.since))
    }
}

extension EventQuery {
    var items: [(name: String, value: String?)] {
        [
            ("kind", self.kinds.isEmpty ? nil : self.kinds.map(\.rawValue).sorted().joined(separator: ",")),
            ("workflow", self.workflow), ("job", self.job?.description), ("environment", self.environment),
            ("secret", self.secret), ("cursor", self.cursor), ("since", self.since.map(Timestamp.text)),
        ]
    }
}
