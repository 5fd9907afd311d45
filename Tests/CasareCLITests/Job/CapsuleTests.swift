import CasareDomain
import CasareWire
import FoundationEssentials
import Glibc
import Testing

@testable import CasareCLI

/// What is in the file of an exported job, and what is not.
struct CapsuleTests {
    @Test func `what is written reads as it was`() throws {
        let capsule = try CapsuleBuilder.capsule([
            CapsuleBuilder.fetch, try CapsuleBuilder.step(1, "note", "AppendFileNode", "effect", nil),
        ])
        let json = try capsule.json()
        let again = try Capsule(parsing: json.jsonText(.pretty(indent: 2)), name: "f")
        #expect(try again.json() == json)
        #expect(
            json.object?.keys == [
                "format", "casare", "exported_at", "left_out", "job", "seed_id", "workflow", "steps", "history",
                "result",
            ])
        #expect(again.id == CapsuleBuilder.id.description && again.error == "no such invoice 42")
        #expect(again.steps.map { $0.result == nil } == [false, true])
    }

    @Test func `values of sensitive variables are nowhere in it, and their names are told`() throws {
        let steps = [
            try CapsuleBuilder.step(
                0, "fetch", "ReadFileNode", "captured", ["outputs": ["content": "token given-key!", "n": 42]])
        ]
        let capsule = try CapsuleBuilder.capsule(
            steps, variables: ["path": "in.txt", "key": "given-key", "other": ["see given-key"]],
            failure: "no given-key for secret-default", idempotencyKey: "once-given-key")
        #expect(capsule.leftOut.keys == ["key", "inner"])
        #expect(capsule.variables == ["path": "in.txt", "other": ["see ***"]])
        let text = try capsule.json().jsonText(.compact)
        for secret in ["given-key", "secret-default", "secret-inner"] { #expect(!text.contains(secret), "\(secret)") }
        #expect(capsule.error == "no *** for ***" && capsule.job["idempotency_key"] == "once-***")
        #expect(capsule.steps.first?.result?["outputs"]?["content"] == "token ***!")
        // What is not sensitive stays, with its default.
        #expect(capsule.document["variables"]?["path"]?["default_value"] == "nowhere")
    }

    @Test func `what stands for a value has its shape, so that references to its parts hold`() throws {
        let secret: Value = ["user": "somebody", "pins": [1234, true], "more": #"{"token": "t-9999"}"#]
        let capsule = try CapsuleBuilder.capsule([], variables: ["key": secret])
        #expect(
            capsule.leftOut["key"]
                == ["user": "***", "pins": ["***", nil], "more": #"{"token":"***"}"#])
    }

    @Test func `without results only how steps failed is in it`() throws {
        let failed = try CapsuleBuilder.step(
            1, "note", "AppendFileNode", "effect", ["error": "disk full", "type": "OSError", "outputs": [:]])
        let capsule = try CapsuleBuilder.capsule([CapsuleBuilder.fetch, failed], withResults: false)
        #expect(capsule.steps.map { $0.result == nil } == [true, false])
        #expect(capsule.steps.first?.resultBytes == 28 && capsule.steps.first?.finishedAt != nil)
        #expect(capsule.result == nil)
        #expect(try Capsule(parsing: try capsule.json().jsonText(), name: "f").steps == capsule.steps)
    }

    @Test(arguments: [
        (#"{"format": 2, "job": {}, "workflow": {}}"#, ExitReason.versionSkew), ("{}", .failure), ("[", .failure),
        (#"{"format": 1, "job": {}, "workflow": {}, "steps": [{}]}"#, .failure),
    ])
    func `what is no capsule of this format is refused`(text: String, status: ExitReason) {
        let failure = #expect(throws: CommandFailure.self) { _ = try Capsule(parsing: text, name: "f.json") }
        #expect(failure?.status == status && failure?.message.contains("f.json") == true)
    }

    @Test func `the file is for its owner alone, and replaced only when asked for`() throws {
        try withFolder { folder in
            let path = folder + "/c.json"
            let file = PrivateFile(path: path, mayReplace: false)
            try file.check()
            try file.write("one")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? UInt16 == 0o600)
            let early = #expect(throws: CommandFailure.self) { try file.check() }
            let late = #expect(throws: CommandFailure.self) { try file.write("two") }
            #expect(early?.status == .conflict && late?.status == .conflict)
            #expect(try TextInput.file(path).read() == "one")
            try PrivateFile(path: path, mayReplace: true).write("three")
            #expect(try TextInput.file(path).read() == "three")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["c.json"])
        }
    }

    @Test func `where files have one name only, none is replaced either`() throws {
        try withFolder { folder in
            let path = folder + "/c.json"
            func put(_ text: String) throws {
                let template = folder + "/new"
                try PrivateFile(path: template, mayReplace: true).write(text)
                try PrivateFile(path: path, mayReplace: false).putInReservedPlace(Array(template.utf8CString))
            }
            try put("one")
            #expect(try TextInput.file(path).read() == "one")
            let failure = #expect(throws: CommandFailure.self) { try put("two") }
            #expect(failure?.status == .conflict)
            #expect(try TextInput.file(path).read() == "one")
        }
    }
}
