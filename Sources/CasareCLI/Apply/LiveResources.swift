import CasareClient
import CasareDomain
import CasareWire

/// What a server has of the things that files describe.
struct LiveResources {
    /// Pages that are asked for at once are as large as they may be.
    private static let pageLimit = PageLimit.range.upperBound

    let client: CasareClient

    init(_ client: CasareClient) { self.client = client }

    // MARK: One thing

    /// `nil`: it is not there.
    func resource(_ key: AppliedResource.Key) async throws -> LiveResource? {
        do {
            return try await self.existing(key)
        } catch let error as ClientError {
            if case .api(let problem) = error, problem.code == .notFound { return nil }
            throw error
        }
    }

    private func existing(_ key: AppliedResource.Key) async throws -> LiveResource {
        switch key.kind {
        case .workflow:
            let newest = try await self.client.workflow(key.name)
            let version = try await self.client.workflowVersion(newest.latestVersion, of: key.name)
            return LiveResource(key: key, json: version.document?.object ?? [:])
        case .calendar:
            return LiveResource(key: key, json: try await self.client.calendar(key.name).spec.json.object ?? [:])
        case .queue:
            let queue = try await self.client.queue(key.name).queue
            return LiveResource(key: key, json: QueueDescription(QueueLimits(queue.limits)).json)
        case .schedule: return try Self.live(try await self.client.schedule(key.name))
        case .trigger: return Self.live(try await self.client.trigger(key.name))
        }
    }

    static func live(_ schedule: ScheduleInfo) throws -> LiveResource {
        LiveResource(
            key: AppliedResource.Key(.schedule, schedule.name),
            json: try ValueEncoder.encode(schedule.spec).object ?? [:], owner: schedule.managedBy,
            revision: schedule.revision, mark: schedule.managedBy)
    }

    static func live(_ trigger: TriggerInfo) -> LiveResource {
        LiveResource(
            key: AppliedResource.Key(.trigger, trigger.name), json: trigger.spec.json, owner: trigger.managedBy,
            revision: trigger.revision, mark: trigger.managedBy)
    }

    /// Those of the keys that are there, with whose they are.
    ///
    /// - Parameter owners: what is noted; the mark of a thing itself counts where nothing is.
    func resources(
        _ keys: [AppliedResource.Key], owners: [AppliedResource.Key: String]
    ) async throws -> [AppliedResource.Key: LiveResource] {
        var found: [AppliedResource.Key: LiveResource] = [:]
        for key in keys {
            guard var live = try await self.resource(key) else { continue }
            if let owner = owners[key] { live.owner = owner }
            found[key] = live
        }
        return found
    }

    // MARK: All things

    /// Whose files describe what, as it is noted.
    func owners() async throws -> [AppliedResource.Key: String] {
        let noted = try await Self.all { cursor in
            let page = try await self.client.applied(limit: Self.pageLimit, cursor: cursor)
            return (page.resources, page.nextCursor)
        }
        return Dictionary(noted.map { ($0.key, $0.owner) }, uniquingKeysWith: { first, _ in first })
    }

    /// What these owners' files describe: what is noted, and schedules and triggers with their mark.
    func owned(
        by owners: Set<String>, noted: [AppliedResource.Key: String]
    ) async throws -> [AppliedResource.Key: String] {
        var owned = noted.filter { owners.contains($0.value) }
        for owner in owners.sorted() {
            for schedule in try await self.schedules(managedBy: owner) {
                let key = AppliedResource.Key(.schedule, schedule.name)
                if noted[key] == nil { owned[key] = owner }
            }
            for trigger in try await self.triggers(managedBy: owner) {
                let key = AppliedResource.Key(.trigger, trigger.name)
                if noted[key] == nil { owned[key] = owner }
            }
        }
        return owned
    }

    func schedules(managedBy owner: String? = nil) async throws -> [ScheduleInfo] {
        try await Self.all { cursor in
            let page = try await self.client.schedules(
                ScheduleQuery(managedBy: owner, limit: Self.pageLimit, cursor: cursor))
            // Without it nobody knows what differs.
            if let name = page.unreadable?.first {
                throw CommandFailure(
                    .failure,
                    "the server cannot read schedule \(name): delete it with casarectl schedule delete, or upgrade the "
                        + "server to the version that has written it")
            }
            return (page.schedules, page.nextCursor)
        }
    }

    func triggers(managedBy owner: String? = nil) async throws -> [TriggerInfo] {
        try await Self.all { cursor in
            let page = try await self.client.triggers(
                TriggerQuery(managedBy: owner, limit: Self.pageLimit, cursor: cursor))
            if let name = page.unreadable?.first {
                throw CommandFailure(
                    .failure,
                    "the server cannot read trigger \(name): delete it with casarectl trigger delete, or upgrade the "
                        + "server to the version that has written it")
            }
            return (page.triggers, page.nextCursor)
        }
    }

    func calendars() async throws -> [CalendarInfo] {
        try await Self.all { cursor in
            let page = try await self.client.calendars(limit: Self.pageLimit, cursor: cursor)
            if let name = page.unreadable?.first {
                throw CommandFailure(
                    .failure,
                    "the server cannot read calendar \(name): keep another one in its place with casarectl calendar "
                        + "set, or upgrade the server to the version that has written it")
            }
            return (page.calendars, page.nextCursor)
        }
    }

    func queues() async throws -> [QueueInfo] {
        try await Self.all { cursor in
            let page = try await self.client.queues(limit: Self.pageLimit, cursor: cursor)
            return (page.queues, page.nextCursor)
        }
    }

    func workflows() async throws -> [WorkflowInfo] {
        try await Self.all { cursor in
            let page = try await self.client.workflows(limit: Self.pageLimit, cursor: cursor)
            return (page.workflows, page.nextCursor)
        }
    }

    private static func all<Item>(
        _ page: (_ cursor: String?) async throws -> PagingOptions.Page<Item>
    ) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let (found, next) = try await page(cursor)
            items += found
            cursor = next
        } while cursor != nil
        return items
    }
}
