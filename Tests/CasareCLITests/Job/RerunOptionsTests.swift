import ArgumentParser
import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What a person asks for when jobs are run again, and what becomes of it.
struct RerunOptionsTests {
    private static let job = "01890000-0000-7000-8000-000000000001"

    private static func command(_ words: [String]) throws -> RetryCommand {
        try #require(try Casarectl.parseAsRoot(["retry"] + words) as? RetryCommand)
    }

    @Test func `variables, a patch and a version are asked for`() throws {
        let patch = try JSONPatch(json: [["op": "replace", "path": "/a", "value": 2]])
        let changes = RerunChanges(set: ["b": 3], patch: patch, version: .latest)
        let request = changes.request(after: ["a": 1], from: nil, reason: "fixed")
        #expect(request == RetryJobRequest(reason: "fixed", patch: patch, set: ["b": 3], version: .latest))
        #expect(try changes.variables(after: ["a": 1]) == ["a": 2, "b": 3])
        // Servers from before are asked as they always were.
        let set = RerunChanges(set: ["b": 3]).request(after: ["a": 1, "b": 1], from: .failed, reason: nil)
        #expect(set == RetryJobRequest(variables: ["a": 1, "b": 3], from: .failed))
        #expect(RerunChanges().request(after: nil, from: nil, reason: nil) == RetryJobRequest())
        #expect(RerunChanges().isEmpty && !RerunChanges(version: .latest).isEmpty)
        let error = #expect(throws: CommandFailure.self) { try changes.variables(after: [:]) }
        #expect(error?.status == .usage && error?.message.contains("there is no member \"a\"") == true)
    }

    @Test func `a patch is read from a file, and what is none is named`() throws {
        try withFolder { folder in
            let path = "\(folder)/fix.json"
            try #"[{"op": "remove", "path": "/a"}]"#.write(toFile: path, atomically: true, encoding: .utf8)
            let command = try Self.command([Self.job, "--json-patch", path, "--set", "b=2", "--version", "latest"])
            let changes = try command.rerun.changesOfMany()
            #expect(changes.patch == (try JSONPatch(json: [["op": "remove", "path": "/a"]])))
            #expect(changes.set == ["b": 2] && changes.version == .latest && changes.from == nil)
            for (text, message) in [("{", "is not JSON"), ("{}", "the JSON patch is an object")] {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                let error = #expect(throws: CommandFailure.self) { try command.rerun.changes() }
                #expect(error?.status == .usage && error?.message.contains(message) == true)
            }
        }
        #expect(try Self.command([Self.job, "--version", "same"]).rerun.changes().isEmpty)
    }

    @Test func `where many begin is not a node`() throws {
        #expect(try Self.command([Self.job, "--from", "7"]).rerun.changesOfMany().from == .step(7))
        #expect(try Self.command([Self.job, "--from", "failed"]).rerun.changesOfMany().from == .failed)
        let error = #expect(throws: CommandFailure.self) {
            try Self.command([Self.job, "--from", "append"]).rerun.changesOfMany()
        }
        #expect(error?.status == .usage)
    }

    @Test(arguments: [
        [], [Self.job, "--workflow", "w"], [Self.job, "--version", "latest", "--from", "failed"],
        [Self.job, "--version", "newest"], ["-", "--json-patch", "-"], ["-", "--vars", "-"],
        [Self.job, "--vars", "-", "--json-patch", "-"], [Self.job, "--detach", "--wait"],
    ])
    func `what contradicts itself is refused`(words: [String]) {
        #expect(throws: (any Error).self) { try Self.command(words) }
    }

    @Test func `what a patch removes is shown as well`() {
        let changes = VariableChange.changes(
            from: ["a": 1, "pin": 2, "same": 3], to: ["b": 2, "same": 3], hiding: ["pin"])
        #expect(changes.map(\.text) == ["b: not set → 2", "a: 1 → removed", "pin: *** → removed"])
        #expect(changes[1].json == ["name": "a", "old": 1])
    }
}
