import CasareDomain
import CasareEngine
import CasareNodes
@testable import CasareRobot
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Logging
import Testing

/// Tenants' policies on their way to the nodes, by every broker.
struct TenantPolicyTests {
    typealias Form = BrokerFixture.Form

    private static let other = Tenant.ID(rawValue: 2)

    private static func document(_ type: String, _ config: Object) -> String {
        let document: Value = [
            "metadata": ["name": "w"], "nodes": ["n": ["node_type": .string(type), "config": .object(config)]],
        ]
        return document.jsonText(.compact)
    }

    /// What each switch lets through when it is turned, on a robot as it comes, and how a node says that it may not.
    private static let cases: [(name: SafetyPolicy.Switch, document: String, error: String)] = [
        (.pathRules, document("ListFilesNode", ["directory_path": "/proc/sys/kernel/random"]), "PathSecurityError"),
        // It is on the list, and does no harm with this.
        (.commandRules, document("RunCommandNode", ["command": "rm", "args": ["--version"]]), "SecurityError"),
        (
            .nodeOverrides,
            document("RunCommandNode", ["command": "rm", "args": ["--version"], "allow_dangerous": true]),
            "SecurityError"
        ),
    ]

    private static func set(
        _ name: SafetyPolicy.Switch, _ setting: Bool?, of tenant: Tenant.ID = .default, in fixture: BrokerFixture
    ) async throws {
        try await fixture.changePolicy(of: tenant) { $0[name] = setting }
    }

    /// Runs one job of a tenant, once, on a robot; returns its failure.
    private static func run(
        _ document: String, of tenant: Tenant.ID = .default, policy: NodePolicy = .standard,
        refusesLoosening: Bool = false, in fixture: BrokerFixture
    ) async throws -> Failure? {
        let once = Job.Options(retry: .never)
        let id = try await fixture.submit(for: tenant, document: document, options: once)[0]
        return try await fixture.withBroker(of: tenant) { broker in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            try await withTemporaryDirectory { folder in
                let executor = JobExecutor(
                    broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
                    configuration: RobotConfiguration(
                        description: try BrokerFixture.description("robot"), workingDirectory: folder, policy: policy,
                        refusesLoosening: refusesLoosening),
                    logger: logger, telemetry: .unobserved, isStopRequested: { false })
                let job = try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first)
                #expect(job.lease.job == id)
                await executor.execute(job)
            }
            guard case .finished(let outcome) = try await fixture.job(id, of: tenant).state else {
                Issue.record("The job has not ended")
                return nil
            }
            return outcome.failure
        }
    }

    @Test(arguments: Form.withTenants, Self.cases.indices)
    func `what is refused runs once the tenant allows it, and another tenant's does not`(
        form: Form, index: Int
    ) async throws {
        let (name, document, error) = Self.cases[index]
        try await BrokerFixture.with(form) { fixture in
            try await fixture.addTenant(Self.other)
            #expect(try await Self.run(document, in: fixture)?.type == error)
            try await Self.set(name, !name.isRule, in: fixture)
            #expect(try await Self.run(document, in: fixture) == nil)
            #expect(try await Self.run(document, of: Self.other, in: fixture)?.type == error)
            // Back to what the robot says.
            try await Self.set(name, nil, in: fixture)
            #expect(try await Self.run(document, in: fixture)?.type == error)
        }
    }

    @Test(arguments: Form.allCases)
    func `a tenant's rule binds on a robot that has turned it off`(form: Form) async throws {
        let lenient = NodePolicy(checksPaths: false, checksCommands: false)
        let (_, command, error) = Self.cases[1]
        let script = Self.document("RunPythonScriptNode", ["code": "result = 1"])
        try await BrokerFixture.with(form) { fixture in
            #expect(try await Self.run(command, policy: lenient, in: fixture) == nil)
            try await Self.set(.commandRules, true, in: fixture)
            #expect(try await Self.run(command, policy: lenient, in: fixture)?.type == error)
            try await Self.set(.scripts, false, in: fixture)
            #expect(try await Self.run(script, policy: lenient, in: fixture)?.type == "SecurityError")
        }
    }

    @Test(arguments: Form.allCases)
    func `a robot that refuses to be loosened keeps its rules, and takes stricter ones`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            for (name, document, error) in Self.cases {
                try await Self.set(name, !name.isRule, in: fixture)
                #expect(try await Self.run(document, refusesLoosening: true, in: fixture)?.type == error)
                try await Self.set(name, nil, in: fixture)
            }
            try await Self.set(.scripts, false, in: fixture)
            let script = Self.document("RunPythonScriptNode", ["code": "result = 1"])
            #expect(try await Self.run(script, refusesLoosening: true, in: fixture)?.type == "SecurityError")
        }
    }

    @Test(arguments: Form.allCases)
    func `what a robot denies for its own sake no tenant allows`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            for name in SafetyPolicy.Switch.allCases { try await Self.set(name, !name.isRule, in: fixture) }
            try await withTemporaryDirectory { folder async throws in
                let list = Self.document("ListFilesNode", ["directory_path": .string(folder)])
                #expect(try await Self.run(list, in: fixture) == nil)
                let denying = NodePolicy(deniedPaths: [folder])
                #expect(try await Self.run(list, policy: denying, in: fixture)?.type == "PathSecurityError")
                let rooted = NodePolicy(allowedRoots: [folder + "/allowed"])
                #expect(try await Self.run(list, policy: rooted, in: fixture)?.type == "PathSecurityError")
            }
            let script = Self.document("RunPythonScriptNode", ["code": "result = 1"])
            #expect(
                try await Self.run(script, policy: NodePolicy(allowsScripts: false), in: fixture)?.type
                    == "SecurityError")
        }
    }

    @Test func `every switch reaches the node, and leaves the robot's own limits alone`() {
        let robot = NodePolicy(allowedRoots: ["/a"], deniedPaths: ["/b"], scriptMemoryBytesMax: 7)
        let loose = SafetyPolicy([
            .pathRules: false, .commandRules: false, .urlRules: false, .nodeOverrides: true, .scripts: true,
        ])
        var expected = robot
        expected.checksPaths = false
        expected.checksCommands = false
        expected.allowsInternalURLs = true
        expected.allowsDangerousOverrides = true
        #expect(robot.applied(to: loose, isTighteningOnly: false) == expected)
        #expect(robot.applied(to: loose, isTighteningOnly: true) == robot)
        #expect(robot.applied(to: SafetyPolicy(), isTighteningOnly: false) == robot)
        let strict = SafetyPolicy([
            .pathRules: true, .commandRules: true, .urlRules: true, .nodeOverrides: false, .scripts: false,
        ])
        var strictest = robot
        strictest.allowsScripts = false
        #expect(expected.applied(to: strict, isTighteningOnly: false) == strictest)
        #expect(expected.applied(to: strict, isTighteningOnly: true) == strictest)
    }

    @Test func `a lease of an orchestrator that knows no policies leaves everything to the robot`() throws {
        let job = LeasedJob(
            lease: Lease(job: .new(at: Date()), token: .init(rawValue: 1)), attempt: 1, workflowName: "w",
            workflowVersion: 1,
            document: "{}", variables: [:], options: .init(), priority: .normal,
            policy: SafetyPolicy([.urlRules: false, .scripts: false]))
        let written = try ValueEncoder.encode(LeasedJobInfo(job))
        #expect(try ValueDecoder.decode(LeasedJobInfo.self, from: written).leasedJob == job)
        var members = try #require(written.object)
        members["policy"] = nil
        let older = try ValueDecoder.decode(LeasedJobInfo.self, from: .object(members)).leasedJob
        #expect(older.policy == SafetyPolicy())
        // And one that knows of more switches than this robot.
        members["policy"] = ["scripts": false, "later_rules": true]
        let newer = try ValueDecoder.decode(LeasedJobInfo.self, from: .object(members)).leasedJob
        #expect(newer.policy == SafetyPolicy([.scripts: false]))
    }
}
