import ArgumentParser
import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What a person reads who got an option wrong: which one, what it was given, and what it takes.
struct OptionErrorTests {
    private static let id = "01890000-0000-7000-8000-000000000001"

    /// The first line of the report on a command line; `nil` when it parses.
    private static func complaint(about arguments: [String]) -> String? {
        do {
            _ = try Casarectl.parseAsRoot(arguments)
            return nil
        } catch {
            return Casarectl.exitCode(for: error) == .validationFailure ? Casarectl.fullMessage(for: error) : nil
        }
    }

    @Test(arguments: [
        ("submit w --delay foo", "--delay", "such as 30s, 5m, 2h, 1d"),
        ("submit w --delay -5s", "--delay", "such as 30s"),
        ("submit w --delay 1y", "--delay", "such as 30s"), ("submit w --delay 31d", "--delay", "at most 30d"),
        ("submit w --at tomorrow", "--at", "2026-01-02T03:04:05Z"),
        ("submit w --at 2026-01-02", "--at", "2026-01-02T03:04:05+02:00"),
        ("submit w --at 2026-01-02T03:04:05", "--at", "with its zone"),
        ("submit w --at 2026-13-02T03:04:05Z", "--at", "2026-01-02T03:04:05Z"),
        ("submit w --priority 99", "--priority", "0 to 20"), ("submit w --priority -1", "--priority", "low, normal"),
        ("submit w --priority top", "--priority", "low, normal, high, urgent"),
        ("submit w --version 0", "--version", "a whole number from 1"), ("submit w --version x", "--version", "from 1"),
        ("submit w --max-attempts 0", "--max-attempts", "from 1 to 100"),
        ("submit w --max-attempts 101", "--max-attempts", "from 1 to 100"),
        ("submit w --node-timeout 0", "--node-timeout", "a time above 0"),
        ("submit w --time-limit 0s", "--time-limit", "a time above 0"),
        ("submit w --wait --timeout x", "--timeout", "such as 30s"),
        ("submit w --var novalue", "--var", "name=value"), ("submit w --var =5", "--var", "a name before the '='"),
        ("submit w --var a:=nonsense", "--var", "JSON behind a:="), ("submit w -o xml", "-o", "table"),
        ("submit w --columns ,", "--columns", "id,status"),
        ("run w.json --timeout never", "--timeout", "such as 30s"),
        ("run w.json --node-timeout 0", "--node-timeout", "above 0"),
        ("job get nope", "<job>", "a UUID such as"), ("job steps nope", "<job>", "a UUID such as"),
        ("job watch nope", "<job>", "a UUID such as"), ("dlq show nope", "<job>", "a UUID such as"),
        ("job list --status odd", "--status", "completed"), ("job list --since later", "--since", "7d"),
        ("job list --since later", "--since", "2026-01-02T03:04:05Z"), ("job list --until -2h", "--until", "2h"),
        ("job list --limit -1", "--limit", "a whole number from 0"), ("job list --limit all", "--limit", "from 0"),
        ("job list --limit 99999999999", "--limit", "from 0"), ("job list --limit -o", "--limit", "from 0"),
        ("dlq list --kind odd", "--kind", "application"), ("dlq list --status odd", "--status", "replayed"),
        ("workflow get w --version -1", "--version", "from 1"),
        ("robot get a/b", "<robot>", "1 to 64 letters"), ("robot register r --slots 0", "--slots", "from 1 to 1000"),
        ("robot register r --slots many", "--slots", "from 1 to 1000"),
        ("token create t --role 1st", "--role", "a letter first"),
        ("token create t --role robot --robot a/b", "--robot", "64"),
        ("token create t --role viewer --expires-in 0", "--expires-in", "above 0"),
        ("dev --port 65536", "--port", "0 to 65535"), ("dev --port http", "--port", "0 to 65535"),
        ("dev --slots 1001", "--slots", "1 to 1000"), ("dev --log-level loud", "--log-level", "debug"),
    ])
    func `a wrong value is answered with what was expected`(line: String, option: String, form: String) async {
        let arguments = line.split(separator: " ").map(String.init)
        let complaint = Self.complaint(about: arguments) ?? "(nothing)"
        #expect(complaint.contains("is invalid for '\(option)"), "\(line): \(complaint)")
        #expect(complaint.contains(form), "\(line): \(complaint)")
        #expect(await Casarectl.main(arguments) == 64)
    }

    /// Options of later commands too: the list is the parser's own. It computes for long, and lets others in between.
    @Test func `every option and every argument says what it takes`() async throws {
        // What is described alike in several commands is an option of a group that they share.
        var known: Set<Value> = []
        for command in try Self.commands() {
            for argument in command.arguments where known.insert(argument).inserted {
                let given: [String]
                switch argument["kind"]?.string {
                case "option":
                    let name = try #require(argument["preferredName"]?["name"]?.string)
                    given = [name.count == 1 ? "-\(name)" : "--\(name)", ""]
                // The commands that take several IDs read them when they run.
                case "positional" where argument["isRepeating"]?.bool != true: given = [""]
                default: continue
                }
                await Task.yield()
                let complaint = Self.complaint(about: command.path + given) ?? "(nothing)"
                #expect(
                    complaint.contains(": expected ") || complaint.contains("Please provide one of"),
                    "\(command.path) \(given): \(complaint)")
            }
        }
        #expect(known.count > 100)
    }

    @Test func `one thing of several is answered too`() async {
        for line in ["job cancel nope", "retry nope", "dlq retry nope"] {
            let failure = #expect(throws: CommandFailure.self) { _ = try JobIDs(["nope"]) }
            #expect(failure?.message.contains("a UUID such as") == true)
            #expect(await Casarectl.main(line.split(separator: " ").map(String.init)) == 64)
        }
    }

    /// Commands without a name of their own are named after their types, which the runtime looks for all over the
    /// program: that doubled the time of every start.
    @Test func `every command has its name written down`() {
        func check(_ command: any ParsableCommand.Type) {
            #expect(command.configuration.commandName != nil, "\(command)")
            for inner in command.configuration.subcommands { check(inner) }
        }
        check(Casarectl.self)
    }

    // MARK: The parser's list of commands

    private struct Command {
        let path: [String]
        let arguments: [Value]
    }

    private static func commands() throws -> [Command] {
        func collect(_ command: Value, below path: [String]) -> [Command] {
            var all = [Command(path: path, arguments: command["arguments"]?.list ?? [])]
            for inner in command["subcommands"]?.list ?? [] {
                guard let name = inner["commandName"]?.string, name != "help" else { continue }
                all += collect(inner, below: path + [name])
            }
            return all
        }
        let root = try Value(parsingJSON: Casarectl._dumpHelp())["command"] ?? .null
        return collect(root, below: [])
    }
}
