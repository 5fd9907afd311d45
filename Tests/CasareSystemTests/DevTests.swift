import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

/// `casarectl dev` when its Postgres does not live as long as it should.
struct DevTests {
    /// The process that is Postgres in a data folder of `dev`, once it takes connections: the lock file says so.
    private static func postmaster(in folder: String) -> pid_t? {
        let path = "\(folder)/postgres/data/postmaster.pid"
        guard let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8), text.contains("\nready")
        else { return nil }
        return text.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// Writes a file, again and again: what is cut off may be done again.
    private static func writing(_ folder: String) -> Value {
        [
            "metadata": ["name": "writing"],
            "nodes": [
                "each": [
                    "node_type": "ForLoopStartNode", "config": ["mode": "range", "end": 10, "item_var": "n"],
                ],
                "pause": ["node_type": "WaitNode", "config": ["duration": 0.2]],
                "write": [
                    "node_type": "WriteFileNode",
                    "config": ["file_path": .string(folder + "/{{job}}-{{n}}"), "content": "{{n}}"],
                ],
                "next": ["node_type": "ForLoopEndNode", "config": ["paired_start_id": "each"]],
            ],
            "connections": .list(
                [("each", "body", "pause"), ("pause", "exec_out", "write"), ("write", "exec_out", "next")].map {
                    [
                        "source_node": .string($0.0), "source_port": .string($0.1), "target_node": .string($0.2),
                        "target_port": "exec_in",
                    ]
                }),
        ]
    }

    @Test func `a Postgres that is killed is started again, and every job comes to its end`() async throws {
        try await TestSystem.with(options: ["--slots", "2"]) { system in
            let folder = "\(system.folder)/files"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            func submit(_ name: String) async throws -> String {
                let submitted = try await system.casarectl(
                    ["submit", "-", "--var", "job=\(name)", "-o", "name"],
                    input: Self.writing(folder).jsonText(.compact))
                #expect(submitted.status == 0, "\(submitted.errors)")
                return submitted.output.trimmingNewline
            }
            var jobs: [String] = []
            for name in ["a", "b", "c", "d"] { jobs.append(try await submit(name)) }
            try await eventually("a job is in its middle") {
                FileManager.default.fileExists(atPath: "\(folder)/a-2") ? true : nil
            }
            let first = try #require(Self.postmaster(in: "\(system.folder)/dev"))
            kill(first, SIGKILL)
            try await eventually("Postgres runs again") {
                system.log.contains("PostgreSQL is running again") ? true : nil
            }
            #expect(system.log.contains("PostgreSQL was killed by signal 9; starting it again (1 of 3)"))
            #expect(Self.postmaster(in: "\(system.folder)/dev") != first)
            // The server may still be finding out that its connections are gone.
            jobs.append(
                try await eventually("a new job is taken") {
                    let submitted = try await system.casarectl(
                        ["submit", "-", "--var", "job=e", "--idempotency-key", "e", "-o", "name"],
                        input: Self.writing(folder).jsonText(.compact))
                    return submitted.status == 0 ? submitted.output.trimmingNewline : nil
                })
            for job in jobs {
                let ended = try await system.casarectl("job", "watch", job, "--timeout", "60s", "-o", "json")
                #expect(try Value(parsingJSON: ended.output)["status"] == "completed", "\(ended.errors)")
            }
            for name in ["a", "b", "c", "d", "e"] {
                let text = try String(contentsOf: URL(filePath: "\(folder)/\(name)-9"), encoding: .utf8)
                #expect(text == "9")
            }
        }
    }

    @Test func `dev says that its robot was drained, and goes on without it`() async throws {
        try await TestSystem.with(options: []) { system in
            try await eventually("the robot is there") {
                try await system.json("robot", "list").list?.first?["status"] == "live" ? true : nil
            }
            let drained = try await system.casarectl("robot", "drain", "dev", "--wait")
            #expect(drained.status == 0, "\(drained.errors)")
            try await eventually("dev says so") {
                system.log.contains("casarectl: the robot dev was asked to end, and has ended") ? true : nil
            }
            #expect(try await system.json("status")["robots_online"] == 0)
        }
    }

    @Test func `dev and its robot are told what services are told, and what dev does not read it names`()
        async throws
    {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let secrets = "\(folder)/secrets/apps"
            try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
            try Data("k-4711".utf8).write(to: URL(filePath: "\(secrets)/crm"))
            let file = "\(folder)/providers.yaml"
            try Data("providers: { mounted: { kind: files, folder: \(folder)/secrets } }".utf8)
                .write(to: URL(filePath: file))
            let variables = ["CASARE_SECRET_PROVIDERS": file, "CASARE_TLS_KEY": "/nowhere"]
            try await TestSystem.with(options: [], variables: variables) { system in
                #expect(system.log.contains("not read by casarectl dev, which has its own: CASARE_TLS_KEY;"))
                let providers = try await system.json("secret", "provider", "list").list ?? []
                #expect(providers.map { $0["name"] } == ["mounted"])
                #expect(providers.map { $0["abilities"] } == [["paths"]])
                let root = try await system.json("secret", "provider", "paths", "mounted")
                #expect(root == [["path": "apps/", "is_folder": true]])
                let paths = try await system.casarectl("secret", "provider", "paths", "mounted", "apps/", "-o", "name")
                #expect(paths.status == 0 && paths.output == "apps/crm\n", "\(paths.errors)")
                #expect(try await system.casarectl("secret", "provider", "paths", "nobody").status == 4)
                let set = try await system.casarectl(
                    "secret", "set", "crm", "--kind", "api_key", "--provider", "mounted", "--path", "apps/crm")
                #expect(set.status == 0, "\(set.errors)")
                let written = "\(system.folder)/written"
                let workflow: Value = [
                    "metadata": ["name": "crm"],
                    "nodes": [
                        "write": [
                            "node_type": "WriteFileNode",
                            "config": ["file_path": .string(written), "content": "{{$secret:crm.api_key}}"],
                        ]
                    ],
                ]
                let ended = try await system.casarectl(
                    ["submit", "-", "--wait", "--timeout", "120s"], input: workflow.jsonText(.compact))
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(try String(contentsOf: URL(filePath: written), encoding: .utf8) == "k-4711")
            }
        }
    }

    @Test func `a setting of the service that is wrong ends dev before it has started anything`() async throws {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let dev = try TestProgram(.casarectl, variables: ["HOME": folder, "CASARE_RATE_LIMIT": "many"])
            let ended = try await dev.run(["dev", "--port", "0", "--data-dir", "\(folder)/dev"])
            #expect(ended.status == 64 && ended.errors.contains("CASARE_RATE_LIMIT is \"many\""), "\(ended.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/dev/postgres"))
        }
    }

    @Test func `an ordinary user needs nothing but a home`() async throws {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let user: TestProgram.User? = geteuid() == 0 ? .nobody : nil
            let home = "\(folder)/home"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
            if let user { try #require(chown(home, user.id, user.id) == 0) }
            let casarectl = try TestProgram(
                .casarectl, variables: ["HOME": home], as: user, copiedTo: folder)
            let document = #"{"nodes":{"a":{"node_type":"SetVariableNode","config":{"variable_name":"x","value":7}}}}"#
            var job = ""
            for start in 1...2 {
                let known = job
                job = try await casarectl.withRunning(["dev", "--port", "0"], log: "\(folder)/log-\(start)") { server in
                    try await eventually("dev is ready") { () throws -> Bool? in
                        guard !server.hasEnded else { throw NeverHappened(what: "dev is ready: \(server.log)") }
                        return server.log.contains("Casare is ready.") ? true : nil
                    }
                    let listed = try await casarectl.run(["job", "list", "-o", "name"], in: home)
                    #expect(listed.output.trimmingNewline == known)
                    let ended = try await casarectl.run(
                        ["submit", "-", "--wait", "-o", "json"], input: document, in: home)
                    #expect(ended.status == 0, "\(ended.errors)")
                    server.send(.terminate)
                    try await eventually("dev has stopped") { server.hasEnded ? true : nil }
                    return try Value(parsingJSON: ended.output)["id"]?.string ?? ""
                }
            }
            let data = try FileManager.default.attributesOfItem(atPath: "\(home)/.local/share/casare/dev")
            #expect(data[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can run a program as somebody else"))
    func `a user without a name is told what is missing`() async throws {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let stranger = TestProgram.User(id: 54_321)
            let home = "\(folder)/home"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
            try #require(getpwuid(stranger.id) == nil && chown(home, stranger.id, stranger.id) == 0)
            let casarectl = try TestProgram(
                .casarectl, variables: ["HOME": home], as: stranger, copiedTo: folder)
            var ended = try await casarectl.run(["dev", "--port", "0"], in: home)
            // A program that another test starts just then may still have the copy open.
            while ended.errors.contains("Text file busy") {
                ended = try await casarectl.run(["dev", "--port", "0"], in: home)
            }
            #expect(ended.status == 1)
            #expect(ended.errors.contains("user 54321 has no name"), "\(ended.errors)")
            #expect(ended.errors.contains("useradd"), "\(ended.errors)")
        }
    }

    @Test func `a Postgres that keeps dying ends dev, which says why and where to look`() async throws {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let dev = try TestProgram(.casarectl, variables: ["HOME": folder])
            let data = "\(folder)/dev"
            let details = "\(folder)/details.json"
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var last: pid_t?
                    while !Task.isCancelled {
                        // Not before it is up: a first start that fails is another matter.
                        if FileManager.default.fileExists(atPath: details), let server = Self.postmaster(in: data),
                            server != last
                        {
                            kill(server, SIGKILL)
                            last = server
                        }
                        // A cancelled sleep ends the loop by its condition.
                        try? await Task.sleep(for: .milliseconds(50))
                    }
                }
                let ended = try await dev.run(["dev", "--port", "0", "--data-dir", data, "--details", details])
                group.cancelAll()
                #expect(ended.status == 1)
                #expect(ended.errors.contains("(3 of 3)"), "\(ended.errors)")
                #expect(ended.errors.contains("after 3 restarts"), "\(ended.errors)")
                #expect(ended.errors.contains("\(data)/postgres/postgres.log"), "\(ended.errors)")
            }
        }
    }
}
