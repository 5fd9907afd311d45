import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// Programs whose own time was up before they came to an end.
@Suite struct InDoubtProgramTests {
    /// Long enough for no program here to end by itself, and as short as a node's timeout can be.
    private static let kinds: [(String, Object)] = [
        ("RunCommandNode", ["command": "sleep 300"]),
        ("RunCommandNode", ["command": "echo paid >> ledger; sleep 300", "shell": true]),
        ("RunPythonScriptNode", ["code": "import time; time.sleep(300)"]),
        ("RunPythonFileNode", ["file_path": "a.py", "retry_count": 3, "retry_interval": 1]),
        ("RunBatchScriptNode", ["script": "sleep 300", "retry_count": 3, "retry_interval": 1]),
        // It stands for an interpreter that may not be installed here: it stumbles over the input, and sleeps.
        ("RunJavaScriptNode", ["code": "sleep 300", "node_path": "sh"]),
    ]

    private static func withFolder(_ body: (RunFolder) async throws -> Void) async throws {
        try await withRunFolder { folder in
            var folder = folder
            folder.policy = NodePolicy(checksCommands: false)
            try folder.write("import time; time.sleep(300)", "a.py")
            try await body(folder)
        }
    }

    @Test(arguments: Self.kinds)
    func `a program that its timeout ends is in doubt, and is not run again`(name: String, inputs: Object) async throws
    {
        try await Self.withFolder { folder in
            let reason = try await folder.doubt(name, inputs.merging(["timeout": 1])).reason
            #expect(reason == "it was ended when its timeout of 1 s was up")
        }
    }

    @Test(arguments: Self.kinds)
    func `where it may happen twice its timeout is a failure`(name: String, inputs: Object) async throws {
        try await Self.withFolder { folder in
            let failure = try await folder.repeatingInDoubt.failure(
                name, inputs.merging(["timeout": 1, "retry_count": 0]))
            #expect(failure.type == "TimeoutError")
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test func `a script is tried again after its timeout only where it may happen twice`() async throws {
        try await Self.withFolder { folder in
            let inputs: Object = [
                "script": "echo x >> tries; sleep 300", "timeout": 1, "retry_count": 1, "retry_interval": 1,
            ]
            _ = try await folder.doubt("RunBatchScriptNode", inputs)
            // A machine under load may have ended it before its first line.
            if folder.exists("tries") { #expect(try folder.read("tries") == "x\n") }
            let again = inputs.merging([
                "script": "echo x >> again; test $(wc -l < again) -ge 2 || sleep 300", "timeout": 3, "retry_count": 9,
            ])
            #expect(try await folder.repeatingInDoubt.perform("RunBatchScriptNode", again)["success"] == true)
        }
    }

    /// What a run of one command ends with, as the document and its step have it.
    private static func conclusion(_ recovery: Value?, in folder: RunFolder) async throws -> RunConclusion {
        var config: Object = ["command": "sleep 300", "timeout": 1]
        if let recovery { config["on_recovery"] = recovery }
        let document = StandardRun.workflow(
            [
                "try": ("TryNode", ["paired_catch_id": "catch"]), "pay": ("RunCommandNode", config),
                "catch": ("CatchNode", [:]), "note": StandardRun.set("caught", "{{catch.error_type}}"),
            ], ["try.try_body > pay", "catch.catch_body > note"])
        let (parsed, issues) = WorkflowDocument.parse(document)
        let program = try Program(try #require(parsed, "\(issues)"), catalogue: StandardNodes.catalogue)
        return try await RunDriver(
            program: program, runID: "run", options: Job.Options(), variables: [:], journal: MemoryJournal(),
            environment: RunEnvironment(workingDirectory: folder.path, policy: folder.policy)
        ).run()
    }

    @Test func `a run asks what became of it, whatever handles errors around it`() async throws {
        try await Self.withFolder { folder in
            guard case .inDoubt(let question, _, _) = try await Self.conclusion(nil, in: folder) else {
                Issue.record("It was not asked about")
                return
            }
            #expect(question.text == "Did pay (RunCommandNode) happen? It was ended when its timeout of 1 s was up.")
        }
    }

    @Test(arguments: [("skip", nil), ("fail", "InDoubtError"), ("retry", "TimeoutError")] as [(Value, Value?)])
    func `on_recovery decides in its place`(recovery: Value, caught: Value?) async throws {
        try await Self.withFolder { folder in
            let conclusion = try await Self.conclusion(recovery, in: folder)
            guard case .finished(let result, nil, _) = conclusion else {
                Issue.record("The run did not complete: \(conclusion)")
                return
            }
            #expect(result.variables["caught"] == caught)
        }
    }
}
