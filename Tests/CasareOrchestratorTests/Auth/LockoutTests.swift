import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import Testing

/// Who shows too many wrong tokens, or sends too many requests, at servers that share a database.
struct LockoutTests {
    private typealias Fixture = OrchestratorFixture

    private static let lockout = AuthenticationSettings(
        lockout: LockoutRule(failuresMax: 5, within: .seconds(300), lockedFor: .seconds(900)))

    private static func status(
        _ token: String, _ authenticator: Authenticator, from source: String = "192.0.2.1"
    ) async throws -> (status: Int, retryAfter: Int?) {
        do {
            _ = try await authenticator.caller(
                authorizedBy: "Bearer \(token)", from: NetworkAddress(source), for: .anyCaller)
            return (200, nil)
        } catch let problem as APIProblem {
            return (problem.code.status, problem.retryAfterSeconds)
        }
    }

    @Test func `too many wrong tokens lock their beginning out from there, right ones too`() async throws {
        try await Fixture.with(authentication: Self.lockout) { server in
            let right = try #require(server.tokens[.viewer])
            let wrong = String(right.prefix(9)) + "wrong"
            for _ in 0..<5 {
                let reply = try await server.send(.GET, "/api/v1/jobs", token: wrong)
                #expect(reply.status == 401)
            }
            let locked = try await server.send(.GET, "/api/v1/jobs", token: wrong)
            #expect(locked.status == 429 && locked.code == "TOO_MANY_REQUESTS")
            #expect(locked.json["error"]?["details"]?["reason"] == "locked_out")
            let seconds = try #require(locked.headers["retry-after"].flatMap(Int.init))
            #expect((890...900).contains(seconds))
            // Whether a token is right is no longer told.
            #expect(try await server.send(.GET, "/api/v1/jobs", token: right).status == 429)
            #expect(try await server.call(.GET, "/api/v1/jobs", as: .operator).status == 200)
        }
    }

    @Test func `a lock of one server holds at all of them, and for no other address`() async throws {
        try await Fixture.with { server in
            let first = Authenticator(database: server.database, settings: Self.lockout, logger: Fixture.logger)
            let second = Authenticator(database: server.database, settings: Self.lockout, logger: Fixture.logger)
            for _ in 0..<5 {
                let reply = try await Self.status("crpa_wrong", first)
                #expect(reply.status == 401)
            }
            let locked = try await Self.status("crpa_wronX", second)
            #expect(locked.status == 429 && (locked.retryAfter ?? 0) > 800)
            #expect(try await Self.status("crpa_wrong", second, from: "192.0.2.2").status == 401)
            #expect(try await Self.status("crpa_other", second).status == 401)
        }
    }

    @Test func `servers count failures together`() async throws {
        try await Fixture.with { server in
            let servers = (0..<5).map { _ in
                Authenticator(database: server.database, settings: Self.lockout, logger: Fixture.logger)
            }
            for server in servers {
                let reply = try await Self.status("crpa_wrong", server)
                #expect(reply.status == 401)
                try await server.lockouts?.flush()
            }
            let fresh = Authenticator(database: server.database, settings: Self.lockout, logger: Fixture.logger)
            #expect(try await Self.status("crpa_wrong", fresh).status == 429)
        }
    }

    /// So few that each is written at once.
    private static let ofNetworks = AuthenticationSettings(
        lockout: LockoutRule(failuresMax: 5, networkFailuresMax: 9, within: .seconds(300), lockedFor: .seconds(900)))

    /// Each with a beginning of its own.
    private static func wrong(_ number: Int) -> String { "crpa_\(1000 + number)-wrong" }

    @Test func `wrong tokens without end lock a network, and those who show right ones are let in`() async throws {
        try await Fixture.with(authentication: Self.ofNetworks) { server in
            for number in 0..<9 {
                let reply = try await server.send(.GET, "/api/v1/jobs", token: Self.wrong(number))
                #expect(reply.status == 401, "\(number): \(reply.json)")
            }
            for number in 9..<20 {
                let reply = try await server.send(.GET, "/api/v1/jobs", token: Self.wrong(number))
                #expect(reply.status == 429 && reply.code == "TOO_MANY_REQUESTS", "\(number): \(reply.json)")
                #expect(reply.json["error"]?["details"]?["reason"] == "network_locked_out")
                let seconds = try #require(reply.headers["retry-after"].flatMap(Int.init))
                #expect((890...900).contains(seconds))
            }
            // From the same address.
            #expect(try await server.call(.GET, "/api/v1/jobs", as: .viewer).status == 200)
            // Of what comes beyond that nothing is kept.
            try await server.database.asSystem { connection in
                let subjects = try connection.execute("SELECT subject FROM lockouts").map { try $0.string("subject") }
                #expect(subjects.contains { $0.hasSuffix(" *") }, "\(subjects)")
                #expect(subjects.count <= 10, "\(subjects)")
            }
        }
    }

    @Test func `a network that one server has locked is locked at all of them`() async throws {
        try await Fixture.with { server in
            let first = Authenticator(database: server.database, settings: Self.ofNetworks, logger: Fixture.logger)
            let second = Authenticator(database: server.database, settings: Self.ofNetworks, logger: Fixture.logger)
            for number in 0..<9 {
                let reply = try await Self.status(Self.wrong(number), first)
                #expect(reply.status == 401)
            }
            let locked = try await Self.status(Self.wrong(77), second)
            #expect(locked.status == 429 && (locked.retryAfter ?? 0) > 800)
            // What is no token, and what another server has never seen.
            #expect(try await Self.status("nothing", second).status == 429)
            let right = try #require(server.tokens[.viewer])
            #expect(try await Self.status(right, second).status == 200)
            #expect(try await Self.status(Self.wrong(78), second, from: "192.0.2.2").status == 401)
        }
    }

    @Test func `whoever is found to be nobody is let in no longer, also where their network is locked`() async throws {
        try await Fixture.with { server in
            let authenticator = Authenticator(
                database: server.database, settings: Self.ofNetworks, logger: Fixture.logger)
            let right = try #require(server.tokens[.viewer])
            for number in 0..<9 { _ = try await Self.status(Self.wrong(number), authenticator) }
            try await Self.admission(right, authenticator).check()
            let wrong = Self.admission(Self.wrong(1), authenticator)
            let refused = await #expect(throws: APIProblem.self) { try await wrong.check() }
            #expect(refused?.code == .tooManyRequests)
        }
    }

    private static func admission(
        _ token: String, _ authenticator: Authenticator, to access: Route.Access = .anyCaller
    ) -> Admission {
        Admission(
            authenticator: authenticator, services: nil, authorization: "Bearer \(token)",
            source: NetworkAddress("192.0.2.1"), certificate: nil, access: access)
    }

    @Test func `whoever is locked out is let in no longer, and who only comes too often is`() async throws {
        try await Fixture.with { server in
            let right = try #require(server.tokens[.viewer])
            let strict = Authenticator(database: server.database, settings: Self.lockout, logger: Fixture.logger)
            let lockedOut = Self.admission(right, strict)
            try await lockedOut.check()
            // The same beginning: otherwise a revoked token would count for as long as its bearer shows wrong ones.
            for _ in 0..<5 { _ = try await Self.status(String(right.prefix(9)) + "wrong", strict) }
            let refused = await #expect(throws: APIProblem.self) { try await lockedOut.check() }
            #expect(refused?.details?["reason"] == "locked_out")

            let slow = AuthenticationSettings(lockout: nil, rate: RequestRate(perSecond: 1))
            let busy = Authenticator(database: server.database, settings: slow, logger: Fixture.logger)
            var statuses: [Int] = []
            // However slow this machine is, ten requests do not take ten seconds.
            for _ in 0..<10 {
                statuses.append(try await Self.status(right, busy).status)
                try await Self.admission(right, busy).check()
            }
            #expect(statuses.contains(429))
            // What they may not do, they may not meanwhile either.
            let reading = Self.admission(right, busy, to: .needs(.credentialRead))
            let forbidden = await #expect(throws: APIProblem.self) { try await reading.check() }
            #expect(forbidden?.code == .insufficientPermissions)
        }
    }

    @Test func `without a bound for networks they are not locked`() async throws {
        try await Fixture.with(authentication: Self.lockout) { server in
            for number in 0..<50 {
                let reply = try await server.send(.GET, "/api/v1/jobs", token: Self.wrong(number))
                #expect(reply.status == 401, "\(number): \(reply.json)")
            }
        }
    }

    @Test func `nothing is counted of those who show nothing, or nothing wrong`() async throws {
        try await Fixture.with(authentication: Self.lockout) { server in
            for _ in 0..<10 {
                #expect(try await server.call(.GET, "/api/v1/jobs", as: nil).status == 401)
                #expect(try await server.call(.GET, "/api/v1/tokens", as: .viewer).status == 403)
            }
            let counts = try await server.database.asSystem { connection in
                try connection.execute("SELECT subject FROM lockouts").count
            }
            #expect(counts == 0)
        }
    }

    @Test func `who sends more than the rate is told when to come again, and others are served`() async throws {
        let authentication = AuthenticationSettings(lockout: nil, rate: RequestRate(perSecond: 1))
        try await Fixture.with(authentication: authentication) { server in
            var statuses: [Int] = []
            var refusal: OrchestratorFixture.Reply?
            // However slow this machine is, ten requests do not take ten seconds.
            for _ in 0..<10 {
                let reply = try await server.call(.GET, "/api/v1/auth/me", as: .viewer)
                statuses.append(reply.status)
                if reply.status == 429 { refusal = reply }
            }
            #expect(statuses.first == 200 && statuses.contains(429))
            #expect(refusal?.headers["retry-after"] == "1")
            #expect(refusal?.json["error"]?["details"]?["reason"] == "rate_limit")
            #expect(try await server.call(.GET, "/api/v1/auth/me", as: .operator).status == 200)
        }
    }

    @Test func `two servers give out one rate together`() async throws {
        let authentication = AuthenticationSettings(lockout: nil, rate: RequestRate(perSecond: 1))
        try await Fixture.with { server in
            let token = try #require(server.tokens[.viewer])
            let servers = (0..<4).map { _ in
                Authenticator(database: server.database, settings: authentication, logger: Fixture.logger)
            }
            var served = 0
            for server in servers {
                let reply = try await Self.status(token, server)
                if reply.status == 200 { served += 1 }
            }
            #expect(served < servers.count)
        }
    }
}
