import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Secrets as a person keeps them, without a terminal.
struct SecretCommandTests {
    private static let value = "first-value-of-the-test"

    private static func make(_ fixture: BulkFixture) async throws {
        let made = try await fixture.casarectl("secret set db/prod", as: .admin, input: self.value + "\n")
        #expect(made.status == 0, "\(made.errors)")
        #expect(!made.output.contains(self.value) && !made.errors.contains(self.value))
    }

    private static func revealed(_ fixture: BulkFixture) async throws -> String {
        try await fixture.casarectl(
            "secret get db/prod --reveal --reason test --field value", as: .admin
        ).output
    }

    @Test func `a value comes from stdin, and is shown by reveal alone`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            for line in ["secret get db/prod -o json", "secret list -o json", "secret versions db/prod -o json"] {
                let shown = try await fixture.casarectl(line, as: .admin)
                #expect(shown.status == 0 && !shown.output.contains(Self.value), "\(line): \(shown.errors)")
            }
            #expect(try await Self.revealed(fixture) == Self.value)
            let json = try await fixture.casarectl("secret get db/prod --reveal --reason t -o json", as: .admin)
            let fields = try Value(parsingJSON: json.output)["fields"]
            #expect(fields == ["value": .string(Self.value)])
        }
    }

    @Test(arguments: [
        ["secret", "set", "db/prod", "hunter2"], ["secret", "set", "db/prod", "--field", "value=hunter2"],
        ["secret", "rotate", "db/prod", "hunter2"], ["secret", "rotate", "db/prod", "--field", "value=hunter2"],
    ])
    func `a value as an argument is refused, with advice and without repeating it`(words: [String]) async throws {
        try await BulkFixture.with { fixture in
            let ended = try await fixture.program(as: .admin).run(words, in: fixture.folder)
            #expect(ended.status == 64)
            #expect(!ended.errors.contains("hunter2") && !ended.output.contains("hunter2"))
            #expect(ended.errors.contains("must not be an argument"))
        }
    }

    @Test func `reveal takes a reason`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            let ended = try await fixture.casarectl("secret get db/prod --reveal", as: .admin)
            #expect(ended.status == 64 && ended.errors.contains("--reason"))
        }
    }

    @Test(arguments: ["secret destroy db/prod", "tenant delete acme", "dlq purge --workflow orders"])
    func `who does not wait for a second person says why`(line: String) async throws {
        try await BulkFixture.with { fixture in
            let ended = try await fixture.casarectl("\(line) --yes --break-glass", as: .admin)
            #expect(ended.status == 64 && ended.errors.contains("--break-glass needs --reason"))
        }
    }

    @Test func `a version is put only in the place of the one that was looked at`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            let there = try await fixture.casarectl("secret set db/prod --cas 0", as: .admin, input: "x")
            #expect(there.status == 5)
            let stale = try await fixture.casarectl("secret set db/prod --cas 7", as: .admin, input: "x")
            #expect(stale.status == 5)
            let fine = try await fixture.casarectl("secret set db/prod --cas 1", as: .admin, input: "second")
            #expect(fine.status == 0)
            #expect(try await Self.revealed(fixture) == "second")
        }
    }

    @Test func `a hook that works makes the new value current, and it was told that value`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            let ended = try await fixture.program(as: .admin).run(
                ["secret", "rotate", "db/prod", "--generate", "hex:16", "--hook", "cat > told", "-o", "json"],
                in: fixture.folder)
            #expect(ended.status == 0, "\(ended.errors)")
            let info = try Value(parsingJSON: ended.output)
            #expect(info["version"] == 2 && info["state"] == "current")
            #expect(ended.errors.contains("128 bits"))
            let value = try await Self.revealed(fixture)
            #expect(value.utf8.count == 32 && !ended.output.contains(value) && !ended.errors.contains(value))
            let told = try Data(contentsOf: URL(filePath: "\(fixture.folder)/told"))
            #expect(try Value(parsingJSON: Array(told))["fields"] == ["value": .string(value)])
        }
    }

    @Test func `a hook that fails leaves the old value, and destroys the new one`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            let ended = try await fixture.program(as: .admin).run(
                ["secret", "rotate", "db/prod", "--from-stdin", "--hook", "exit 7"], input: "second",
                in: fixture.folder)
            #expect(ended.status == 1 && ended.errors.contains("status 7"))
            #expect(try await Self.revealed(fixture) == Self.value)
            let versions = try await fixture.casarectl("secret versions db/prod -o json", as: .admin)
            let states = try Value(parsingJSON: versions.output).list?.map { $0["state"]?.string }
            #expect(states == ["destroyed", "live"])
            // Nothing waits any more: the next one may begin.
            let again = try await fixture.casarectl("secret rotate db/prod --generate uuid", as: .admin)
            #expect(again.status == 0, "\(again.errors)")
        }
    }

    @Test func `without jobs that hold an older version nothing is waited for`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            let ended = try await fixture.casarectl(
                "secret rotate db/prod --generate uuid --wait-consumers --timeout 60s", as: .admin)
            #expect(ended.status == 0 && ended.errors.contains("no running job holds an older version than 2"))
        }
    }

    @Test func `rollback, delete, undelete and destroy do what they say`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            func ctl(_ line: String, input: String = "") async throws -> TestProgram.Ended {
                try await fixture.casarectl(line, as: .admin, input: input)
            }
            #expect(try await ctl("secret set db/prod", input: "second").status == 0)
            #expect(try await ctl("secret rollback db/prod --to 1").status == 0)
            #expect(try await Self.revealed(fixture) == Self.value)
            #expect(try await ctl("secret delete db/prod").status == 0)
            #expect(try await ctl("secret get db/prod --reveal --reason t").status != 0)
            #expect(try await ctl("secret undelete db/prod").status == 0)
            #expect(try await Self.revealed(fixture) == Self.value)
            let unasked = try await ctl("secret destroy db/prod --version 1")
            #expect(unasked.status == 12)
            #expect(try await ctl("secret destroy db/prod --version 1 --yes").status == 0)
            #expect(try await ctl("secret get db/prod --version 1 --reveal --reason t").status != 0)
        }
    }

    @Test func `a policy is shown, and taken away`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            let set = try await fixture.casarectl(
                "secret policy db/prod --every 30d --hook invoices --generate uuid -o json", as: .admin)
            #expect(set.status == 0, "\(set.errors)")
            let rotation = try Value(parsingJSON: set.output)["rotation"]
            #expect(
                rotation?["every_seconds"] == 2_592_000 && rotation?["hook"] == "invoices"
                    && rotation?["generate"] == "uuid")
            let unknown = try await fixture.casarectl(
                "secret policy db/prod --every 30d --hook nobody --generate uuid", as: .admin)
            #expect(unknown.status == 4)
            let short = try await fixture.casarectl("secret policy db/prod --every 59m", as: .admin)
            #expect(short.status == 64)
            let none = try await fixture.casarectl("secret policy db/prod --none -o json", as: .admin)
            #expect(none.status == 0)
            #expect(try Value(parsingJSON: none.output)["rotation"] ?? .null == .null)
        }
    }

    @Test func `audit lists what was done, and who was shown the value`() async throws {
        try await BulkFixture.with { fixture in
            try await Self.make(fixture)
            _ = try await Self.revealed(fixture)
            let listed = try await fixture.casarectl("secret audit db/prod -o json", as: .admin)
            #expect(listed.status == 0, "\(listed.errors)")
            #expect(listed.output.contains("secret.reveal") && !listed.output.contains(Self.value))
        }
    }
}
