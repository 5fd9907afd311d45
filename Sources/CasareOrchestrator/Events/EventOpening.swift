import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

/// Which events somebody asks for, and where reading begins, checked and looked up.
struct EventOpening: Sendable {
    let tenant: Tenant.ID
    let filter: EventFilter
    let start: EventCursor
    /// Up to this event all were there when this was looked up, and it was the last.
    let horizon: EventCursor
    /// Of the stream of one job: it ends with the job.
    let endingJob: Job.ID?
    /// Of such a stream, which has to see the job's end: what of it is sent. Empty: all.
    let kindsSent: Set<String>
    /// The job had ended before: nothing is to be waited for.
    let jobHasEnded: Bool

    /// Where somebody wants to begin.
    private enum Beginning: Sendable {
        case now
        case after(EventCursor)
        case since(Date)
    }

    static let filterParameters: [Route.QueryParameter] = [
        .text(
            "kind",
            "Only events of this kind, or of these, with commas between: "
                + EventKind.allCases.map(\.rawValue).joined(separator: ", ") + "."),
        .text("workflow", "Only of jobs of this workflow, by name or ID."),
        .text("environment", "Only of jobs for this environment."),
        .text("secret", "Only of this secret, by name."),
    ]

    static let placeParameters: [Route.QueryParameter] = [
        .text(
            "cursor",
            "Only events after this place: the cursor of an event, or the `next_cursor` of a page; `start` is before all "
                + "events that are kept, `now` after those that have happened."),
        .time("since", "Begin with the first event at this time or later; not together with `cursor`."),
    ]

    /// Of `GET /api/v1/events` and `/ws/events`, which begin now if nothing else is said.
    ///
    /// - Throws: `APIProblem`, and what the database throws.
    init(ofTenant request: APIRequest) async throws {
        var job: Job.ID?
        if let text = request.query["job"], !text.isEmpty {
            job = Job.ID(text)
            guard job != nil else {
                throw APIProblem.invalidInput(
                    "job", "\"\(text.prefix(64))\" is not the ID of a job, which is a UUID")
            }
        }
        try await self.init(request, job: job, standard: .now, endsWithJob: false)
    }

    /// Of `/ws/jobs/{id}`, which begins with the job.
    init(ofJob request: APIRequest) async throws {
        try await self.init(request, job: try request.jobID(), standard: .after(.start), endsWithJob: true)
    }

    private init(
        _ request: APIRequest, job: Job.ID?, standard: Beginning, endsWithJob: Bool
    ) async throws {
        let beginning = try Self.beginning(of: request) ?? standard
        let kinds = try Self.kinds(of: request)
        var filter = EventFilter(kinds: endsWithJob ? [] : kinds, job: job)
        if let text = request.query["environment"], !text.isEmpty { filter.environment = text }
        if let text = request.query["secret"], !text.isEmpty { filter.secret = text }
        // Names of secrets are for who may see which there are; others are not told of them, and who asks is told why.
        if filter.secret != nil || kinds.contains(where: { EventKind(rawValue: $0)?.subject != .job }) {
            try request.require(.credentialRead)
        }
        filter.hidesSecrets = !request.principal.may(.credentialRead)
        let asked = filter
        let workflow = request.query["workflow"] ?? ""
        (self.filter, self.start, self.horizon, self.jobHasEnded) = try await request.inTenant { connection in
            var filter = asked
            if !workflow.isEmpty {
                guard let known = try WorkflowStore.get(idOrName: workflow, on: connection) else {
                    throw StoreError.notFound(.workflow, workflow)
                }
                filter.workflow = known.name
            }
            // Before the look: of a job that has ended by then all events are to be told.
            var hasEnded = false
            if let job {
                guard let status = try JobStore.statuses(of: [job], on: connection)[job] else {
                    throw StoreError.notFound(.job, job.description)
                }
                hasEnded = status.isTerminal
            }
            let look = try EventFeed.look(on: connection)
            var horizon = EventHorizon()
            horizon.looked(look)
            let reached = try EventFeed.reached(horizon.final, on: connection)
            let start: EventCursor
            switch beginning {
            case .now:
                start = reached
            case .after(let cursor):
                guard cursor <= look.last else { throw APIRequest.unknownCursor }
                start = cursor
            case .since(let date):
                start = try EventFeed.cursor(since: date, through: reached, on: connection)
            }
            return (filter, start, reached, hasEnded)
        }
        self.tenant = request.principal.tenant
        self.endingJob = endsWithJob ? job : nil
        self.kindsSent = endsWithJob ? kinds : []
    }

    private static func beginning(of request: APIRequest) throws(APIProblem) -> Beginning? {
        let since = try request.time("since")
        guard let text = request.query["cursor"], !text.isEmpty else { return since.map(Beginning.since) }
        guard since == nil else {
            throw .invalidInput("since", "is given together with cursor; leave one of the two out")
        }
        switch EventStart(rawValue: text) {
        case .now: return .now
        case .start: return .after(.start)
        case nil:
            guard let cursor = EventCursor(text) else { throw APIRequest.unknownCursor }
            return .after(cursor)
        }
    }

    private static func kinds(of request: APIRequest) throws(APIProblem) -> Set<String> {
        var kinds: Set<String> = []
        for name in (request.query["kind"] ?? "").split(separator: ",").map(String.init) {
            guard EventKind(rawValue: name) != nil else {
                let known = EventKind.allCases.map(\.rawValue)
                let advice = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? "."
                let list = known.joined(separator: ", ")
                throw .invalidInput(
                    "kind", "there is no kind of event \"\(name.prefix(64))\"\(advice) There are \(list)")
            }
            kinds.insert(name)
        }
        return kinds
    }
}

extension EventInfo {
    init(_ event: StoredEvent) {
        let job = event.job
        self.init(
            cursor: event.cursor.description, at: event.at, kind: event.kind, job: job?.id, workflow: job?.workflow,
            workflowVersion: job?.workflowVersion, environment: job?.environment, secret: event.secret,
            detail: event.detail.isEmpty ? nil : JobHistory.shown(event.detail))
    }
}
