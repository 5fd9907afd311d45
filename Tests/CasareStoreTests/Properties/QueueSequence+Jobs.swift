import CasareDomain
import CasareEngine
import CasarePostgres
import FoundationEssentials

@testable import CasareStore

/// What is done to single jobs: they are submitted, and people cancel, answer and retry them.
extension QueueSequence {
    private static let priorities: [Priority] = [.low, .normal, .normal, .high]
    private static let options: Job.Options = {
        // The numbers are within what a policy may have.
        let policy = try? RetryPolicy(.list([QueueModel.retrySeconds]), attemptsMax: QueueModel.attemptsMax, jitter: 0)
        return Job.Options(retry: policy)
    }()

    mutating func submit() async throws {
        let jobs = (0..<Int.random(in: 1...3, using: &self.random)).map { _ in
            self.store.job(
                priority: Self.priorities.randomElement(using: &self.random) ?? .normal, options: Self.options,
                due: Int.random(in: 0..<5, using: &self.random) == 0 ? .after(.seconds(10)) : .now,
                environment: self.environment,
                queueKey: self.mayHaveKeys && self.model.hasLimits
                    ? ["a", "b", nil].randomElement(using: &self.random) ?? nil : nil)
        }
        try await self.store.submit(jobs, now: self.model.now)
        for job in jobs {
            self.note(
                "\(job.id) is submitted, priority \(job.priority.rawValue), due \(job.due), key \(job.queueKey ?? "none")"
            )
            self.model.submit(job.id, job.priority, key: job.queueKey, delay: job.due == .now ? nil : 10)
        }
    }

    mutating func cancel(_ job: Job.ID) async throws {
        self.note("\(job) is cancelled")
        let now = self.model.now
        let isDone: Bool
        do {
            _ = try await self.store.run { try JobStore.cancel(job, by: "ann", reason: nil, now: now, on: $0) }
            isDone = true
        } catch StoreError.invalidTransition {
            isDone = false
        }
        let shouldBe = self.model.cancel(job)
        try self.expect(isDone == shouldBe, shouldBe ? "it is" : "it is refused")
    }

    mutating func resolve(_ job: Job.ID) async throws {
        let answers: [Job.Resolution] = [.done(outputs: ["x": 1]), .retry, .skip, .fail]
        let answer = answers.randomElement(using: &self.random) ?? .skip
        self.note("\(job) is answered: \(answer.answer.rawValue)")
        let now = self.model.now
        let isDone: Bool
        do {
            _ = try await self.store.run {
                try JobStore.resolve(job, step: 0, as: answer, by: "ann", reason: "seen", now: now, on: $0)
            }
            isDone = true
        } catch let error as StoreError {
            switch error {
            case .invalidTransition, .alreadyResolved: isDone = false
            default: throw error
            }
        }
        let shouldBe = self.model.resolve(job)
        try self.expect(isDone == shouldBe, shouldBe ? "it goes on" : "it is refused")
    }

    mutating func retry(_ job: Job.ID) async throws {
        self.note("\(job) is tried anew")
        let now = self.model.now
        let new: Job.ID?
        do {
            new = try await self.store.run { try JobStore.retry(job, by: "ann", now: now, on: $0) }
        } catch let error as StoreError {
            switch error {
            case .invalidTransition, .alreadyReplayed: new = nil
            default: throw error
            }
        }
        let shouldBe = self.model.mayRetry(job)
        if let new { self.model.retry(job, as: new) }
        try self.expect((new != nil) == shouldBe, shouldBe ? "there is a new job" : "it is refused")
    }
}
