import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

extension StoreFixture {
    /// No files are read: UTC is the one zone there is.
    static let zones = ZoneCatalogue { $0 == "UTC" ? .utc : nil }

    /// A schedule of whole minutes, or of so many seconds.
    @discardableResult
    func schedule(
        _ name: String = "s", every seconds: Int = 60, isPaused: Bool = false, at now: Date = noon,
        _ change: (inout ScheduleSpec) -> Void = { _ in }
    ) async throws -> Schedule {
        var spec = ScheduleSpec(timing: .interval(ScheduleSpec.Interval(seconds: seconds)), workflow: "orders")
        change(&spec)
        let new = ScheduleStore.New(name: name, spec: spec, isPaused: isPaused)
        return try await self.run {
            try ScheduleStore.create(new, by: "ann", zones: Self.zones, now: now, on: $0)
        }
    }

    func schedule(_ id: Schedule.ID) async throws -> Schedule? {
        try await self.run { try ScheduleStore.get(id, on: $0) }
    }

    /// What the loop does in one round.
    @discardableResult
    func fireDue(at now: Date, limit: Int = ScheduleStore.firedAtOnceMax) async throws -> ScheduleStore.Fired {
        let round = try await self.database.asSystem { try ScheduleStore.due(limit: limit, now: now, on: $0) }
        guard let due = round.due.first(where: { $0.tenant == self.tenant }) else { return ScheduleStore.Fired() }
        return try await self.run {
            try ScheduleStore.fire(due.schedules, zones: Self.zones, now: now, on: $0)
        }
    }

    /// The same of the loop that looks at jobs.
    @discardableResult
    func settleDue(at now: Date) async throws -> ScheduleStore.Settled {
        let round = try await self.database.asSystem { try ScheduleStore.settlingDue(now: now, on: $0) }
        guard let due = round.due.first(where: { $0.tenant == self.tenant }) else { return ScheduleStore.Settled() }
        return try await self.run { try ScheduleStore.settle(due.schedules, now: now, on: $0) }
    }

    /// What became of a schedule's ticks, the oldest first.
    func ticks(_ id: Schedule.ID) async throws -> [ScheduleTick] {
        try await self.run { try ScheduleStore.history(of: id, limit: 20_000, on: $0) }.reversed()
    }

    func pause(
        _ id: Schedule.ID, until: Date? = nil, by person: String = "ann", at now: Date
    ) async throws -> ScheduleStore.Steered {
        try await self.run {
            try ScheduleStore.pause(
                id, by: person, reason: "why", until: until, zones: Self.zones, now: now, on: $0)
        }
    }

    @discardableResult
    func resume(_ id: Schedule.ID, at now: Date) async throws -> ScheduleStore.Steered {
        try await self.run { try ScheduleStore.resume(id, by: "ann", reason: nil, zones: Self.zones, now: now, on: $0) }
    }

    /// Leases the next job and ends it.
    func endNext(_ failure: Failure? = nil, at now: Date) async throws {
        for job in try await self.lease(now: now) {
            if let failure {
                _ = try await self.fail(job, failure, now: now)
            } else {
                try await self.run { try LeaseStore.complete(job.lease, result: .ok(), now: now, on: $0) }
            }
        }
    }
}
