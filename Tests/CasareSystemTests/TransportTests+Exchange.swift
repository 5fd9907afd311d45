import CasareClient
import CasarePostgres
import CasareTestSupport
import CasareWire
import Synchronization
import Testing

/// Another certificate of the server while it works.
extension TransportTests {
    @Test func `certificates are exchanged under load without a request that fails, and bad ones change nothing`()
        async throws
    {
        try await TransportSystem.with { system in
            let pushed = try await system.casarectl(["workflow", "push", "-"], input: TransportSystem.document)
            #expect(pushed.status == 0, "\(pushed.errors)")
            let (authority, other) = (system.certificates.authority, system.certificates.otherAuthority)
            let second = try other.server()
            let submitted = try await Self.submitting(to: system) { load in
                try await load.goesOn()
                #expect(try await Self.isServed(system, trusting: system.authority))
                #expect(try await !Self.isServed(system, trusting: system.otherAuthority))

                // Nobody tells the service.
                try system.serve(second, of: other)
                try await eventually("new connections see the other authority's certificate") {
                    try await Self.isServed(system, trusting: system.otherAuthority) ? true : nil
                }
                #expect(try await !Self.isServed(system, trusting: system.authority))
                try await load.goesOn()

                for (file, text, problem) in [
                    (system.keyFile, system.certificates.server.keyPEM, "does not belong to the certificate"),
                    (system.certificateFile, "nonsense", "names a file without certificates"),
                ] {
                    let before = system.server.count(of: problem)
                    try TestIdentity.replace(file, with: text)
                    system.server.send(.hangUp)
                    try await eventually("the log says what is wrong") {
                        system.server.count(of: problem) > before ? true : nil
                    }
                    #expect(
                        system.server.log.contains("The TLS files cannot be used, so the certificate from before stays")
                    )
                    #expect(try await Self.isServed(system, trusting: system.otherAuthority))
                    try await load.goesOn()
                }

                try system.serve(system.certificates.server, of: authority)
                system.server.send(.hangUp)
                try await eventually("new connections see the first certificate again") {
                    try await Self.isServed(system, trusting: system.authority) ? true : nil
                }
                try await load.goesOn()
            }
            let stored = try await system.installation.withConnection { connection in
                try connection.execute("SELECT count(*) AS count FROM jobs WHERE tenant_id = 1").only().int("count")
            }
            #expect(stored == submitted)
        }
    }

    /// What a new connection says of the server's certificate: whether it is of one of the authorities in a file.
    private static func isServed(_ system: TransportSystem, trusting authority: String) async throws -> Bool {
        try await withCasareClient(Self.configuration(system, trusting: authority)) { client -> Bool in
            do throws(ClientError) {
                _ = try await client.identity()
                return true
            } catch {
                guard case .tlsFailed = error else { throw error }
                return false
            }
        }
    }

    /// Of a client that tries once.
    private static func configuration(
        _ system: TransportSystem, trusting authority: String
    ) -> CasareClient.Configuration {
        var configuration = CasareClient.Configuration(url: system.url, token: system.token)
        configuration.retriesMax = 0
        configuration.tls = TLSSettings(authorityFile: authority)
        return configuration
    }

    // MARK: - Load

    private final class Load: Sendable {
        private let state = Mutex((count: 0, isOver: false))

        var count: Int { self.state.withLock { $0.count } }
        var isOver: Bool { self.state.withLock { $0.isOver } }

        func submitted() { self.state.withLock { $0.count += 1 } }
        func end() { self.state.withLock { $0.isOver = true } }

        /// Returns when more has been submitted.
        func goesOn() async throws {
            let before = self.count
            try await eventually("the load goes on") { self.count >= before + 10 ? true : nil }
        }
    }

    /// Submits jobs for as long as `body` runs, on a connection that stays open and on a new one each time. None may
    /// fail.
    ///
    /// - Returns: how many were submitted.
    private static func submitting(
        to system: TransportSystem, _ body: @escaping @Sendable (Load) async throws -> Void
    ) async throws -> Int {
        let both = "\(system.folder)/both.pem"
        try TestIdentity.replace(
            both, with: system.certificates.authority.pem + "\n" + system.certificates.otherAuthority.pem)
        let configuration = Self.configuration(system, trusting: both)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withCasareClient(configuration) { client in
                    while !load.isOver { try await Self.submit(by: client, load) }
                }
            }
            group.addTask {
                while !load.isOver {
                    try await withCasareClient(configuration) { try await Self.submit(by: $0, load) }
                }
            }
            group.addTask {
                defer { load.end() }
                try await body(load)
            }
            // The first that fails ends the others.
            while try await group.next() != nil {}
        }
        return load.count
    }

    private static func submit(by client: CasareClient, _ load: Load) async throws {
        _ = try await client.submit(SubmitJobRequest(workflow: "nothing"))
        load.submitted()
    }
}
