import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// The corpus as a person runs it: by `casarectl run`, and by `casarectl submit` on robots of both kinds.
struct CorpusProcessTests {
    @Test func `casarectl run does with every workflow what it must`() async throws {
        try await withTemporaryDirectory { folder in
            try await Self.check(inParallel: 2) { entry in
                // Each in a directory of its own: some leave files.
                let directory = "\(folder)/\(entry.name)"
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                return try await TestProgram(.casarectl, variables: ["HOME": folder]).run(
                    ["run", entry.path, "-o", "json", "--trace"] + entry.optionArguments, in: directory)
            }
        }
    }

    @Test(arguments: TestSystem.RobotKind.allCases)
    func `casarectl submit does with every workflow what it must`(robot: TestSystem.RobotKind) async throws {
        try await TestSystem.with { system in
            try await system.withRobot(robot, id: "corpus", slots: 8) { _ in
                try await Self.check(inParallel: 4) { entry in
                    try await system.casarectl(
                        [
                            "submit", entry.path, "--wait", "--timeout", "120s", "-o", "json", "--trace",
                            "--max-attempts", "1",
                        ] + entry.optionArguments)
                }
            }
        }
    }

    private static func check(
        inParallel width: Int, _ run: @escaping @Sendable (Corpus.Entry) async throws -> TestProgram.Ended
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, entry) in Corpus.all.enumerated() {
                if position >= width { try await group.next() }
                group.addTask { Self.check(entry, try await run(entry)) }
            }
            try await group.waitForAll()
        }
    }

    private static func check(_ entry: Corpus.Entry, _ ended: TestProgram.Ended) {
        if entry.expected["refused"] != nil {
            // A server refuses the document; a local run reports that nothing ran.
            if ended.status == 9, let printed = try? Value(parsingJSON: ended.output) {
                #expect(printed["failure"]?["kind"] == "rejected")
                #expect(printed["result"]?["success"] == false)
            } else {
                #expect(ended.status == 1, "\(entry.name): \(ended.errors)")
                #expect(ended.output.isEmpty)
                #expect(ended.errors.hasPrefix("casarectl: "), "\(entry.name): \(ended.errors)")
            }
            return
        }
        guard let printed = try? Value(parsingJSON: ended.output), let result = printed["result"] else {
            Issue.record("\(entry.name) printed no result: \(ended.output) \(ended.errors)")
            return
        }
        let differences = entry.differences(from: result)
        #expect(differences.isEmpty, "\(entry.name): \(differences.joined(separator: "\n"))")
        #expect(ended.status == (result["success"] == true ? 0 : 9), "\(entry.name): \(ended.errors)")
    }
}

extension Corpus.Entry {
    fileprivate var optionArguments: [String] {
        var arguments: [String] = []
        if self.options.continueOnError { arguments.append("--continue-on-error") }
        if let seconds = self.options.nodeTimeoutSeconds { arguments += ["--node-timeout", "\(seconds)"] }
        return arguments
    }
}
