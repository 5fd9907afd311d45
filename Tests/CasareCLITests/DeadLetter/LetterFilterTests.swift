import ArgumentParser
import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Which dead letters a command line means, and what it is refused for.
struct LetterFilterTests {
    private static let id = "01890000-0000-7000-8000-000000000001"
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func options(_ arguments: [String]) throws -> LetterFilterOptions {
        try LetterFilterOptions.parse(arguments)
    }

    private static func parse<Command: ParsableCommand>(
        _ line: String, as type: Command.Type = Command.self
    ) throws -> Command {
        try #require(try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    @Test func `every option is a part of the filter`() throws {
        let options = try Self.options([
            "--status", "open,acknowledged", "--workflow", "invoices", "--workflow-version", "3", "--kind", "timeout",
            "--type", "TimeoutError", "--fingerprint", "8d1f", "--error", "Refused", "--node", "fetch", "--robot", "r1",
            "--env", "production", "--tag", "gpu", "--since", "2h", "--until", "2027-01-15T08:00:00Z", "--variable",
            "customer=acme", "--variable", "amount=5", "--variable", "code:=\"5\"",
        ])
        #expect(!options.isEmpty)
        #expect(
            try options.filter(otherwise: [.resolved], now: Self.now)
                == DeadLetterFilter(
                    statuses: [.open, .acknowledged], workflow: "invoices", version: 3, kind: .timeout,
                    type: "TimeoutError", fingerprint: "8d1f", error: "Refused", node: "fetch", robot: "r1",
                    environment: "production", tag: "gpu", since: Self.now.addingTimeInterval(-7200),
                    until: Date(timeIntervalSince1970: 1_800_000_000),
                    variables: ["customer": "acme", "amount": 5, "code": "5"]))
    }

    @Test(arguments: [
        "--status open", "--workflow w", "--kind business", "--type T", "--fingerprint f", "--error e", "--node n",
        "--robot r", "--env e", "--environment e", "--tag t", "--since 1h", "--until 1h", "--variable a=1",
    ])
    func `each option alone is a filter`(line: String) throws {
        #expect(try Self.options([]).isEmpty)
        let options = try Self.options(line.split(separator: " ").map(String.init))
        #expect(!options.isEmpty)
        guard case .deadLetters(let filter) = try options.selection(otherwise: [], now: Self.now) else {
            Issue.record("\(line) selects no dead letters")
            return
        }
        #expect(!filter.isEmpty)
    }

    @Test func `a status is one, several, or all, and else what the command says`() throws {
        #expect(try Self.options([]).filter(otherwise: [.open]).statuses == [.open])
        #expect(try Self.options([]).filter(otherwise: []).statuses == [])
        #expect(try Self.options(["--status", "Resolved"]).filter(otherwise: [.open]).statuses == [.resolved])
        let several = try Self.options(["--status", "open, replayed"])
        #expect(try several.filter(otherwise: []).statuses == [.open, .replayed])
        for word in ["", "some", "open,", "open,all", ",", "open;resolved"] {
            #expect(LetterStatuses(argument: word) == nil, "\(word)")
        }
    }

    /// A filter that says nothing is refused by the server: whoever means all of them has said so.
    @Test func `all is no filter for a list, and every status for something that is done to them`() throws {
        let options = try Self.options(["--status", "all"])
        #expect(try options.filter(otherwise: [.open]).isEmpty)
        let all = DeadLetterFilter(statuses: Set(DeadLetter.Status.allCases))
        #expect(try options.selection(otherwise: [.open]) == .deadLetters(all))
    }

    @Test func `a time that is over before it begins, and a variable with two values, are refused`() throws {
        let options = try Self.options(["--since", "1h", "--until", "2h"])
        let failure = #expect(throws: CommandFailure.self) { try options.filter(otherwise: [], now: Self.now) }
        #expect(failure?.status == .usage && failure?.message.contains("until is not after since") == true)
        #expect(throws: (any Error).self) { try Self.options(["--variable", "a=1", "--variable", "a=2"]) }
        let many = (1...21).flatMap { ["--variable", "v\($0)=1"] }
        let tooMany = #expect(throws: CommandFailure.self) { try Self.options(many).filter(otherwise: []) }
        #expect(tooMany?.message.contains("20 are the most") == true)
    }

    @Test(arguments: [
        "dlq list --sort oldest --status all -o wide", "dlq ls --columns id,error,step,robot",
        "dlq groups", "dlq groups --since 6h --limit 5 -o json", "dlq groups 8d1f --workflow w",
        "dlq ack \(id) --reason known", "dlq ack - --yes", "dlq ack --workflow w --resolve --dry-run",
        "dlq ack --selection bank --rate 5/s --detach", "dlq ack --selection bank --resolve --rate 5/s",
        "dlq ack \(id) --resolve --timeout 5m",
        "dlq purge \(id) \(id)", "dlq purge --status resolved --until 30d --undo-within 2h --yes --reason old",
        "dlq export", "dlq export --workflow w --file l.jsonl --force --sort newest",
        "dlq retry \(id) --set a=1 --wait", "dlq retry - --yes --json-patch p.json",
        "dlq retry \(id) --version latest --dry-run", "dlq retry --workflow w --yes",
        "dlq replay --fingerprint f --canary 3 --rate 10/s --stop-on-error-rate 5% --reason fixed",
        "dlq replay --selection bank --detach", "dlq replay \(id) --set a=1 --var b=2 --from failed",
        "dlq replay - --from 7 --yes", "dlq replay --status acknowledged,open --version latest --timeout 5m --yes",
    ])
    func `every command takes its options`(line: String) throws {
        _ = try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        // Nothing is selected, or in two ways.
        "dlq ack", "dlq ack --yes --reason because", "dlq purge", "dlq purge --undo-within 10m", "dlq replay",
        "dlq replay --canary 3 --yes", "dlq retry", "dlq retry --yes", "dlq ack \(id) --workflow w",
        "dlq ack \(id) --selection s", "dlq purge - --error e", "dlq replay --workflow w --selection s",
        "dlq retry \(id) --node n",
        // Not of the form that is expected.
        "dlq list --sort size", "dlq list --status odd", "dlq list --workflow-version 0 --workflow w",
        "dlq list --workflow-version 2", "dlq list --variable novalue", "dlq list --tag a,b", "dlq list --robot a/b",
        "dlq groups --limit 0", "dlq groups f --fingerprint f", "dlq groups a b", "dlq export --force",
        "dlq export \(id)", "dlq purge --workflow w --undo-within 2d", "dlq replay --workflow w --rate fast",
        "dlq replay --workflow w --canary 0", "dlq replay --workflow w --stop-on-error-rate 101%",
        "dlq replay --workflow w --undo-within 5m", "dlq ack --workflow w --canary 3",
        "dlq ack --workflow w --resolve --detach --timeout 5m", "dlq ack --resolve",
    ])
    func `a wrong command line is a usage error`(line: String) async {
        #expect(await Casarectl.main(line.split(separator: " ").map(String.init)) == 64)
    }

    @Test func `who selects nothing is told by what to select`() throws {
        for command in ["ack", "purge", "replay", "retry"] {
            do {
                _ = try Casarectl.parseAsRoot(["dlq", command])
                Issue.record("dlq \(command) takes nothing for all")
            } catch {
                let message = Casarectl.fullMessage(for: error)
                for part in ["dead letter", "--workflow", "--fingerprint", "IDs"] {
                    #expect(message.contains(part), "\(command): \(message)")
                }
            }
        }
    }
}
