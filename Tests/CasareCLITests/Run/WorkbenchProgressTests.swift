import Testing

/// The line of progress of `casarectl run`.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct WorkbenchProgressTests {
    private static let slow = """
        {"metadata": {"name": "slow"},
         "nodes": {
          "each": {"node_type": "ForLoopStartNode", "config": {"items": ["a"]}},
          "wait": {"node_type": "WaitNode", "name": "A nap", "config": {"duration": 1}}},
         "connections": [{"source_node": "each", "source_port": "body", "target_node": "wait", "target_port": "exec_in"}]}
        """

    /// script(1) gives the program a terminal.
    private static func onTerminal(_ arguments: String, in folder: String) throws -> BuiltProgram.Ending {
        try BuiltProgram(path: "/usr/bin/script").run(
            ["-qec", "\(Workbench.program.path) run w.json \(arguments)", "/dev/null"], in: folder,
            environment: ["TERM": "xterm", "NO_COLOR": "1"])
    }

    @Test func `progress is one line on a terminal, and gone at the end`() throws {
        try withFolder { folder in
            try write(Self.slow, to: folder + "/w.json")
            let run = try Self.onTerminal("", in: folder)
            #expect(run.status == 0)
            #expect(run.output.contains("\r1 node done, "))
            #expect(run.output.contains(#" s: wait "A nap" in loop each, pass 1 of 1"#))
            let result = try #require(run.output.firstRange(of: "slow completed after "))
            // The line is cleared right before the result, and not drawn again.
            #expect(run.output[..<result.lowerBound].hasSuffix("\r\u{1B}[K"))
            #expect(!run.output[result.lowerBound...].contains("node done"))
        }
    }

    @Test(arguments: ["--quiet", "-o json", "--trace", "2>errors"])
    func `progress is nowhere else`(arguments: String) throws {
        try withFolder { folder in
            try write(Self.slow, to: folder + "/w.json")
            let run = try Self.onTerminal(arguments, in: folder)
            #expect(run.status == 0)
            #expect(!run.output.contains("done,"))
            #expect(!run.output.contains("\u{1B}[K"))
        }
    }
}
