import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Calls of casarectl that are traced, and whose output nobody reads any more (`casarectl doctor | head -1`).
struct BrokenPipeTests {
    /// Where the programs are that the package builds.
    private static func programs() throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return tests.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    }

    /// Runs a command with descriptor 4 open on a pipe whose only reader has gone.
    private static func run(_ command: String, telling endpoint: String) async throws -> TestProgram.Ended {
        let programs = try self.programs()
        return try await withTemporaryDirectory { folder in
            let script = """
                export HOME="$PWD" OTEL_EXPORTER_OTLP_ENDPOINT="$2"
                mkfifo p && exec 3<>p 4>p 3>&-
                "$1/casarectl" \(command)
                exit "$?"
                """
            return try await TestProgram(path: "/bin/sh").run(["-c", script, "sh", programs, endpoint], in: folder)
        }
    }

    @Test(arguments: [
        ("version >&4", "version"), ("context use nowhere 2>&4", "context use"),
        // Its checks say that nothing is there, after some seconds at the most.
        ("doctor --url http://127.0.0.1:1 >&4", "doctor server"),
    ])
    func `such a call ends without a word, and its span is sent`(command: String, name: String) async throws {
        try await withOTLPReceiver { receiver in
            // On a machine that is busy it may give up before the receiver has answered.
            try await eventually("the span has come") { () async throws -> Bool? in
                let ended = try await Self.run(command, telling: receiver.endpoint)
                #expect(ended.status == 141, "\(ended.errors)")  // 128 + SIGPIPE
                #expect(ended.errors == "" && ended.output == "")
                return receiver.spans.isEmpty ? nil : true
            }
            let span = try #require(receiver.spans.first { $0.parentID.isEmpty })
            #expect(span.name == "casarectl \(name)" && span.status == .error)
            #expect(span.attributes["process.exit.code"] == .int(141))
        }
    }

    @Test func `a collector that is not there changes nothing`() async throws {
        try await withReservedPort { port in
            let ended = try await Self.run("version >&4", telling: "http://127.0.0.1:\(port)")
            #expect(ended.status == 141 && ended.errors == "" && ended.output == "")
        }
    }
}
