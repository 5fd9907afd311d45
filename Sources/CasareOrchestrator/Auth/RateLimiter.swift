import CasareDomain
import CasareStore
import CasareWire
import Synchronization

/// Holds callers to a rate, for all servers together: requests are taken out of the database in chunks, and given out
/// one by one from memory. Whoever is refused is refused from memory until there may be some again.
final class RateLimiter: Sendable {
    private struct Key: Hashable {
        let tenant: Tenant.ID
        let name: String
    }

    private struct Allowance {
        var left = 0
        var refusedUntil: ContinuousClock.Instant?
        /// A question that is on its way to the database. Whoever else asks meanwhile waits for its answer.
        var question: Task<Void, any Error>?
    }

    private enum Step {
        case pass
        case refuse(seconds: Double)
        /// Look again when this is over.
        case wait(Task<Void, any Error>)
    }

    private static let callersMax = 10_000
    /// The database is not asked again sooner than that: it may be just about to have some.
    private static let refusedMin = Duration.milliseconds(20)

    let rate: RequestRate
    /// Takes a chunk.
    private let take: @Sendable (Principal) async throws -> RateStore.Grant
    private let state = Mutex<[Key: Allowance]>([:])

    init(rate: RequestRate, take: @escaping @Sendable (Principal) async throws -> RateStore.Grant) {
        self.rate = rate
        self.take = take
    }

    /// Lets one request of a caller pass.
    ///
    /// - Throws: 429 where it is one too many; what the database says.
    func pass(_ principal: Principal) async throws {
        let key = Key(tenant: principal.tenant, name: principal.name)
        while true {
            switch self.step(key, principal) {
            case .pass:
                return
            case .refuse(let seconds):
                throw APIProblem.tooManyRequests(
                    "\(principal.name) sends more than \(self.rate.perSecond) requests a second; wait, and send fewer",
                    reason: "rate_limit", waitSeconds: seconds)
            case .wait(let question):
                try await question.value
            }
        }
    }

    private func step(_ key: Key, _ principal: Principal) -> Step {
        self.state.withLock { state in
            if state[key] == nil, state.count >= Self.callersMax {
                // What is left of a chunk is lost with it; those who wait for an answer keep their place.
                state = state.filter { $0.value.question != nil }
            }
            var allowance = state[key] ?? Allowance()
            defer { state[key] = allowance }
            if allowance.left > 0 {
                allowance.left -= 1
                return .pass
            }
            if let until = allowance.refusedUntil {
                let wait = until - .now
                guard wait <= .zero else { return .refuse(seconds: wait / .seconds(1)) }
                allowance.refusedUntil = nil
            }
            if let question = allowance.question { return .wait(question) }
            // Not the caller's own task, which may be cancelled while others wait. It is awaited at once. It cannot be
            // over before it is noted: what it comes to is noted under the same lock.
            let question = Task {
                do {
                    self.answered(key, try await self.take(principal))
                } catch {
                    self.answered(key, nil)
                    throw error
                }
            }
            allowance.question = question
            return .wait(question)
        }
    }

    private func answered(_ key: Key, _ grant: RateStore.Grant?) {
        self.state.withLock { state in
            var allowance = state[key] ?? Allowance()
            allowance.question = nil
            switch grant {
            case .granted: allowance.left += self.rate.chunk
            case .refused(let wait): allowance.refusedUntil = .now + max(.seconds(wait), Self.refusedMin)
            case nil: break
            }
            state[key] = allowance
        }
    }
}

extension APIProblem {
    /// - Parameters:
    ///   - reason: for programs.
    ///   - waitSeconds: is rounded up to whole seconds, at least one.
    static func tooManyRequests(_ message: String, reason: String, waitSeconds: Double) -> APIProblem {
        var problem = APIProblem(.tooManyRequests, message, details: ["reason": .string(reason)])
        problem.retryAfterSeconds = max(1, Int(waitSeconds.rounded(.up)))
        return problem
    }
}
