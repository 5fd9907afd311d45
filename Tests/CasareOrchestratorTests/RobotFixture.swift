import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// A registered robot with an open session.
struct RobotFixture: Sendable {
    let client: CasareClient
    let id: Robot.ID
    let session: Robot.SessionID
}

extension OrchestratorFixture {
    /// - Parameter token: of a robot; that of any robot when there is none.
    func withRobot<R: Sendable>(
        _ name: String, slots: Int = 4, token: String? = nil, _ body: (RobotFixture) async throws -> R
    ) async throws -> R {
        let id = try #require(Robot.ID(rawValue: name))
        var configuration = CasareClient.Configuration(url: self.url, token: token ?? self.tokens[.robot])
        configuration.retriesMax = 0
        return try await withCasareClient(configuration) { client in
            _ = try await client.registerRobot(RegisterRobotRequest(id: id, slots: slots))
            let opened = try await client.openSession(id, OpenSessionRequest(bootID: UUID(), slots: slots))
            #expect(opened.leaseSeconds > opened.heartbeatSeconds)
            return try await body(RobotFixture(client: client, id: id, session: opened.sessionID))
        }
    }

    func submit(_ count: Int) async throws -> [Job.ID] {
        try await self.pushWorkflow()
        return try await self.withClient(.operator) { client in
            try await client.submit(Array(repeating: SubmitJobRequest(workflow: "invoices"), count: count)).map(\.id)
        }
    }
}

/// What robots report in tests.
extension OrchestratorFixture {
    static let success = RunResult(
        success: true, error: nil, variables: ["total": 15.0], logs: ["done"], nodeErrors: [])

    static func row(_ step: Int) -> JournalRow {
        JournalRow(
            step: step, node: "n\(step)", nodeType: "WriteFileNode", effect: "idempotent",
            result: #"{"outputs":{"count":15.0}}"#, startedAt: Date(timeIntervalSince1970: 1),
            finishedAt: Date(timeIntervalSince1970: 2.5))
    }

    static func code(_ body: () async throws(ClientError) -> Void) async -> ErrorCode? {
        do throws(ClientError) {
            try await body()
            return nil
        } catch {
            guard case .api(let problem) = error else { return nil }
            return problem.code
        }
    }
}
