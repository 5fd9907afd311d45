import CasareDomain
import CasareEngine
import FoundationEssentials
import Glibc
import Testing

@testable import CasareCLI

/// Where `casarectl run` takes secrets from.
struct RunSecretsTests {
    private static func fields(_ answer: SecretAnswer?) -> [String: String]? {
        guard case .found(let fields) = answer else { return nil }
        return Dictionary(fields.names.map { ($0, fields[$0]?.reveal { $0 } ?? "") }, uniquingKeysWith: { $1 })
    }

    private static func problem(_ answer: SecretAnswer?) -> SecretProblem? {
        guard case .refused(let problem) = answer else { return nil }
        return problem
    }

    @Test func `variables are secrets, as texts, objects and single fields`() throws {
        let secrets = try RunSecrets(
            "env",
            environment: Environment([
                "CASARE_SECRET_PLAIN": "text", "CASARE_SECRET_DB_PROD": #"{"username": "ann", "port": 5432}"#,
                "CASARE_SECRET_DB_PROD__PASSWORD": "pw", "CASARE_SECRET_ODD_NAME_1": "x", "CASARE_SECRET_EMPTY": "",
            ]))
        let asked = [
            "plain", "plain@7", "db/prod", "db/prod.password", "db/prod.none", "odd.name-1", "empty", "gone",
        ]
        let answers = secrets.answers(to: asked)
        #expect(Set(answers.keys) == Set(asked))
        #expect(Self.fields(answers["plain"]) == ["value": "text"])
        #expect(Self.fields(answers["plain@7"]) == ["value": "text"])
        #expect(Self.fields(answers["db/prod"]) == ["username": "ann", "port": "5432", "password": "pw"])
        #expect(Self.fields(answers["db/prod.password"]) == ["password": "pw"])
        #expect(Self.problem(answers["db/prod.none"])?.message.contains("has no field none") == true)
        #expect(Self.fields(answers["odd.name-1"]) == ["value": "x"])
        #expect(Self.problem(answers["empty"])?.kind == .notFound)
        #expect(Self.problem(answers["gone"])?.message.contains("set CASARE_SECRET_GONE") == true)
    }

    private static func withFile<Result>(
        _ text: String, mode: mode_t = 0o600, _ body: (String) throws -> Result
    ) throws -> Result {
        try withFolder { folder in
            let path = "\(folder)/secrets.yaml"
            try write(text, to: path)
            #expect(chmod(path, mode) == 0)
            return try body(path)
        }
    }

    @Test func `a file has texts and objects by name`() throws {
        try Self.withFile("plain: text\ndb/prod:\n  password: pw\n  port: 5432\n") { path in
            let answers = try RunSecrets(path).answers(to: ["plain", "db/prod", "db/prod.port", "gone"])
            #expect(Self.fields(answers["plain"]) == ["value": "text"])
            #expect(Self.fields(answers["db/prod"]) == ["password": "pw", "port": "5432"])
            #expect(Self.fields(answers["db/prod.port"]) == ["port": "5432"])
            #expect(Self.problem(answers["gone"])?.message.contains("add gone to \(path)") == true)
        }
    }

    @Test(
        arguments: [
            ("No Name: x", "is no name of a secret"), ("a: [1]", "must be text or an object of fields, not"),
            ("a: {B: x}", "cannot have a field B"), ("a: {b: [x]}", "the field b of a must be text"), ("- a", "object"),
        ])
    func `a file that holds anything else is refused, without what it holds`(text: String, message: String) throws {
        try Self.withFile(text) { path in
            let failure = #expect(throws: CommandFailure.self) { _ = try RunSecrets(path) }
            #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "")")
        }
    }

    @Test(arguments: [0o644, 0o640, 0o604] as [mode_t])
    func `a file that others may read is refused`(mode: mode_t) throws {
        try Self.withFile("a: x", mode: mode) { path in
            let failure = #expect(throws: CommandFailure.self) { _ = try RunSecrets(path) }
            #expect(failure?.message.contains("chmod 600 \(path)") == true)
        }
    }
}

/// The same by the program.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct RunSecretsCommandTests {
    private static let program = BuiltProgram.casarectl!  // The suite is skipped without it.

    private static let workflow = """
        {"metadata": {"name": "secrets"}, "credential_bindings": {"shop": "prod/shop"},
         "nodes": {
          "write": {"node_type": "WriteFileNode", "config": {"file_path": "out", "content": "{{$secret:shop.password}}"}},
          "say": {"node_type": "LogNode", "config": {"message": "it is {{$secret:shop.password}}"}},
          "keep": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": "<{{$secret:shop.password}}>"}}},
         "connections": [
          {"source_node": "write", "source_port": "exec_out", "target_node": "say", "target_port": "exec_in"},
          {"source_node": "say", "source_port": "exec_out", "target_node": "keep", "target_port": "exec_in"}]}
        """

    @Test(arguments: [[], ["--trace"], ["--trace", "-o", "jsonl"], ["-o", "json"], ["--as-job"]])
    func `a run is given secrets and shows none`(arguments: [String]) throws {
        try withFolder { folder in
            try write(Self.workflow, to: folder + "/w.json")
            let run = try Self.program.run(
                ["run", "w.json", "--secrets-from", "-"] + arguments, in: folder,
                input: #"{"prod/shop": {"username": "ann", "password": "hunter2xyz"}}"#)
            #expect(run.status == 0, "\(run.errors)")
            let text = run.output + run.errors
            #expect(!text.contains("hunter2xyz") && text.contains("***"), "\(text)")
            let written = try FileManager.default.subpathsOfDirectory(atPath: folder).first {
                $0 == "out" || $0.hasSuffix("/out")
            }
            let path = "\(folder)/\(try #require(written))"
            #expect(try String(contentsOf: URL(filePath: path), encoding: .utf8) == "hunter2xyz")
        }
    }

    @Test(
        arguments: [([], "--secrets-from"), (["--as-job", "--max-attempts", "1"], "has no vault")]
            as [([String], String)])
    func `without them a run says how they are given`(arguments: [String], message: String) throws {
        try withFolder { folder in
            try write(Self.workflow, to: folder + "/w.json")
            let run = try Self.program.run(["run", "w.json"] + arguments, in: folder)
            #expect(run.status == 9)
            #expect((run.output + run.errors).contains(message), "\(run.output)\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder + "/out"))
        }
    }
}
