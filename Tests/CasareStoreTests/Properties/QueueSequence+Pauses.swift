import CasareDomain
import CasareEngine
import CasarePostgres
import FoundationEssentials

@testable import CasareStore

/// Jobs and the queue itself are paused and resumed.
extension QueueSequence {
    mutating func pause(_ isPaused: Bool) async throws {
        self.note(isPaused ? "the queue is paused" : "the queue goes on")
        let (environment, now) = (self.environment, self.model.now)
        _ = try await self.store.run { connection in
            if isPaused {
                _ = try QueueStore.pause(environment, by: "ann", reason: nil, until: nil, now: now, on: connection)
            } else {
                _ = try QueueStore.resume(environment, now: now, on: connection)
            }
        }
        self.model.pause(isPaused)
    }

    mutating func pause(job: Job.ID) async throws {
        self.note("\(job) is paused")
        let (now, shouldBe) = (self.model.now, self.model.pause(job))
        try await self.change(to: shouldBe) { connection in
            _ = try JobStore.pause(job, by: "ann", reason: nil, now: now, on: connection)
        }
    }

    mutating func resume(job: Job.ID) async throws {
        self.note("\(job) is resumed")
        let (now, shouldBe) = (self.model.now, self.model.resume(job))
        try await self.change(to: shouldBe) { connection in
            _ = try JobStore.resume(job, by: "ann", now: now, on: connection)
        }
    }

    /// Does what the model says that is done, or refused.
    private func change(
        to shouldBe: Bool, _ body: @Sendable (isolated PostgresConnection) throws -> Void
    ) async throws {
        let isDone: Bool
        do {
            try await self.store.run(body)
            isDone = true
        } catch StoreError.invalidTransition {
            isDone = false
        }
        try self.expect(isDone == shouldBe, shouldBe ? "it is done" : "it is refused")
    }
}
