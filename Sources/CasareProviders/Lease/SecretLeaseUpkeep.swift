package import CasareDomain
package import CasareStore
package import FoundationEssentials

/// Renews what providers made for jobs that run, and gives back what was made for attempts that are over. Any number of
/// processes may do it at once, and each may end in the middle of it.
package struct SecretLeaseUpkeep: Sendable {
    /// Providers asked at the same time in one round.
    package static let askedMax = 32

    /// What was done about one of them.
    package enum Deed: Hashable, Sendable {
        case renewed
        case ended(SecretLease.Outcome)
        /// It is tried again.
        case failed(why: String)
    }

    /// What a round did.
    package struct Round: Sendable {
        package fileprivate(set) var deeds: [(lease: SecretLease, deed: Deed)] = []
        /// There is more to do at once.
        package fileprivate(set) var isPartial = false
    }

    private let providers: SecretProviders
    private let database: Database

    package init(_ providers: SecretProviders, database: Database) {
        self.providers = providers
        self.database = database
    }

    /// Does what is due.
    ///
    /// - Parameter now: of a test; `nil`: by the database's clock.
    /// - Throws: what the database throws. Providers that do not answer are noted with what they made.
    package func round(now: Date? = nil) async throws -> Round {
        let due = try await self.database.asSystem { connection in
            try SecretLeaseStore.claim(now: now, on: connection)
        }
        var waiting: [(due: SecretLeaseStore.Due, until: Date)] = []
        var acting: [(due: SecretLeaseStore.Due, action: SecretLease.Action)] = []
        for one in due {
            let action = one.lease.action(isHeld: one.isHeld, at: one.now)
            switch action {
            case .wait(let until): waiting.append((one, until))
            case .renew, .revoke, .end:
                if acting.count < Self.askedMax { acting.append((one, action)) } else { waiting.append((one, one.now)) }
            }
        }
        let putBack = waiting
        try await self.database.asSystem { connection in try SecretLeaseStore.wait(putBack, on: connection) }
        var round = Round()
        round.isPartial = due.count == SecretLeaseStore.claimedMax || acting.count == Self.askedMax
        try await withThrowingTaskGroup(of: (SecretLease, Deed)?.self) { group in
            for (one, action) in acting {
                group.addTask { try await self.act(action, on: one, now: now).map { (one.lease, $0) } }
            }
            for try await done in group {
                if let done { round.deeds.append(done) }
            }
        }
        return round
    }

    /// - Returns: `nil` when somebody else has claimed it meanwhile.
    private func act(
        _ action: SecretLease.Action, on due: SecretLeaseStore.Due, now: Date?
    ) async throws -> Deed? {
        switch action {
        case .wait: return nil
        case .end(let outcome): return try await self.end(due, as: outcome, now: now)
        case .renew:
            let answer = await self.ask(about: due) { provider, credentials async throws(ProviderError) in
                try await provider.renew(credentials, madeAt: due.lease.path)
            }
            switch answer {
            case .success(let life):
                let counts = try await self.database.asSystem { connection in
                    try SecretLeaseStore.renewed(
                        due, life: life.credentials, tokenLife: life.token, problem: life.problem, now: now,
                        on: connection)
                }
                return counts ? .renewed : nil
            case .failure(.credentialsGone): return try await self.end(due, as: .lost, now: now)
            case .failure(let error): return try await self.fail(due, why: error.description)
            }
        case .revoke:
            let answer = await self.ask(about: due) { provider, credentials async throws(ProviderError) in
                try await provider.revoke(credentials, madeAt: due.lease.path)
            }
            switch answer {
            case .success: return try await self.end(due, as: .revoked, now: now)
            case .failure(.credentialsGone): return try await self.end(due, as: .lost, now: now)
            case .failure(let error): return try await self.fail(due, why: error.description)
            }
        }
    }

    private func ask<Answer: Sendable>(
        about due: SecretLeaseStore.Due,
        _ body: @Sendable (any SecretProvider, ProviderLease) async throws(ProviderError) -> Answer
    ) async -> Result<Answer, ProviderError> {
        do throws(ProviderError) {
            let provider = try self.providers.provider(due.lease.provider)
            return .success(try await body(provider, ProviderLease(id: due.providerLease, accessor: due.accessor)))
        } catch {
            return .failure(error)
        }
    }

    private func end(
        _ due: SecretLeaseStore.Due, as outcome: SecretLease.Outcome, now: Date?
    ) async throws -> Deed? {
        let counts = try await self.database.asSystem { connection in
            try SecretLeaseStore.end(due, as: outcome, now: now, on: connection)
        }
        return counts ? .ended(outcome) : nil
    }

    private func fail(_ due: SecretLeaseStore.Due, why: String) async throws -> Deed? {
        let counts = try await self.database.asSystem { connection in
            try SecretLeaseStore.failed(due, why: why, on: connection)
        }
        return counts ? .failed(why: why) : nil
    }
}
