import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// `casarectl job replay`, as a person runs it: without a server.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct ReplayTests {
    /// Runs a replay of the steps beside a file that the workflow would read, and sees to it that nothing was done.
    private static func replay(
        _ steps: [StepInfo], _ arguments: String..., stub: String = #"{"bytes_written": 2}"#
    ) throws -> BuiltProgram.Ending {
        try withFolder { folder in
            try write(try CapsuleBuilder.capsule(steps).json().jsonText(), to: folder + "/c.json")
            try write("another text", to: folder + "/in.txt")
            try write(stub, to: folder + "/stub.json")
            // The suite is skipped without the program.
            let ending = try BuiltProgram.casarectl!.run(["job", "replay", "c.json"] + arguments, in: folder)
            #expect(!FileManager.default.fileExists(atPath: folder + "/out.txt"))
            return ending
        }
    }

    @Test func `recorded steps give their results, and the run fails as the job did`() throws {
        let ending = try Self.replay([CapsuleBuilder.fetch, CapsuleBuilder.note], "--trace", "-o", "json")
        #expect(ending.status == 9)
        let report = try Value(parsingJSON: ending.output)
        #expect(report["status"] == "failed")
        #expect(report["failure"]?["message"] == "no such invoice 42")
        #expect(report["failure"]?["node"] == "fail")
        #expect(report["result"]?["variables"]?["key"] == "***")
        #expect(report["trace"]?.list?.compactMap { $0["node"]?.string } == ["fetch", "note", "fail"])
        #expect(report["trace"]?.list?.first?["outputs"]?["content"] == "42")
        #expect(
            ending.errors
                == "casarectl: left out of the capsule: key, inner; --var NAME=VALUE gives a value\n")
    }

    @Test func `a result refers to what a called workflow's document gave to its sensitive variable`() throws {
        let fetched = try CapsuleBuilder.step(
            0, "fetch", "ReadFileNode", "captured", ["outputs": ["content": "<{{$sealed:inner%2Ejson..inner}}>"]])
        let ending = try Self.replay([fetched, CapsuleBuilder.note], "-o", "json")
        #expect(ending.status == 9, "\(ending.output)")
        #expect(try Value(parsingJSON: ending.output)["failure"]?["message"] == "no such invoice <***>")
    }

    @Test func `a step that is not in the capsule ends the replay, whatever handles errors, and is named`() throws {
        let ending = try Self.replay([CapsuleBuilder.fetch], "-o", "json", "--var", "key=k", "--var", "inner=i")
        #expect(ending.status == 1)
        let report = try Value(parsingJSON: ending.output)
        #expect(report["failure"]?["type"] == "NotInCapsule")
        #expect(
            report["failure"]?["message"]
                == """
                Step 1, note (AppendFileNode), is not in the capsule. --stub note=FILE gives its outputs, as a JSON object; \
                the job ended with: no such invoice 42
                """)
        #expect(report["result"]?["variables"] == [:])
        #expect(ending.errors == "")
    }

    @Test(arguments: [("[1]", "must hold a JSON object of the step's outputs"), ("{", "is not JSON: line 1")])
    func `a stub that is no object of outputs is an error of use, as for job resolve`(
        stub: String, message: String
    ) throws {
        let ending = try Self.replay([CapsuleBuilder.fetch], "--stub", "note=stub.json", stub: stub)
        #expect(ending.status == 64 && ending.errors.contains("stub.json \(message)"), "\(ending.errors)")
    }

    @Test(arguments: ["note", "Write it down"])
    func `a stub gives the outputs of a node, by its ID or its name`(node: String) throws {
        let ending = try Self.replay([CapsuleBuilder.fetch], "--stub", "\(node)=stub.json", "--trace")
        #expect(ending.status == 9)
        #expect(ending.output.contains("no such invoice 42"), "\(ending.output)")
        #expect(ending.errors.contains("bytes_written=2"), "\(ending.errors)")
    }

    @Test func `a stub stands in for a step that failed, and one that nothing asked for is told`() throws {
        let failed = try CapsuleBuilder.step(
            1, "note", "AppendFileNode", "effect", ["error": "disk full", "type": "OSError", "outputs": [:]])
        let recorded = try Self.replay([CapsuleBuilder.fetch, failed], "-o", "json")
        #expect(recorded.status == 0)
        #expect(try Value(parsingJSON: recorded.output)["result"]?["variables"]?["caught"] == true)
        #expect(recorded.errors.contains("the job ended with: no such invoice 42\n"), "\(recorded.errors)")
        let stubbed = try Self.replay([CapsuleBuilder.fetch, failed], "--stub", "note=stub.json")
        #expect(stubbed.status == 9 && stubbed.output.contains("no such invoice 42"), "\(stubbed.output)")
        let unused = try Self.replay([CapsuleBuilder.fetch, CapsuleBuilder.note], "--stub", "note=stub.json")
        #expect(
            unused.status == 9 && unused.errors.contains("no step asked for the stub of note\n"), "\(unused.errors)")
    }

    @Test func `a step in doubt stays in doubt unless a stub says what it brought`() throws {
        let steps = [
            try CapsuleBuilder.fetch, try CapsuleBuilder.step(1, "note", "AppendFileNode", "effect", nil),
        ]
        let doubtful = try Self.replay(steps, "-o", "json")
        #expect(doubtful.status == 9)
        #expect(try Value(parsingJSON: doubtful.output)["failure"]?["type"] == "InDoubtError")
        let answered = try Self.replay(steps, "--stub", "note=stub.json", "-o", "json")
        #expect(try Value(parsingJSON: answered.output)["failure"]?["message"] == "no such invoice 42")
    }

    @Test func `a step in doubt is asked about as the job asked about it`() throws {
        try withFolder { folder in
            let doubtful = try CapsuleBuilder.step(1, "note", "AppendFileNode", "effect", nil)
            var capsule = try #require(try CapsuleBuilder.capsule([CapsuleBuilder.fetch, doubtful]).json().object)
            var job = try #require(capsule["job"]?.object)
            job["question"] = [
                "step": 1, "node": "note", "node_type": "AppendFileNode", "text": "Did note happen? The disk was full.",
            ]
            capsule["job"] = .object(job)
            try write(Value.object(capsule).jsonText(), to: folder + "/c.json")
            // The suite is skipped without the program.
            let ending = try BuiltProgram.casarectl!.run(["job", "replay", "c.json", "-o", "json"], in: folder)
            let message = try Value(parsingJSON: ending.output)["failure"]?["message"]?.string ?? ""
            #expect(message.hasPrefix("Did note happen? The disk was full. The capsule does not say;"), "\(message)")
        }
    }

    @Test func `steps of another workflow are refused with the step named`() throws {
        let other = try CapsuleBuilder.step(0, "download", "HttpRequestNode", "effect", ["outputs": [:]])
        let ending = try Self.replay([other], "-o", "json")
        #expect(ending.status == 1)
        let failure = try Value(parsingJSON: ending.output)["failure"]
        #expect(failure?["type"] == "JournalMismatch")
        #expect(failure?["message"]?.string?.contains("download (HttpRequestNode)") == true, "\(ending.output)")
    }

    @Test(arguments: [
        (["--stub", "nope=stub.json"], Int32(64), "has no node 'nope'"),
        (["--stub", "note"], 64, "node=file"),
        (["--stub", "note=missing.json"], 4, "missing.json"),
    ])
    func `stubs that cannot be used are refused`(arguments: [String], status: Int32, message: String) throws {
        try withFolder { folder in
            try write(try CapsuleBuilder.capsule([CapsuleBuilder.fetch]).json().jsonText(), to: folder + "/c.json")
            let ending = try BuiltProgram.casarectl!.run(["job", "replay", "c.json"] + arguments, in: folder)
            #expect(ending.status == status)
            #expect(ending.errors.contains(message), "\(ending.errors)")
        }
    }
}
