import ArgumentParser
import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What schedule and window commands take, and what they make of it.
struct ScheduleParsingTests {
    private static func words(_ line: String) -> [String] {
        // Underscores stand for the spaces of an expression.
        line.split(separator: " ").map { String($0.map { $0 == "_" ? " " : $0 }) }
    }

    private static func parse<Command: ParsableCommand>(
        _ line: String, as type: Command.Type = Command.self
    ) throws -> Command {
        try #require(try Casarectl.parseAsRoot(Self.words(line)) as? Command)
    }

    private static func complaint(about line: String) -> String {
        do {
            _ = try Casarectl.parseAsRoot(Self.words(line))
            return ""
        } catch {
            return Casarectl.fullMessage(for: error)
        }
    }

    static let taken = [
        "schedule create nightly --cron 0_3_*_*_* --zone Europe/Berlin --dst fixed --workflow w --var a=1 --priority high",
        "schedule create s --every 5m --from 2026-01-01T00:00:00Z --workflow w --overlap buffer-one --jitter 30s --paused",
        "schedule create s --at 2098-01-01T00:00:00Z --workflow w --dry-run", "schedule create -f s.yaml",
        "schedule create -f - --cron @daily",
        "schedule create s --after a --after b --wait-for any --on always --within 2h --workflow w --reason because",
        "schedule create s --on-event failed --event-workflow a --debounce 30s --workflow w --yes",
        "schedule create s --cron @hourly --workflow w --version 3 --environment prod --queue-key k --require-tag t"
            + " --expires-in 1h --max-attempts 3 --catch-up all --catch-up-max 10 --catch-up-window 12h"
            + " --starts 2026-01-01T00:00:00Z --ends 2027-01-01T00:00:00Z --runs 5 --pause-after-failures 3"
            + " --calendar uk --on-closed postpone --sla-start-delay 1m --sla-duration 1h --sla-success-rate 95%",
        "schedule list --status paused --workflow w --kind cron --name night* --managed-by team -o wide", "schedule ls",
        "schedules ls --limit 0", "schedule get s -o yaml", "schedule show s",
        "schedule update s --zone Europe/Berlin", "schedule update s --unset calendar --unset variables.month",
        "schedule update s -f - --revision 3 --dry-run", "schedule pause s --for 2h --reason because",
        "schedule pause --workflow w --until 2098-01-01T00:00:00Z --yes", "schedule pause - --dry-run",
        "schedule resume a b c --yes", "schedule resume --name night* --dry-run", "schedule trigger s --var a=1 --wait",
        "schedule history s --result skipped --limit 0", "schedule delete a b --yes", "schedule rm a --dry-run",
        "schedule backfill s --from 7d --to 1d --rate 1/s --yes",
        "schedule backfill s --from 2026-01-01T00:00:00Z --dry-run",
        "schedule backfill list --schedule s --status running",
        "schedule backfill pause 01890000-0000-7000-8000-000000000001 --reason because",
        "schedule backfill cancel 01890000-0000-7000-8000-000000000001 --yes",
        "window open --for 2h --pause-schedules * --reason upgrade", "window list --status open",
        "window open --until 2098-01-01T00:00:00Z --pause-schedules a --pause-schedules b --dry-run",
        "window open --for 1h --workflow w --managed-by team --yes",
        "window close 01890000-0000-7000-8000-000000000001 --reason done",
    ]

    @Test(arguments: Self.taken)
    func `every command takes its options`(line: String) {
        #expect(Self.complaint(about: line) == "")
    }

    static let refused = [
        ("schedule create s --workflow w", "Say when it fires"), ("schedule create s --cron @daily", "--workflow"),
        ("schedule create --cron @daily --workflow w", "a name"),
        ("schedule create s --cron @daily --every 5m --workflow w", "--cron and --every"),
        ("schedule create s --every 5m --zone UTC --workflow w", "--zone belongs to --cron"),
        ("schedule create s --every 0 --workflow w", "1s to 366d"),
        ("schedule create s --every 1.5s --workflow w", "whole seconds"),
        ("schedule create s --at 2020-01-01T00:00:00Z --workflow w", "--at is past"),
        ("schedule create s --cron @daily --workflow w --overlap maybe", "one of skip, buffer_one"),
        ("schedule create s --cron @daily --workflow w --catch-up-max 1001", "1 to 1000"),
        (
            "schedule create s --cron @daily --workflow w --starts 2027-01-01T00:00:00Z --ends 2026-01-01T00:00:00Z",
            "--ends is before"
        ),
        ("schedule create -f - --vars -", "stdin"), ("schedule update s -f - --vars -", "stdin"),
        ("schedule update s --cron @daily --at 2098-01-01T00:00:00Z", "--cron and --at"),
        ("schedule pause", "Say which schedules"), ("schedule resume --yes", "Say which schedules"),
        ("schedule pause s --workflow w", "Give names or a filter"),
        ("schedule resume s --name night*", "Give names or a filter"),
        ("schedule pause s --for 1h --until 2098-01-01T00:00:00Z", "--for and --until"),
        ("schedule pause s --until 2020-01-01T00:00:00Z", "--until is past"),
        ("schedule trigger s --timeout 5s", "--timeout"), ("schedule history s --result missing", "missing"),
        ("schedule delete", "schedule"), ("schedule backfill s", "--from"), ("schedule backfill show s", "UUID"),
        ("window open --pause-schedules *", "--until or --for"), ("window open --for 1h", "Say which schedules"),
        ("window open --for 1h --pause-schedules a* --pause-schedules b", "a pattern"),
        ("window open --for 1h --pause-schedules a --workflow w", "Give names or a filter"), ("window close w", "UUID"),
    ]

    @Test(arguments: Self.refused)
    func `a wrong command line says what to do`(line: String, message: String) async {
        #expect(await Casarectl.main(Self.words(line)) == 64)
        #expect(Self.complaint(about: line).contains(message), "\(Self.complaint(about: line))")
    }

    // MARK: What comes of it

    @Test func `create turns its options into a spec`() throws {
        let command: ScheduleCommand.Create = try Self.parse(
            "schedule create nightly --cron 0_3_*_*_* --zone Europe/Berlin --dst fixed --workflow w --var a=1"
                + " --priority high --overlap cancel-other --catch-up all --catch-up-max 7 --jitter 30s --runs 5"
                + " --require-tag gpu --expires-in 1h --sla-success-rate 95% --calendar uk --on-closed postpone --paused"
        )
        let request = try command.request()
        var spec = ScheduleSpec(
            timing: .cron(.init("0 3 * * *", zone: "Europe/Berlin", dst: .fixed)), workflow: "w", variables: ["a": 1],
            priority: .high, requiredTags: ["gpu"], expiresInSeconds: 3600, overlap: .cancelOther, jitterSeconds: 30,
            runs: 5, calendar: "uk", onClosed: .postpone)
        spec.catchUp = .init(policy: .all, max: 7)
        spec.sla = .init(successRate: 0.95)
        #expect(request.spec == spec)
        #expect(request.name == "nightly" && request.paused && request.managedBy == nil)
    }

    static let timings: [(String, ScheduleSpec.Timing)] = [
        ("--every 5m", .interval(.init(seconds: 300))),
        (
            "--every 1d --from 2026-01-01T00:00:00Z",
            .interval(.init(seconds: 86_400, from: Date(timeIntervalSince1970: 1_767_225_600)))
        ),
        ("--at 2098-01-01T00:00:00Z", .once(.init(at: Date(timeIntervalSince1970: 4_039_372_800)))),
        (
            "--after a --after b --wait-for any --on failure --within 30m",
            .dependency(.init(after: ["a", "b"], waitFor: .any, on: .failure, withinSeconds: 1800))
        ),
        (
            "--on-event failed --event-workflow a --debounce 10s",
            .event(.init(kinds: [.failed], workflow: "a", debounceSeconds: 10))
        ),
    ]

    @Test(arguments: Self.timings)
    func `each way to say when is one of the spec`(options: String, timing: ScheduleSpec.Timing) throws {
        let command: ScheduleCommand.Create = try Self.parse("schedule create s --workflow w \(options)")
        let request = try command.request()
        #expect(request.spec.timing == timing)
    }

    @Test func `an update is a patch of what is named`() throws {
        let zone: ScheduleCommand.Update = try Self.parse("schedule update s --zone Europe/Berlin")
        #expect(try zone.patch() == ["cron": ["zone": "Europe/Berlin"]])
        let several: ScheduleCommand.Update = try Self.parse(
            "schedule update s --var a=1 --unset sla.runs --unset variables.b --unset calendar")
        #expect(
            try several.patch()
                == ["variables": ["a": 1, "b": .null], "sla": ["runs": .null], "calendar": .null])
        let both: ScheduleCommand.Update = try Self.parse("schedule update s --calendar uk --unset calendar")
        let failure = #expect(throws: CommandFailure.self) { try both.patch() }
        #expect(failure?.status == .usage)
    }

    @Test func `a member that no schedule has cannot be unset, and what can be is listed`() throws {
        for (path, listed, unlisted) in [
            ("jitter", "jitter_seconds", "workflow,"), ("sla.run", "sla.runs", "jitter_seconds"),
        ] {
            let command: ScheduleCommand.Update = try Self.parse("schedule update s --unset \(path)")
            let failure = #expect(throws: CommandFailure.self) { try command.patch() }
            let message = failure?.message ?? ""
            #expect(failure?.status == .usage)
            #expect(message.hasPrefix("--unset \(path): there is no such member"), "\(message)")
            #expect(message.contains(listed) && !message.contains(unlisted), "\(message)")
        }
    }

    @Test func `a window selects names, a pattern, or what is true`() throws {
        func selection(_ line: String) throws -> ScheduleSelection {
            let command: WindowCommand.Open = try Self.parse("window open --for 1h \(line)")
            return command.selection
        }
        #expect(
            try selection("--pause-schedules a --pause-schedules b") == ScheduleSelection(names: ["a", "b"]))
        #expect(try selection("--pause-schedules night*") == ScheduleSelection(name: "night*"))
        #expect(
            try selection("--pause-schedules * --workflow w") == ScheduleSelection(name: "*", workflow: "w"))
        #expect(try selection("--managed-by team") == ScheduleSelection(managedBy: "team"))
    }

    @Test func `names come from stdin one in a line, each once`() throws {
        let names = try ScheduleNames(["-"]) { "nightly run\nweekly\n\nnightly run\n" }
        #expect(names.all == ["nightly run", "weekly"])
        #expect(throws: (any Error).self) { try ScheduleNames(["-"]) { "\n" } }
    }
}
