import CasareRobot
import CasareStore
import CasareTestSupport
import Logging
import Testing

struct SQLBrokerTests {
    @Test func `a database without the schema is asked again, and the message says what to run`() async throws {
        try await withEmptyDatabase { configuration in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let broker = SQLBroker(database: Database(configuration, connectionsMax: 1), logger: logger)
            let robot = try BrokerFixture.description("robot")
            let error = await #expect(throws: BrokerError.self) { try await broker.open(robot) }
            await broker.close()
            guard case .unavailable(let message) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(message.contains("casarectl db migrate"))
        }
    }
}
