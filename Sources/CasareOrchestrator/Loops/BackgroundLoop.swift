import CasareStore
import Logging
import ServiceLifecycle

/// Work that is done again and again until the server stops. All orchestrators do it at once: the database sees to it
/// that everything still happens once.
struct BackgroundLoop: Service {
    let name: String
    /// Between two rounds; each pause is up to a quarter longer or shorter, so that orchestrators do not march in step.
    let interval: Duration
    let board: LoopBoard
    let logger: Logger
    var alarm = Alarm()
    /// It waits for no other loop: people would notice, and a round is short.
    var isUrgent = false
    /// Returns whether there is more to do at once.
    let work: @Sendable () async throws -> Bool

    /// However rarely a loop works, a round that failed is tried again soon; and however often, not so soon that loops
    /// which all fail take the connections from each other.
    private static let pauseAfterFailure = Duration.milliseconds(250)...Duration.seconds(5)

    private enum RoundResult { case moreToDo, done, failed }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let pause: Duration
                switch await self.round() {
                case .moreToDo: continue
                case .done: pause = self.interval
                case .failed:
                    pause = min(
                        max(self.interval, Self.pauseAfterFailure.lowerBound), Self.pauseAfterFailure.upperBound)
                }
                await self.alarm.pause(atMost: pause * Double.random(in: 0.75...1.25))
            }
        }
    }

    /// A round that fails is logged when the one before did not fail.
    private func round() async -> RoundResult {
        do {
            let hasMore = try await (self.isUrgent ? self.timedWork() : self.board.turns.pass(self.timedWork))
            if self.board.succeeded(self.name) {
                self.logger.notice("A background loop works again", metadata: ["loop": .string(self.name)])
            }
            return hasMore ? .moreToDo : .done
        } catch {
            if Task.isCancelled { return .failed }
            let cause = (error as? PartialFailure)?.errors.first ?? error
            if self.board.failed(self.name, APIProblem(cause).message) {
                self.logger.warning(
                    "A background loop fails and goes on trying",
                    metadata: ["loop": .string(self.name), "error": "\(error)"])
            }
            return .failed
        }
    }

    /// Its wait for its turn is not counted.
    private func timedWork() async throws -> Bool {
        let began = ContinuousClock.now
        do {
            let hasMore = try await self.work()
            self.board.metrics.succeeded(self.name, after: .now - began)
            return hasMore
        } catch {
            if !Task.isCancelled { self.board.metrics.failed(self.name, after: .now - began, error) }
            throw error
        }
    }
}

/// A round went through, but not for everything: the rest was done, and these are left for the next rounds.
struct PartialFailure: Error, CustomStringConvertible {
    let description: String
    /// One at least.
    let errors: [any Error]

    /// - Throws: itself when there are failures.
    static func check(_ failures: [(job: TenantJob, error: any Error)]) throws {
        guard let first = failures.first else { return }
        throw PartialFailure(
            description: "\(failures.count) failed; the first is job \(first.job.job): \(first.error)",
            errors: failures.map(\.error))
    }

    /// - Throws: itself when there are failures.
    static func check(_ failures: [any Error]) throws {
        guard let first = failures.first else { return }
        throw PartialFailure(description: "\(failures.count) failed; the first: \(first)", errors: failures)
    }
}
