import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareStore

extension StoreFixture {
    func reasons(_ job: Job.ID, now: Date? = nil) async throws -> [Explanation.Reason] {
        try await self.run { try QueueStore.explain(job: job, now: now, on: $0).reasons }
    }

    func codes(_ job: Job.ID, now: Date? = nil) async throws -> [Explanation.Code] {
        try await self.reasons(job, now: now).map(\.code)
    }

    func firstReason(_ job: Job.ID, now: Date? = nil) async throws -> Explanation.Reason {
        try #require(try await self.reasons(job, now: now).first)
    }

    func reasonsOfQueue() async throws -> [Explanation.Reason] {
        try await self.run { try QueueStore.explain(queue: Self.queue, on: $0).reasons }
    }

    func reasonsOfRobot(now: Date? = nil) async throws -> [Explanation.Reason] {
        try await self.run { try QueueStore.explain(robot: Self.robot, now: now, on: $0).reasons }
    }
}
