import CasareDomain

/// Signed in to one Vault: has a token, renews it, and gets another one when it must.
///
/// The token is never given back: credentials end with the token that they were made with.
actor VaultSession {
    nonisolated let transport: VaultTransport
    private let login: VaultLogin
    private let environment: ProcessEnvironment
    private let now: @Sendable () -> ContinuousClock.Instant
    private var held: VaultToken?
    /// Of a sign-in or a renewal that is under way, for which all who ask wait. It is not a child of one of them: the
    /// others need its result when that one is cancelled.
    private var obtaining: Task<Result<VaultToken, ProviderError>, Never>?

    init(
        _ transport: VaultTransport, _ login: VaultLogin, environment: ProcessEnvironment,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.transport = transport
        self.login = login
        self.environment = environment
        self.now = now
    }

    nonisolated var provider: String { self.transport.provider }

    /// Sends a call with a token.
    ///
    /// - Returns: the answer, and the token that it was sent with.
    /// - Throws: `.denied` when there is no token to be had, and `.unavailable`. What the answer says is the caller's.
    func send(_ call: VaultCall) async throws(ProviderError) -> (reply: VaultReply, token: VaultToken) {
        let token = try await self.token()
        let reply = try await self.transport.send(call, token: token.text)
        // A token that was revoked and a path that is not allowed have one status: the token itself tells.
        guard reply.status == 403, try await !self.isAccepted(token) else { return (reply, token) }
        self.forget(token)
        let another = try await self.token()
        return (try await self.transport.send(call, token: another.text), another)
    }

    /// A token that may be used now.
    func token() async throws(ProviderError) -> VaultToken {
        if let obtaining = self.obtaining { return try await obtaining.value.get() }
        guard let held = self.held else { return try await self.obtain(renewing: nil) }
        switch held.use(at: self.now()) {
        case .asItIs: return held
        case .renewed: return try await self.obtain(renewing: held)
        case .replaced: return try await self.obtain(renewing: nil)
        }
    }

    /// - Parameter token: `nil`: another one is wanted.
    private func obtain(renewing token: VaultToken?) async throws(ProviderError) -> VaultToken {
        // Not the caller's own task, which may be cancelled while others wait. It is awaited at once.
        let task = Task { () -> Result<VaultToken, ProviderError> in
            do throws(ProviderError) {
                if let token { return .success(try await self.renewed(token)) }
                return .success(try await self.signIn())
            } catch {
                return .failure(error)
            }
        }
        self.obtaining = task
        let result = await task.value
        self.obtaining = nil
        if case .success(let token) = result { self.held = token }
        return try result.get()
    }

    private func signIn() async throws(ProviderError) -> VaultToken {
        try await self.login.token(through: self.transport, environment: self.environment, now: self.now())
    }

    /// While a renewal fails the token is used as it is: its life is not over.
    private func renewed(_ token: VaultToken) async throws(ProviderError) -> VaultToken {
        let now = self.now()
        let call = VaultCall(method: .post, path: "auth/token/renew-self", body: [:])
        let reply: VaultReply
        do throws(ProviderError) {
            reply = try await self.transport.send(call, token: token.text)
        } catch {
            return token
        }
        if reply.status == 403 { return try await self.signIn() }
        guard reply.status == 200, let auth = reply.auth, let seconds = auth["lease_duration"]?.int, seconds > 0 else {
            return token
        }
        return VaultToken(
            text: token.text, accessor: token.accessor, begunAt: now, life: .seconds(seconds),
            isRenewable: auth["renewable"]?.bool ?? false)
    }

    private func isAccepted(_ token: VaultToken) async throws(ProviderError) -> Bool {
        let call = VaultCall(method: .get, path: "auth/token/lookup-self")
        return try await self.transport.send(call, token: token.text).status == 200
    }

    var instant: ContinuousClock.Instant { self.now() }

    private func forget(_ token: VaultToken) {
        // Somebody else may have another one by now.
        if self.held?.text == token.text { self.held = nil }
    }
}
