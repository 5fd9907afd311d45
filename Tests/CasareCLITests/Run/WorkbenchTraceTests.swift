import CasareDomain
import Testing

/// `casarectl run --trace`.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct WorkbenchTraceTests {
    @Test func `a trace goes to stderr, and the result alone to stdout`() throws {
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(["--trace"], in: folder)
            #expect(run.status == 0)
            #expect(run.output.hasPrefix("orders completed after "))
            #expect(!run.output.contains("Trace"))
            let lines = run.errors.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("warning") }
            #expect(lines[0] == #"   1 > total SetVariableNode value=0 variable_name="total" variable_type="String""#)
            #expect(lines[1].hasPrefix("   1 < total -> exec_out "))
            #expect(lines.contains("     : loop each, pass 2 of 3: 0"))
            #expect(lines.contains("       : try guard"))
            #expect(lines.contains(#"         : call price, workflow "price""#))
            #expect(
                lines.contains {
                    $0.contains("       ! check ") && $0.contains("AssertionError: Assertion failed: nothing ordered")
                })
            #expect(lines.contains { $0.contains("   < refused -> catch_body ") })
            #expect(lines.contains("       : catch of guard"))
            #expect(lines.contains("     : fork fork, branch 2 of 2 (branch_2)"))
            #expect(lines.contains { $0.contains(" < large -> false ") })
            #expect(run.errors.contains("nothing ordered ***"))
            #expect(!run.errors.contains("k-4711"))
        }
    }

    @Test func `with JSON the trace is in the result, and with JSON lines on stderr`() throws {
        try Workbench.withWorkflow { folder in
            let json = try Workbench.run(["--trace", "-o", "json"], in: folder)
            let printed = try Value(parsingJSON: json.output)
            let records = try #require(printed["trace"]?.list)
            #expect(records.map { $0["number"] } == (1...records.count).map { .int($0) })
            #expect(printed["trace_left_out"] == 0)
            let check = try #require(records.filter { $0["node"] == "check" }.dropFirst().first)
            #expect(check["workflow"] == "price")
            #expect(check["path"]?.list?.map { $0["kind"] } == ["loop", "try", "call"])
            #expect(check["path"]?.list?.first?["count"] == 2)
            #expect(check["error_type"] == "AssertionError")
            #expect(check["port"]?.isNull == true)
            #expect(check["duration_ms"]?.double != nil)
            let times = try #require(records.first { $0["node"] == "times" })
            #expect(times["inputs"]?["a"] == 3)
            #expect(times["outputs"] == ["result": 6])
            #expect(!json.output.contains("k-4711"))

            let lines = try Workbench.run(["--trace", "-o", "jsonl"], in: folder)
            #expect(lines.output.split(separator: "\n").count == 1)
            let told = try lines.errors.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
                try Value(parsingJSON: String($0))
            }
            #expect(told.count == records.count)
        }
    }
}
