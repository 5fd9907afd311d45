import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareTestSupport
import Logging
import Synchronization
import Testing

/// Whose request a line of the log is of.
struct RequestLogTests {
    private final class Lines: Sendable {
        private let all = Mutex<[Logger.Metadata]>([])

        var metadata: [Logger.Metadata] { self.all.withLock { $0 } }

        func add(_ metadata: Logger.Metadata) { self.all.withLock { $0.append(metadata) } }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) { self.lines.add(self.metadata) }
    }

    @Test func `lines name the request and its trace, and the tenant once it is known`() throws {
        let lines = Lines()
        let trace = try #require(TraceID("0af7651916cd43dd8448eb211c80319c"))
        let log = RequestLog(Logger(label: "test") { _ in Handler(lines: lines) }, id: "req_1", trace: trace)
        log.logger.info("It came")
        log.isOf(tenant: nil)
        log.logger.info("Nobody knows whose")
        log.isOf(tenant: "acme")
        log.logger.info("It is known")
        let known: Logger.Metadata = ["request.id": "req_1", "trace_id": "0af7651916cd43dd8448eb211c80319c"]
        #expect(lines.metadata == [known, known, known.merging(["tenant": "acme"]) { $1 }])
    }

    @Test func `a tenant's name is asked for once, and nobody waits for one that is not to be had`() async throws {
        try await withTestDatabase { database in
            let acme = try await database.inSystem { try TenantStore.create(name: "acme", on: $0) }
            let names = TenantNames()
            #expect(await names.name(of: .default, in: database) == "default")
            #expect(await names.name(of: acme.id, in: database) == "acme")
            #expect(await names.name(of: Tenant.ID(rawValue: 9999), in: database) == nil)
            let stored = try await database.asSystem { try TenantStore.name(of: .default, on: $0) }
            #expect(stored == Tenant.defaultName)
            let gone = Database(database.configuration, connectionsMax: 1)
            await gone.close()
            #expect(await names.name(of: acme.id, in: gone) == "acme", "it is kept")
            #expect(await names.name(of: Tenant.ID(rawValue: 9999), in: gone) == nil)
        }
    }
}
