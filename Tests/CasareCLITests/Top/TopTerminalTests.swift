import CasareClient
import CasareDomain
import CasareTestSupport
import CasareWire
import Glibc
import Testing

@testable import CasareCLI

/// The real `casarectl top` on a real terminal.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct TopTerminalTests {
    private static let leaving = "\u{1B}[?1049l"

    private static func withTop<Result: Sendable>(
        _ server: BulkFixture, _ arguments: [String], _ body: (TerminalSession) async throws -> Result
    ) async throws -> Result {
        let path = try #require(BuiltProgram.casarectl).path
        return try await TerminalSession.with(
            path, ["top", "--interval", "1h"] + arguments,
            environment: [
                "HOME": server.folder, "CASARE_URL": server.url, "CASARE_TOKEN": server.tokens[.operator] ?? "",
                "NO_COLOR": "1",
            ], body)
    }

    @Test func `it draws, acts on a key after a yes, and gives the terminal back`() async throws {
        try await BulkFixture.with { server in
            _ = try await server.submit(1)
            try await Self.withTop(server, ["--section", "queues"]) { top in
                let before = top.modes
                var seen = try await top.sees("1 of 1")
                #expect(seen.hasPrefix("\u{1B}[?1049h") && seen.contains("> default"))
                #expect(top.isRaw)

                top.press("p")
                seen = try await top.sees("Pause queue default?", after: seen)
                top.press("n")
                seen = try await top.sees("not done", after: seen)
                #expect(try await server.client { try await $0.queue("default") }.queue.pause == nil)
                top.press("pr")
                seen = try await top.sees("Reason: _", after: seen)
                top.press("month end\r")
                seen = try await top.sees("paused queue default", after: seen)
                let pause = try await server.client { try await $0.queue("default") }.queue.pause
                #expect(pause?.reason == "month end")

                top.press("\r")
                seen = try await top.sees("queue default is paused", after: seen)
                top.press("q")
                seen = try await top.sees("> default", after: seen)
                top.press("q")
                #expect(try await top.exitStatus() == 0)
                #expect(top.output.hasSuffix(Self.leaving) && top.modes == before)
            }
        }
    }

    private static let endings: [(keys: String, signal: Int32?, status: Int32)] = [
        ("\u{03}", nil, 130), ("", SIGTERM, 143), ("", SIGHUP, 129), ("", SIGINT, 130),
    ]

    @Test(arguments: Self.endings)
    func `whatever ends it, the terminal is as it was`(keys: String, signal: Int32?, status: Int32) async throws {
        try await BulkFixture.with { server in
            try await Self.withTop(server, []) { top in
                let before = top.modes
                try await top.sees("no job is running")
                #expect(top.isRaw)
                top.press(keys)
                if let signal { top.signal(signal) }
                #expect(try await top.exitStatus() == status)
                #expect(top.output.hasSuffix(Self.leaving))
                #expect(top.modes == before && !top.isRaw)
            }
        }
    }

    @Test func `a new size of the terminal is drawn at once`() async throws {
        try await BulkFixture.with { server in
            try await Self.withTop(server, []) { top in
                let first = try await top.sees("5 Operations")
                top.resize(columns: 30, lines: 10)
                let second = try await top.sees("1–5: section", after: first)
                let frame = try #require(second.dropFirst(first.count).split(separator: "\u{1B}[H").last)
                let lines = frame.split(separator: "\r\n").map { $0.split(separator: "\u{1B}")[0] }
                #expect(lines.count <= 10 && lines.allSatisfy { DisplayWidth.of(String($0)) <= 30 }, "\(lines)")
                top.press("q")
                #expect(try await top.exitStatus() == 0)
            }
        }
    }

    @Test func `who cannot be let in is told so on the usual screen`() async throws {
        try await BulkFixture.with { server in
            let path = try #require(BuiltProgram.casarectl).path
            try await TerminalSession.with(
                path, ["top"],
                environment: ["HOME": server.folder, "CASARE_URL": server.url, "CASARE_TOKEN": "casare_wrong"]
            ) { top in
                let status = try await top.exitStatus()
                #expect(status == 3)
                #expect(!top.output.contains("\u{1B}["), "\(top.output)")
            }
        }
    }

    @Test func `without a terminal it refuses, and once it prints what there is`() async throws {
        try await BulkFixture.with { server in
            _ = try await server.submit(2)
            let refused = try await server.casarectl("top")
            #expect(refused.status == 64 && refused.errors.contains("casarectl top --once"), "\(refused.errors)")
            let once = try await server.casarectl("top --once --section queues", as: .viewer)
            #expect(once.status == 0, "\(once.errors)")
            #expect(once.output.contains("jobs           2 waiting") && once.output.contains("  default"))
            #expect(!once.output.contains("\u{1B}"))
        }
    }

    @Test func `status tells the same, on one screen and to programs`() async throws {
        try await BulkFixture.with { server in
            _ = try await server.submit(2)
            let screen = try await server.casarectl("status", as: .viewer)
            #expect(screen.status == 0, "\(screen.errors)")
            #expect(screen.output.contains("2 waiting, 0 due later") && screen.output.contains("Queues\n"))
            let json = try Value(parsingJSON: try await server.casarectl("status -o json", as: .viewer).output)
            #expect(json["queues"]?.list?.first?["ready"] == 2 && json["dead_letters"]?["open"] == 0)
        }
    }
}
