import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// A running Casare with dead letters of two causes: three of `reader`, which completed once, and one of `thrower`.
struct LetterScene: Sendable {
    let system: TestSystem
    /// Of `reader`, oldest first; the last one began with `customer` "acme".
    let readers: [String]
    let thrower: String
    /// A file that is there.
    let path: String

    private static let reader: Value = [
        "metadata": ["name": "reader"],
        "variables": ["pin": ["default_value": "none", "sensitive": true]],
        "nodes": ["read": ["node_type": "ReadFileNode", "config": ["file_path": "{{path}}"]]],
    ]
    private static let throwing: Value = [
        "metadata": ["name": "thrower"],
        "nodes": ["stop": ["node_type": "ThrowErrorNode", "config": ["error_message": "the bank is closed"]]],
    ]

    static func with(_ body: @escaping @Sendable (LetterScene) async throws -> Void) async throws {
        try await TestSystem.with { system in
            try await system.withRobot(.sql, id: "robot") { _ in try await body(try await Self.played(on: system)) }
        }
    }

    private static func played(on system: TestSystem) async throws -> LetterScene {
        let path = "\(system.folder)/input.txt"
        try "hello".write(toFile: path, atomically: true, encoding: .utf8)
        for document in [Self.reader, Self.throwing] {
            let pushed = try await system.casarectl(["workflow", "push", "-"], input: document.jsonText(.compact))
            #expect(pushed.status == 0, "\(pushed.errors)")
        }
        func submit(_ workflow: String, _ arguments: [String], endingWith status: Int) async throws -> String {
            let ended = try await system.casarectl(
                ["submit", workflow, "--max-attempts", "1", "--wait", "-o", "json"] + arguments)
            #expect(ended.status == status, "\(ended.errors)")
            return try #require(try Value(parsingJSON: ended.output)["id"]?.string)
        }
        _ = try await submit("reader", ["--var", "path=\(path)"], endingWith: 0)
        var readers: [String] = []
        for (number, more) in [[], ["--var", "pin=secret-one"], ["--var", "customer=acme"]].enumerated() {
            readers.append(
                try await submit(
                    "reader", ["--var", "path=\(system.folder)/missing-\(number).txt"] + more, endingWith: 9))
        }
        let thrower = try await submit("thrower", [], endingWith: 9)
        return LetterScene(system: system, readers: readers, thrower: thrower, path: path)
    }

    /// Runs `casarectl dlq` with the words of `line`.
    func dlq(_ line: String, _ arguments: [String] = [], input: String = "") async throws -> TestProgram.Ended {
        try await self.system.casarectl(
            ["dlq"] + line.split(separator: " ").map(String.init) + arguments, input: input)
    }

    /// The IDs that `dlq list` prints.
    func list(_ line: String) async throws -> [String] {
        let listed = try await self.dlq("list -o name --limit 0 \(line)")
        #expect(listed.status == 0 && listed.errors.isEmpty, "\(line): \(listed.errors)")
        return listed.output.split(separator: "\n").map(String.init)
    }

    func letter(_ id: String) async throws -> Value { try await self.system.json("dlq", "show", id) }

    /// What a command printed as JSON.
    static func json(_ ended: TestProgram.Ended) throws -> Value { try Value(parsingJSON: ended.output) }
}
