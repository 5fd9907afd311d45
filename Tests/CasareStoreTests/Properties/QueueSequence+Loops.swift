import CasareDomain
import CasareEngine
import CasarePostgres
import FoundationEssentials

@testable import CasareStore

/// The queue's limits, and what background loops do.
extension QueueSequence {
    /// Rules by which a job waits a day to be as urgent as the next priority: the order is then that of priorities.
    mutating func someLimits() -> QueueLimits {
        let rates = [QueueRate(everySeconds: 5, burst: 2), QueueRate(everySeconds: 0.5, burst: 4)]
        func maybe<Value>(_ value: Value?) -> Value? { Bool.random(using: &self.random) ? value : nil }
        return QueueLimits(
            concurrency: maybe(Int.random(in: 0...4, using: &self.random)),
            rate: maybe(maybe(rates.randomElement(using: &self.random))),
            keyConcurrency: maybe(Int.random(in: 1...2, using: &self.random)),
            keyRate: maybe(maybe(rates.randomElement(using: &self.random))), ageingSeconds: 86_400)
    }

    mutating func limit(_ limits: QueueLimits) async throws {
        self.note("the limits are \(limits)")
        let (environment, now) = (self.environment, self.model.now)
        _ = try await self.store.run { try QueueStore.limit(environment, now: now, on: $0) { $0 = limits } }
        self.model.limit(limits)
    }

    mutating func promote() async throws {
        let expected = self.model.promote()
        let report = try await self.store.promote(now: self.model.now)
        try self.expect(report.failures.isEmpty && report.promoted == expected, "\(expected) jobs became due")
    }

    mutating func sweep() async throws {
        let expected = self.model.sweep()
        let report = try await self.store.sweep(now: self.model.now)
        try self.expect(
            report.failures.isEmpty && Set(report.requeued.map(\.job)) == expected.requeued
                && Set(report.deadLettered.map(\.job)) == expected.deadLettered, "the sweep finds \(expected)")
    }
}
