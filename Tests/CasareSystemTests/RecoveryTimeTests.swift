import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

/// When the job of a killed robot is leased elsewhere, by the order of what the database saw. How many seconds that
/// takes is measured by `bench/durability`.
struct RecoveryTimeTests {
    private static let document = #"""
        {"metadata": {"name": "long"}, "nodes": {"wait": {"node_type": "WaitNode", "config": {"duration": 7200}}}}
        """#

    private static let leaseOf = Query(
        """
        SELECT leases.since, robot_sessions.alive_until
        FROM leases JOIN robot_sessions USING (tenant_id, session_id)
        WHERE robot_sessions.robot_id = @robot
        """)

    private struct Handover: Sendable {
        /// Until when the killed robot's lease held, as it was before the robot was killed.
        let leaseEnd: Date
        /// When the other robot had the job.
        let leasedAgain: Date
    }

    /// Kills a robot with a job, and waits until another one has it.
    private static func handover(of kind: TestSystem.RobotKind, leaseSeconds: Int) async throws -> Handover {
        try await TestSystem.with { system in
            let submitted = try await system.casarectl(["submit", "-", "-o", "name"], input: Self.document)
            #expect(submitted.status == 0, "\(submitted.errors)")
            let database = try await PostgresConnection.connect(try PostgresConfiguration(url: system.databaseURL))
            let leaseEnd = try await system.withRobot(
                kind, id: "first", slots: 1, variables: ["CASARE_LEASE_SECONDS": "\(leaseSeconds)"]
            ) { first in
                let end = try await eventually("the first robot has the job") {
                    try await database.execute(Self.leaseOf, ["robot": .text("first")]).first?.date("alive_until")
                }
                first.send(.kill)
                return end
            }
            let leasedAgain = try await system.withRobot(kind, id: "second", slots: 1) { _ in
                try await eventually("the second robot has the job") {
                    try await database.execute(Self.leaseOf, ["robot": .text("second")]).first?.date("since")
                }
            }
            await database.close()
            return Handover(leaseEnd: leaseEnd, leasedAgain: leasedAgain)
        }
    }

    /// Its lease is an hour long and nobody waits for that: the connection that is gone says it.
    @Test func `the job of a robot over SQL that is killed is leased elsewhere before its lease is over`() async throws
    {
        let handover = try await Self.handover(of: .sql, leaseSeconds: 3600)
        #expect(handover.leasedAgain < handover.leaseEnd)
    }

    /// Nobody can tell whether such a robot is gone or cannot be reached, so it has the job to itself until then.
    @Test func `the job of a robot over the API that is killed is leased elsewhere when its lease is over`()
        async throws
    {
        let handover = try await Self.handover(of: .api, leaseSeconds: 30)
        #expect(handover.leasedAgain >= handover.leaseEnd)
    }
}
