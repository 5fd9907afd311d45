import CasareDomain
import CasareWire
import Testing

@testable import CasareCLI

struct ScheduleFileTests {
    private static let yaml = """
        kind: Schedule
        name: nightly
        paused: true
        spec:
          cron:
            expression: "0 3 * * *"
            zone: Europe/Berlin
          workflow: invoices
          variables:
            month: 11
        """

    @Test func `a schedule is read from YAML and from JSON`() throws {
        let yaml = try ScheduleFile.parse(Self.yaml, named: "nightly.yaml")
        let json = try ScheduleFile.parse(
            """
            {"name": "nightly", "paused": true, "spec": {"cron": {"expression": "0 3 * * *", "zone": "Europe/Berlin"},
             "workflow": "invoices", "variables": {"month": 11}}}
            """, named: "nightly.json")
        #expect(yaml == json && yaml.name == "nightly" && yaml.isPaused)
        let spec = try ScheduleSpec(from: yaml.spec, of: "nightly.yaml")
        #expect(spec.timing == .cron(.init("0 3 * * *", zone: "Europe/Berlin")) && spec.variables == ["month": 11])
    }

    @Test func `what a server shows of a schedule is a file of one`() throws {
        let shown: Value = [
            "id": "01890000-0000-7000-8000-000000000001", "name": "n", "status": "active", "revision": 3,
            "next_at": "2026-01-02T03:04:05Z", "spec": ["interval": ["seconds": 60], "workflow": "w"],
        ]
        let file = try ScheduleFile.parse(shown.jsonText(.compact), named: "n.json")
        #expect(file.name == "n" && file.spec["workflow"] == "w")
    }

    @Test func `a document of apply says whose it is`() throws {
        let file = try ScheduleFile.parse(Self.yaml + "\nowner: billing\n", named: "nightly.yaml")
        #expect(file.managedBy == "billing")
        #expect(try ScheduleFile.parse(Self.yaml + "\nmanaged_by: ops\n", named: "n.yaml").managedBy == "ops")
        #expect(try ScheduleFile.parse(Self.yaml, named: "n.yaml").managedBy == nil)
    }

    static let wrong = [
        ("[]", "object"), ("{\"name\": \"n\"}", "spec is required"), ("{\"spec\": {}, \"kind\": \"Job\"}", "Schedule"),
        ("{\"spec\": {}, \"nam\": \"n\"}", "did you mean name"), ("{\"spec\": {}, \"paused\": 1}", "true or false"),
        ("{\"spec\": {}, \"name\": 1}", "expected text"),
    ]

    @Test(arguments: Self.wrong)
    func `what is no schedule is refused with advice`(text: String, message: String) {
        let failure = #expect(throws: CommandFailure.self) { try ScheduleFile.parse(text, named: "f.json") }
        #expect(failure?.status == .usage && failure?.message.contains(message) == true, "\(failure?.message ?? "")")
    }

    @Test func `a wrong spec names its member`() {
        let failure = #expect(throws: CommandFailure.self) {
            try ScheduleSpec(from: ["cron": ["expression": "0 3 * *"], "workflow": "w"], of: "f.yaml")
        }
        #expect(failure?.message.hasPrefix("f.yaml: cron.expression: ") == true, "\(failure?.message ?? "")")
    }

    // MARK: What an update changes

    private static let before: Object = [
        "cron": ["expression": "0 3 * * *", "zone": "UTC"], "workflow": "w", "jitter_seconds": 30,
    ]

    @Test func `changes are told member by member`() {
        let after: Object = [
            "cron": ["expression": "0 4 * * *", "zone": "UTC"], "workflow": "w", "calendar": "uk",
            "jitter_seconds": .null,
        ]
        let changes = SpecChange.all(from: Self.before, to: after)
        #expect(
            changes.map(\.text) == [
                "cron.expression: 0 3 * * * → 0 4 * * *", "jitter_seconds: 30 → (nothing)", "calendar: (nothing) → uk",
            ])
        #expect(SpecChange.all(from: Self.before, to: Self.before).isEmpty)
    }

    @Test func `the patch between two specs makes one of the other`() {
        let after: Object = ["interval": ["seconds": 60], "workflow": "w", "jitter_seconds": 30]
        let patch = SpecChange.patch(from: Self.before, to: after)
        #expect(patch == ["cron": .null, "interval": ["seconds": 60]])
        #expect(ScheduleSpecPatch.applying(patch, to: Self.before) == after)
        #expect(SpecChange.patch(from: after, to: after).isEmpty)
    }
}
