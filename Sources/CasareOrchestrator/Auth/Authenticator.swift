import CasareDomain
import CasareStore
import CasareWire
import Crypto
import HTTPTypes
import HummingbirdCore
import Synchronization

/// Finds out who sends a request, and whether they may.
final class Authenticator: Sendable {
    /// How long an answer counts. A revoked token works on for this long at most.
    static let cachedFor = Duration.seconds(3)
    private static let cachedMax = 1000
    private static let connectionWaitMax = Duration.seconds(5)

    private struct Entry {
        let principal: Principal?
        let until: ContinuousClock.Instant
    }

    /// A question that is on its way to the database: whoever shows the same token meanwhile waits for its answer.
    private struct Question {
        let answer: Task<Principal?, any Error>
        /// No longer than an answer counts, for it is as old as its question.
        let until: ContinuousClock.Instant
    }

    private struct State {
        var entries: [SHA256Digest: Entry] = [:]
        /// As many as requests, at the most.
        var questions: [SHA256Digest: Question] = [:]
    }

    private enum Known: Sendable {
        case answer(Principal?)
        case asked(Task<Principal?, any Error>)
        /// By this caller, who keeps the answer for others.
        case asking(Task<Principal?, any Error>)
    }

    /// Who shows a token; `nil` for nobody.
    private let find: @Sendable (TokenText) async throws -> Principal?
    /// By the token's SHA-256: what is in memory does not show any token.
    private let state = Mutex(State())

    init(find: @escaping @Sendable (TokenText) async throws -> Principal?) { self.find = find }

    convenience init(database: Database) {
        self.init { text in
            try await database.asSystem(
                deadline: .now + Self.connectionWaitMax, statementMax: database.statementMax
            ) { connection in
                try TokenStore.find(text, on: connection)
            }
        }
    }

    /// - Returns: `nil` on routes that are open to everyone.
    func caller(of request: Request, for access: Route.Access) async throws -> Principal? {
        try await self.caller(authorizedBy: request.headers[.authorization], for: access)
    }

    /// - Parameter header: the value of `Authorization`.
    func caller(authorizedBy header: String?, for access: Route.Access) async throws -> Principal? {
        let permissions: [Permission]
        switch access {
        case .everyone: return nil
        case .anyOf(let needed): permissions = needed
        }
        guard let header else {
            throw APIProblem(.tokenMissing, "send a token: Authorization: Bearer crpa_…")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", let text = TokenText(String(parts[1])),
            let principal = try await self.principal(showing: text)
        else { throw APIProblem(.tokenInvalid, "the token is unknown, expired or revoked") }
        let role = principal.token.role
        guard permissions.contains(where: role.allows) else {
            let names = permissions.map(\.rawValue).joined(separator: " or ")
            throw APIProblem(
                .insufficientPermissions,
                "this needs the permission to \(names); the token \(principal.token.name) has the role \(role.rawValue)"
            )
        }
        return principal
    }

    func principal(showing text: TokenText) async throws -> Principal? {
        let digest = SHA256.hash(data: Array(text.reveal().utf8))
        // Counted from before the question, so that the answer is never older than the limit says.
        let until = ContinuousClock.now + Self.cachedFor
        switch self.known(digest, text, until: until) {
        case .answer(let principal): return principal
        case .asked(let answer): return try await answer.value
        case .asking(let answer):
            let result = await answer.result
            self.state.withLock { state in
                if state.questions[digest]?.answer == answer { state.questions[digest] = nil }
                if case .success(let principal) = result {
                    Self.keep(Entry(principal: principal, until: until), of: digest, in: &state.entries)
                }
            }
            return try result.get()
        }
    }

    private func known(_ digest: SHA256Digest, _ text: TokenText, until: ContinuousClock.Instant) -> Known {
        let now = until - Self.cachedFor
        return self.state.withLock { state in
            if let entry = state.entries[digest], now < entry.until { return .answer(entry.principal) }
            if let question = state.questions[digest], now < question.until { return .asked(question.answer) }
            // Not the caller's own task, which may be cancelled while others wait. It is awaited at once.
            let answer = Task { [find] in try await find(text) }
            state.questions[digest] = Question(answer: answer, until: until)
            return .asking(answer)
        }
    }

    private static func keep(_ entry: Entry, of digest: SHA256Digest, in entries: inout [SHA256Digest: Entry]) {
        if entries.count >= self.cachedMax {
            let now = ContinuousClock.now
            entries = entries.filter { now < $0.value.until }
            if entries.count >= self.cachedMax { entries.removeAll() }
        }
        entries[digest] = entry
    }
}
