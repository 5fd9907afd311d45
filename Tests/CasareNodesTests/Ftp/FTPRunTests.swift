import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Testing

/// FTP nodes in whole runs.
@Suite struct FTPRunTests {
    private static func program(_ nodes: [(id: String, type: String, config: Object)]) throws -> Program {
        let connections = zip(nodes, nodes.dropFirst()).map { from, to -> Value in
            [
                "source_node": .string(from.id), "source_port": "exec_out", "target_node": .string(to.id),
                "target_port": "exec_in",
            ]
        }
        let document: Value = [
            "nodes": .object(
                Object(
                    nodes.map {
                        (
                            $0.id,
                            ["node_id": .string($0.id), "node_type": .string($0.type), "config": .object($0.config)]
                        )
                    })),
            "connections": .list(connections),
        ]
        let (parsed, issues) = WorkflowDocument.parse(text: document.jsonText(.compact))
        return try Program(try #require(parsed, "\(issues)"), catalogue: StandardNodes.catalogue)
    }

    private static func run(
        _ program: Program, in folder: String, journal: any Journal = MemoryJournal()
    ) async throws -> RunResult {
        let driver = RunDriver(
            program: program, runID: "run", options: Job.Options(trace: true), variables: [:], journal: journal,
            environment: RunEnvironment(workingDirectory: folder, policy: .ofOwnServers))
        guard case .finished(let result, _, let entries) = try await driver.run() else {
            throw NodeFailure.value("The run did not finish")
        }
        try await journal.record(entries)
        return result
    }

    @Test func `a run that goes on elsewhere connects again, and repeats nothing`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            try ftp.folder.write("content", "x")
            let program = try Self.program([
                ("connect", "FTPConnectNode", ftp.access),
                ("upload", "FTPUploadNode", ["local_path": "x", "path": "y"]),
                ("rename", "FTPRenameNode", ["old_path": "y", "new_path": "z"]),
                ("list", "FTPListNode", ["path": "."]),
            ])
            let journal = MemoryJournal()
            let first = try await Self.run(program, in: ftp.folder.path, journal: journal)
            #expect(first.success, "\(first.error ?? "")")
            #expect(first.nodeOutputs?["list"] == ["items": ["z"], "count": 1])
            // The robot died before it listed.
            let kept = MemoryJournal(await journal.entries().filter { $0.step < 3 })
            let second = try await Self.run(program, in: ftp.folder.path, journal: kept)
            #expect(second.success, "\(second.error ?? "")")
            #expect(second.nodeOutputs?["list"] == ["items": ["z"], "count": 1])
            let commands = ftp.server.text("commands").split(separator: "\n")
            #expect(commands.count { $0.hasPrefix("USER") } == 2)
            #expect(commands.count { $0.hasPrefix("STOR") } == 1)
            #expect(commands.count { $0.hasPrefix("RNTO") } == 1)
            // Each run says goodbye at its end.
            #expect(commands.count { $0 == "QUIT" } == 2)
        }
    }

    @Test func `a run that had disconnected finds no connection when it goes on`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            let program = try Self.program([
                ("connect", "FTPConnectNode", ftp.access), ("disconnect", "FTPDisconnectNode", [:]),
                ("list", "FTPListNode", [:]),
            ])
            let journal = MemoryJournal()
            let first = try await Self.run(program, in: ftp.folder.path, journal: journal)
            let second = try await Self.run(
                program, in: ftp.folder.path, journal: MemoryJournal(await journal.entries().filter { $0.step < 2 }))
            for result in [first, second] {
                #expect(result.error?.contains("No FTP connection. Use FTP Connect node first.") == true)
            }
        }
    }

    /// The shape of the original's FTP sample: nobody connects.
    @Test func `a workflow of FTP nodes without a server fails cleanly at the first that needs one`() async throws {
        try await withRunFolder { folder in
            let program = try Self.program([
                ("size", "FTPGetSizeNode", ["path": "/a.txt"]), ("list", "FTPListNode", ["path": "/"]),
            ])
            let result = try await Self.run(program, in: folder.path)
            #expect(!result.success)
            #expect(result.error?.contains("No FTP connection. Use FTP Connect node first.") == true)
            #expect(result.nodeErrors.map(\.node) == ["size"])
        }
    }
}
