import CasareDomain
import CasareEngine
import Glibc
import Testing

@testable import CasareCLI

@Suite struct DebugCommandTests {
    @Test(arguments: [
        ("step", DebugCommand.step), ("s", .step), ("  NEXT  ", .next), ("n", .next), ("out", .out), ("c", .proceed),
        ("continue", .proceed), ("q", .quit), ("vars", .variables(nil)), ("vars total", .variables("total")),
        ("inputs", .inputs), ("outputs", .outputs(nil)), ("outputs Get it", .outputs("Get it")), ("where", .stack),
        ("p a + 1 ", .print("a + 1")), ("watch total > 3", .watch("total > 3")), ("unwatch", .unwatch(nil)),
        ("unwatch 2", .unwatch(2)), ("break", .breakAt(nil)),
        ("b fetch if x == \"if\"", .breakAt("fetch if x == \"if\"")),
        ("delete 3", .delete(3)), ("breaks", .breakpoints), ("?", .help),
    ])
    func `commands are read, short or long`(line: String, command: DebugCommand) throws {
        #expect(try DebugCommand(parsing: line) == command)
    }

    @Test func `set takes values as --var does`() throws {
        guard case .set(let text) = try DebugCommand(parsing: "set who=Ann Lee"),
            case .set(let number) = try DebugCommand(parsing: "set n=5"),
            case .set(let json) = try DebugCommand(parsing: #"set n:="5""#)
        else {
            Issue.record("It is no set")
            return
        }
        #expect(text.name == "who" && text.value == "Ann Lee")
        #expect(number.value == 5)
        #expect(json.value == "5")
    }

    @Test(arguments: [
        ("contnue", "there is no command 'contnue'; did you mean 'continue'?"),
        ("frobnicate", "there is no command 'frobnicate'; help lists them"),
        ("print", "it is print EXPRESSION"), ("delete", "it is delete NUMBER"), ("delete x", "'x' is no number"),
        ("step 3", "step stands alone, without '3'"),
        ("set x", "set: expected name=value, or name:=JSON for any JSON"),
    ])
    func `a mistake is named, and what to write instead`(line: String, message: String) {
        let mistake = #expect(throws: DebugMistake.self) { try DebugCommand(parsing: line) }
        #expect(mistake?.description == message)
    }

    private static let nodes = [
        NodeReference(workflow: "main", node: "fetch", name: "Get it"),
        NodeReference(workflow: "main", node: "check", name: "Check if paid"),
        NodeReference(workflow: "sub", node: "fetch", name: nil),
    ]

    @Test(
        arguments: [
            ("fetch", ["main", "sub"], nil), ("Get it", ["main"], nil), ("check if total > 3", ["main"], "total > 3"),
            ("Check if paid", ["main"], nil), ("Check if paid if x in [1, 2]", ["main"], "x in [1, 2]"),
            ("check if 1 if x", ["main"], "1 if x"),
        ] as [(String, [String], String?)])
    func `a breakpoint is a node, by ID or name, and maybe a condition`(
        text: String, workflows: [String], condition: String?
    ) throws {
        // `1 if x` is no expression of the engine's.
        if condition == "1 if x" {
            #expect(throws: DebugMistake.self) { try Breakpoint(text, among: Self.nodes) }
            return
        }
        let breakpoint = try Breakpoint(text, among: Self.nodes)
        #expect(breakpoint.nodes.map(\.workflow) == workflows)
        #expect(breakpoint.condition?.text == condition)
    }

    @Test func `a breakpoint at nothing says what was probably meant`() {
        let mistake = #expect(throws: DebugMistake.self) { try Breakpoint("fetsh if x", among: Self.nodes) }
        #expect(mistake?.description == "the workflow has no node 'fetsh'; did you mean 'fetch'?")
    }

    // MARK: Lines from stdin

    private static func withPipe(_ body: (_ input: CommandInput, _ write: Int32) async throws -> Void) async throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        try await body(CommandInput(ends[0]), ends[1])
    }

    @Test func `lines are read one at a time, the last one without an end too`() async throws {
        try await Self.withPipe { input, end async throws in
            let text = "step\r\n\nlast"
            _ = text.withCString { write(end, $0, strlen($0)) }
            #expect(try await input.line(within: nil) == .text("step"))
            #expect(try await input.line(within: nil) == .text(""))
            // Half a line is none.
            #expect(try await input.line(within: .milliseconds(1)) == .missing)
            _ = write(end, "\n", 1)
            #expect(try await input.line(within: nil) == .text("last"))
        }
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nothing) }
        #expect(try await CommandInput(nothing).line(within: nil) == .end)
    }

    @Test func `whoever is cancelled does not wait for a line`() async throws {
        try await Self.withPipe { input, _ async throws in
            let waiting = Task { try await input.line(within: nil) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
