import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Testing

/// What a run leaves behind of the passwords that its mail nodes were given.
@Suite struct MailSecretTests {
    private static func program(_ access: Object) throws -> Program {
        let secret: (String) -> Value = { ["default_value": .string($0), "sensitive": true] }
        let good = access.merging(["password": "{{word}}", "attachments": "{{file}}"])
        let wrong = access.merging(["password": "{{word}}, not quite"])
        let document: Value = [
            "variables": ["word": secret("secret word"), "file": secret("plan-of-ann.txt")],
            "nodes": [
                "good": ["node_id": "good", "node_type": "SendEmailNode", "config": .object(good)],
                "wrong": ["node_id": "wrong", "node_type": "SendEmailNode", "config": .object(wrong)],
            ],
            "connections": [
                ["source_node": "good", "source_port": "exec_out", "target_node": "wrong", "target_port": "exec_in"]
            ],
        ]
        let (parsed, issues) = WorkflowDocument.parse(text: document.jsonText(.compact))
        return try Program(try #require(parsed, "\(issues)"), catalogue: StandardNodes.catalogue)
    }

    @Test func `a password is nowhere: not in the journal, not in the result, not in what is told`() async throws {
        try await SendingFixture.with { post async throws in
            let told = Warnings()
            let journal = MemoryJournal()
            let driver = RunDriver(
                program: try Self.program(post.access), runID: "run", options: Job.Options(trace: true), variables: [:],
                journal: journal,
                environment: RunEnvironment(
                    workingDirectory: post.folder.path, policy: .ofOwnServers, onEvent: { told.add("\($0)") }))
            guard case .finished(let result, let failure, let entries) = try await driver.run() else {
                throw NodeFailure.value("The run did not finish")
            }
            #expect(result.nodeOutputs?["good"]?["success"] == true)
            #expect(failure?.message.hasPrefix("Authentication failed: ") == true)
            #expect(told.all.contains { $0.contains("The attachment *** does not exist") })
            await journal.record(entries)
            let kept = await journal.entries().map { "\($0)" }
            #expect(kept.count == 2)
            let everything = kept + told.all + ["\(result)", "\(failure as Any)", post.server.text("log")]
            for text in everything {
                #expect(!text.contains("secret word") && !text.contains("plan-of-ann"), "\(text)")
            }
        }
    }
}
