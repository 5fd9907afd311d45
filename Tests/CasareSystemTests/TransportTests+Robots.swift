import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Robots that show certificates and have no token.
extension TransportTests {
    private static let robot = "mill-1"
    /// As certificates have it beside the name.
    private static let uri = "casare://1/robots/\(Self.robot)"

    /// A robot that is gone has lost its jobs after so long.
    private static let shortSessions: @Sendable (String) -> [String: String] = { _ in ["CASARE_LEASE_SECONDS": "5"] }

    /// What jobs do to the world: they append words to a file.
    private struct World: Sendable {
        let folder: String

        private var file: String { "\(self.folder)/effects" }
        private var gate: String { "\(self.folder)/gate" }

        /// In their order.
        var effects: [String] {
            let text = (try? String(contentsOf: URL(filePath: self.file), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").map(String.init)
        }

        func open() throws { try "".write(toFile: self.gate, atomically: true, encoding: .utf8) }

        /// Of a workflow of three steps, the second of which waits until the gate is open, and may be done again.
        func document() throws -> String {
            let script = "\(self.folder)/append.sh"
            // It ends with the file at the latest.
            try """
            echo "$2" >> "$1"
            [ -z "$3" ] && exit 0
            while [ -e "$1" ] && [ ! -e "$3" ]; do sleep 0.05; done

            """.write(toFile: script, atomically: true, encoding: .utf8)
            func append(_ word: String, _ further: [String] = []) -> Value {
                let arguments = [script, self.file, word] + further
                return [
                    "node_type": "RunCommandNode",
                    "config": [
                        "command": "/bin/sh", "args": .list(arguments.map { .string($0) }), "timeout": 600,
                        "on_recovery": .string(further.isEmpty ? "ask" : "retry"),
                    ],
                ]
            }
            let document: Value = [
                "metadata": ["name": "three steps"],
                "nodes": ["a": append("first"), "b": append("waits", [self.gate]), "c": append("last")],
                "connections": .list(
                    [("a", "b"), ("b", "c")].map {
                        [
                            "source_node": .string($0.0), "source_port": "exec_out", "target_node": .string($0.1),
                            "target_port": "exec_in",
                        ]
                    }),
            ]
            return document.jsonText(.compact)
        }
    }

    @Test func `a robot that was let in works by its certificate, also after it was killed in the middle of a job`()
        async throws
    {
        try await TransportSystem.with(settings: Self.shortSessions) { system in
            let settings = try await system.enroll(Self.robot)
            #expect(settings["CASARE_ROBOT_ID"] == Self.robot && settings["CASARE_TOKEN"] == nil)
            let world = World(folder: system.folder)
            let document = try world.document()
            let job = try await system.withRobot("first", settings) { robot -> String in
                let job = try await system.submit(document)
                try await eventually("the job is in its middle") {
                    world.effects == ["first", "waits"] ? true : nil
                }
                robot.send(.kill)
                try await eventually("the robot is dead") { robot.hasEnded ? true : nil }
                return job
            }
            try await system.withRobot("second", settings) { _ in
                try await eventually("the job is in its middle again") {
                    world.effects == ["first", "waits", "waits"] ? true : nil
                }
                try world.open()
                let ended = try await system.completed(job)
                #expect(ended["status"] == "completed" && ended["robot"]?.string == Self.robot, "\(ended)")
            }
            #expect(world.effects == ["first", "waits", "waits", "last"])
        }
    }

    @Test func `a robot renews to another authority, and gets nothing more once its certificate is revoked`()
        async throws
    {
        try await TransportSystem.with(settings: Self.shortSessions) { system in
            let settings = try await system.enroll(Self.robot)
            let job = try await system.withRobot("robot", settings) { robot -> String in
                try await Self.work(system)
                try await Self.renewToAnotherAuthority(system)
                try await Self.work(system)

                // What it was renewed with goes with it.
                let serials = try await system.casarectl("robot", "certificates", Self.robot, "-o", "name")
                let first = try #require(serials.output.split(separator: "\n").last.map(String.init))
                let revoked = try await system.casarectl(
                    "robot", "certificate", "revoke", Self.robot, first, "--yes", "--reason", "the machine was stolen")
                #expect(revoked.status == 0, "\(revoked.errors)")
                // It may have been waiting for this job when it was still let in.
                let job = try await system.submit()
                try await eventually("the robot has ended") { robot.hasEnded ? true : nil }
                #expect(robot.log.contains(Self.advice), "\(robot.log)")
                #expect(!robot.log.contains(job), "\(robot.log)")
                return job
            }
            #expect(try await system.json(["job", "get", job])["status"] == "pending")
            let again = try await system.robot(settings).run([])
            #expect(again.status == 1 && again.errors.contains(Self.advice), "\(again.errors)")

            let renewed = try await system.enroll(Self.robot, ["--force"])
            try await system.withRobot("again", renewed) { _ in
                let ended = try await system.completed(job)
                #expect(ended["robot"]?.string == Self.robot && ended["attempt"] == 1, "\(ended)")
            }
        }
    }

    /// Has the robot run a job.
    private static func work(_ system: TransportSystem) async throws {
        let job = try await system.submit()
        let ended = try await system.completed(job)
        #expect(ended["robot"]?.string == Self.robot, "\(ended)")
    }

    /// What the server tells whoever shows a certificate that does not count.
    private static let advice = "casarectl robot enroll --force puts another certificate in its place"

    /// The robot goes on meanwhile.
    private static func renewToAnotherAuthority(_ system: TransportSystem) async throws {
        let changed = "The authorities of clients have changed"
        let before = system.server.count(of: changed)
        let rotated = try await system.casarectl("ca", "rotate", "--yes", "--reason", "it is time")
        #expect(rotated.status == 0, "\(rotated.errors)")
        try await eventually("the server knows both authorities") {
            system.server.count(of: changed) > before ? true : nil
        }
        let renewed = try await system.casarectl(
            ["robot", "enroll", "--directory", system.robotFolder, "--renew"], variables: TransportSystem.stranger)
        #expect(renewed.status == 0, "\(renewed.errors)")
        let known = try await system.json(["robot", "certificates", Self.robot]).list ?? []
        #expect(known.count == 2 && known.first?["renews"] == known.last?["serial"], "\(known)")
        #expect(known.first?["authority"] != known.last?["authority"], "\(known)")
    }

    @Test func `a certificate of another authority is refused in the handshake, and so is one that has ended`()
        async throws
    {
        try await TransportSystem.with(settings: { ["CASARE_TLS_CLIENT_CA": "\($0)/ca.pem"] }) { system in
            let unknown = "it is from no authority that the server knows"
            let foreign = try system.certificates.otherAuthority.client(Self.robot, uri: Self.uri)
            let settings = try system.showing(foreign, as: Self.robot)
            try await system.withRobot("foreign", settings) { robot in
                try await eventually("it is refused") { robot.log.contains(unknown) ? true : nil }
                // Somebody may put another certificate there.
                #expect(!robot.hasEnded && !robot.log.contains("Robot is ready"), "\(robot.log)")
            }
            // A token beside it does not help. Such a connection may break off before the reason has come.
            let refused = try await eventually("casarectl is told so") { () async throws -> TestProgram.Ended? in
                let ended = try await system.casarectl(["whoami"], variables: settings)
                return ended.errors.contains(unknown) ? ended : nil
            }
            #expect(refused.status == 1, "\(refused.errors)")

            let ended = try system.certificates.authority.client(
                Self.robot, uri: Self.uri, from: Date(timeIntervalSinceNow: -7200),
                until: Date(timeIntervalSinceNow: -60))
            let late = try system.showing(ended, as: Self.robot)
            try await system.withRobot("ended", late) { robot in
                try await eventually("it is refused, and says what to do") {
                    robot.log.contains("it has ended; get a new one")
                        && robot.log.contains("casarectl robot enroll --force puts another one in its place")
                        ? true : nil
                }
                // That is done while it goes on trying.
                _ = try await system.enroll(Self.robot, ["--force"])
                try await Self.work(system)
                #expect(!robot.hasEnded)
            }
        }
    }
}
