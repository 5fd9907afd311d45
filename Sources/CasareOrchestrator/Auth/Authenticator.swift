import CasareDomain
import CasareStore
import CasareWire
import Crypto
import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import Synchronization

/// Finds out who sends a request, and whether they may.
///
/// Whoever shows something that does not count learns nothing more: a token that is unknown, expired, revoked, or shown
/// from a network that it is not for, and one of the identity provider that does not count for whatever reason, all get
/// the same answer. A client certificate counts where no token is shown beside it.
final class Authenticator: Sendable {
    /// How long an answer counts. A revoked token or certificate works on for this long at most.
    static let cachedFor = Duration.seconds(3)
    private static let cachedMax = 1000

    /// Whose a credential is.
    struct Bearer: Hashable, Sendable {
        let principal: Principal
        /// `nil` for whoever showed something else than an API token.
        let token: Token?
    }

    /// What there is to say of a credential that somebody shows.
    enum Finding: Hashable, Sendable {
        case bearer(Bearer)
        case nobody
        /// The same, and too many wrong ones of whatever beginnings came from there before.
        case nobodyOfLocked(seconds: Double)
        /// Too many wrong ones of the same beginning came from there before: it was not looked at.
        case lockedOut(seconds: Double)
    }

    /// Asks whose a credential is.
    typealias Look = @Sendable (ShownCredential, Lockouts.Subject) async throws -> Finding

    /// From different places the same credential may mean different things.
    private struct Key: Hashable {
        let digest: SHA256Digest
        let subject: Lockouts.Subject
    }

    private struct Entry {
        let finding: Finding
        let until: ContinuousClock.Instant
    }

    /// A question that is on its way to the database: whoever shows the same meanwhile waits for its answer.
    private struct Question {
        let answer: Task<Finding, any Error>
        /// No longer than an answer counts, for it is as old as its question.
        let until: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// As many as requests, at the most.
        var questions: [Key: Question] = [:]
    }

    private enum Known: Sendable {
        case answer(Finding)
        case asked(Task<Finding, any Error>)
        /// By this caller, who keeps the answer for others.
        case asking(Task<Finding, any Error>)
    }

    private let look: Look
    /// `nil`: nobody is locked out.
    let lockouts: Lockouts?
    /// `nil`: everybody may send as much as they like.
    let rates: RateLimiter?
    let uses = TokenUses()
    /// By hashes: what is in memory does not show any token.
    private let state = Mutex(State())

    init(lockouts: Lockouts? = nil, rates: RateLimiter? = nil, look: @escaping Look) {
        self.lockouts = lockouts
        self.rates = rates
        self.look = look
    }

    /// For a server without a database: it knows tokens, and counts nothing.
    convenience init(find: @escaping @Sendable (TokenText) async throws -> Principal?) {
        self.init { credential, _ in
            guard case .token(let text) = credential.kind, let principal = try await find(text) else { return .nobody }
            return .bearer(Bearer(principal: principal, token: nil))
        }
    }

    /// - Parameters:
    ///   - source: where the request comes from; `nil` where that is not known.
    ///   - certificate: what TLS has verified of the client; `nil` where it has shown none.
    ///   - recognised: is told who it is, also of those who are refused then: what is kept of a refusal names them.
    ///   - failed: is told what was shown where that did not count, and why.
    /// - Returns: `nil` on routes that are open to everyone.
    /// - Throws: 401, 403 and 429, and what the database says.
    func caller(
        of request: Request, from source: NetworkAddress?, certificate: PeerCertificate? = nil,
        for access: Route.Access, recognised: (Principal) -> Void = { _ in },
        failed: (AuthMetrics.Method, AuthMetrics.Failure) -> Void = { _, _ in }
    ) async throws -> Principal? {
        try await self.caller(
            authorizedBy: request.headers[.authorization], from: source, certificate: certificate, for: access,
            recognised: recognised, failed: failed)
    }

    /// - Parameter header: the value of `Authorization`.
    func caller(
        authorizedBy header: String?, from source: NetworkAddress?, certificate: PeerCertificate? = nil,
        for access: Route.Access, recognised: (Principal) -> Void = { _ in },
        failed: (AuthMetrics.Method, AuthMetrics.Failure) -> Void = { _, _ in }
    ) async throws -> Principal? {
        switch access {
        case .everyone: return nil
        case .anyOf(let permissions):
            let principal = try await self.principal(
                authorizedBy: header, from: source, certificate: certificate, failed: failed)
            recognised(principal)
            try await self.rates?.pass(principal)
            try Self.check(principal, hasAnyOf: permissions)
            return principal
        }
    }

    /// The same of whoever was let in before, for what has gone on since: that is no request, so no rate counts it.
    func stillCaller(
        authorizedBy header: String?, from source: NetworkAddress?, certificate: PeerCertificate?,
        for access: Route.Access
    ) async throws -> Principal? {
        switch access {
        case .everyone: return nil
        case .anyOf(let permissions):
            let principal = try await self.principal(
                authorizedBy: header, from: source, certificate: certificate, failed: { _, _ in })
            try Self.check(principal, hasAnyOf: permissions)
            return principal
        }
    }

    private static func check(_ principal: Principal, hasAnyOf permissions: [Permission]) throws(APIProblem) {
        guard permissions.contains(where: principal.may) else {
            throw APIProblem(lacking: permissions, principal)
        }
    }

    /// - Throws: 401 and 429, and what the database says.
    private func principal(
        authorizedBy header: String?, from source: NetworkAddress?, certificate: PeerCertificate?,
        failed: (AuthMetrics.Method, AuthMetrics.Failure) -> Void
    ) async throws -> Principal {
        let credential: ShownCredential
        if let header {
            credential = ShownCredential(header: header)
        } else if let certificate {
            credential = ShownCredential(certificate: certificate)
        } else {
            failed(.none, .missing)
            throw APIProblem(.tokenMissing, "send a token: Authorization: Bearer crpa_…")
        }
        return try await self.principal(showing: credential, from: source, failed: failed)
    }

    /// - Throws: 401 for what does not count, 429 from where too many such things came.
    private func principal(
        showing credential: ShownCredential, from source: NetworkAddress?,
        failed: (AuthMetrics.Method, AuthMetrics.Failure) -> Void
    ) async throws -> Principal {
        let subject = Lockouts.Subject(source, credential)
        let method = AuthMetrics.Method(credential.kind)
        if let seconds = self.lockouts?.wait(of: subject) {
            failed(method, .lockedOut)
            throw APIProblem.lockedOut(seconds)
        }
        let finding = try await self.finding(credential, subject)
        switch finding {
        case .lockedOut(let seconds):
            failed(method, .lockedOut)
            self.lockouts?.locked(subject, forSeconds: seconds)
            throw APIProblem.lockedOut(seconds)
        case .bearer(let bearer) where bearer.token?.counts(from: source) ?? true:
            if let token = bearer.token { self.uses.note(token.id, of: bearer.principal.tenant, from: source) }
            return bearer.principal
        case .nobodyOfLocked(let seconds):
            failed(method, .invalid)
            self.lockouts?.locked(subject.network, forSeconds: seconds)
            throw APIProblem.networkLockedOut(seconds)
        case .bearer, .nobody:
            failed(method, finding == .nobody ? .invalid : .otherNetwork)
            if let seconds = await self.lockouts?.failed(subject) { throw APIProblem.networkLockedOut(seconds) }
            switch credential.kind {
            case .certificate: throw APIProblem.certificateInvalid
            case .token, .signed, .malformed:
                throw APIProblem(.tokenInvalid, "the token is unknown, expired or revoked")
            }
        }
    }

    // MARK: Remembering

    private func finding(_ credential: ShownCredential, _ subject: Lockouts.Subject) async throws -> Finding {
        let key = Key(digest: credential.digest, subject: subject)
        // Counted from before the question, so that the answer is never older than the limit says.
        let until = ContinuousClock.now + Self.cachedFor
        switch self.known(key, credential, until: until) {
        case .answer(let finding): return finding
        case .asked(let answer): return try await answer.value
        case .asking(let answer):
            let result = await answer.result
            self.state.withLock { state in
                // Another one was asked since, or what was known was forgotten: this answer is too old to be kept.
                guard state.questions[key]?.answer == answer else { return }
                state.questions[key] = nil
                if case .success(let finding) = result {
                    Self.keep(Entry(finding: finding, until: until), of: key, in: &state.entries)
                }
            }
            return try result.get()
        }
    }

    /// Forgets all answers: what was revoked just now counts no more at this server.
    func forget() {
        self.state.withLock { state in
            state.entries.removeAll()
            state.questions.removeAll()
        }
    }

    private func known(_ key: Key, _ credential: ShownCredential, until: ContinuousClock.Instant) -> Known {
        let now = until - Self.cachedFor
        return self.state.withLock { state in
            if let entry = state.entries[key], now < entry.until { return .answer(entry.finding) }
            if let question = state.questions[key], now < question.until { return .asked(question.answer) }
            // Not the caller's own task, which may be cancelled while others wait. It is awaited at once.
            let answer = Task { [look] in try await look(credential, key.subject) }
            state.questions[key] = Question(answer: answer, until: until)
            return .asking(answer)
        }
    }

    private static func keep(_ entry: Entry, of key: Key, in entries: inout [Key: Entry]) {
        if entries.count >= self.cachedMax {
            let now = ContinuousClock.now
            entries = entries.filter { now < $0.value.until }
            if entries.count >= self.cachedMax { entries.removeAll() }
        }
        entries[key] = entry
    }
}

extension APIProblem {
    /// Whoever shows a certificate that does not count learns nothing more.
    static let certificateInvalid = APIProblem(
        .tokenInvalid,
        "no token was sent, and the client certificate is unknown, expired or revoked; for a robot an administrator "
            + "makes an enrollment, and casarectl robot enroll --force puts another certificate in its place")

    static func lockedOut(_ seconds: Double) -> APIProblem {
        .tooManyRequests(
            "too many wrong tokens came from your address, so none is looked at for a while; correct what sends them, "
                + "and wait", reason: "locked_out", waitSeconds: seconds)
    }

    /// What was shown does not count; what counts is let in from there all the same.
    static func networkLockedOut(_ seconds: Double) -> APIProblem {
        .tooManyRequests(
            "too many wrong tokens came from your network, and what you show is unknown, expired or revoked, too; "
                + "correct what sends them, and wait; one that counts is let in at once",
            reason: "network_locked_out", waitSeconds: seconds)
    }
}
