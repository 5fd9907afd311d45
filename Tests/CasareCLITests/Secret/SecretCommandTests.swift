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

    // MARK: - Several at once

    private static func withSecrets(
        _ names: String..., body: @escaping @Sendable (BulkFixture) async throws -> Void
    ) async throws {
        try await BulkFixture.with { fixture in
            for name in names {
                let made = try await fixture.casarectl("secret set \(name)", as: .admin, input: "value of \(name)")
                #expect(made.status == 0, "\(made.errors)")
            }
            try await body(fixture)
        }
    }

    private static func live(_ fixture: BulkFixture) async throws -> String {
        try await fixture.casarectl("secret list -o name", as: .admin).output
    }

    @Test func `several are named, or come from stdin, one in each line, after one yes`() async throws {
        try await Self.withSecrets("a", "b", "c") { fixture in
            func ctl(_ line: String, input: String = "") async throws -> TestProgram.Ended {
                try await fixture.casarectl("secret \(line)", as: .admin, input: input)
            }
            let unsure = try await ctl("delete a b")
            #expect(unsure.status == 12 && unsure.errors.contains("delete 2 secrets"), "\(unsure.errors)")
            let planned = try await ctl("delete - --dry-run -o json", input: "a\nb\na\n")
            #expect(try Value(parsingJSON: planned.output).list?.map { $0["id"] } == ["a", "b"], "\(planned.errors)")
            #expect(try await Self.live(fixture) == "a\nb\nc\n")
            let deleted = try await ctl("delete - --yes -o name", input: "b\na\nb\n")
            #expect(deleted.status == 0 && deleted.output == "b\na\n", "\(deleted.errors)")
            #expect(try await Self.live(fixture) == "c\n")
            let back = try await ctl("undelete a b --yes -o json")
            #expect(try Value(parsingJSON: back.output).list?.map { $0["name"] } == ["a", "b"], "\(back.errors)")
            #expect(try await Self.live(fixture) == "a\nb\nc\n")
            let destroyed = try await ctl("destroy a b --yes -o name")
            #expect(destroyed.status == 0 && destroyed.output == "a\nb\n", "\(destroyed.errors)")
            let none = try await ctl("delete -", input: "\n")
            #expect(none.status == 64 && none.errors.contains("no secret was given"), "\(none.errors)")
            let versions = try await ctl("delete b c --version 1 --yes")
            #expect(versions.status == 64 && versions.errors.contains("one secret"), "\(versions.errors)")
            #expect(try await Self.live(fixture) == "c\n")
        }
    }

    @Test func `one that fails is named, and the others are done`() async throws {
        try await Self.withSecrets("a", "b") { fixture in
            let some = try await fixture.casarectl("secret delete a nobody b --yes -o name", as: .admin)
            #expect(some.status == 7 && some.output == "a\nb\n", "\(some.errors)")
            #expect(some.errors.contains("could not delete nobody"), "\(some.errors)")
            let lone = try await fixture.casarectl("secret delete nobody", as: .admin)
            #expect(lone.status == 4)
            let planned = try await fixture.casarectl("secret undelete a nobody --dry-run", as: .admin)
            #expect(planned.status == 7)
            let refused = try await fixture.casarectl("secret undelete a b --yes", as: .operator)
            #expect(refused.status == 6, "\(refused.errors)")
        }
    }

    @Test func `why is kept with each`() async throws {
        try await Self.withSecrets("a", "b") { fixture in
            let deleted = try await fixture.casarectl("secret delete a b --yes --reason moved", as: .admin)
            #expect(deleted.status == 0, "\(deleted.errors)")
            let audited = try await fixture.casarectl("audit list --action secret.delete -o json", as: .admin)
            let entries = try Value(parsingJSON: audited.output).list ?? []
            #expect(entries.map { $0["subject"] } == ["b", "a"])
            #expect(entries.allSatisfy { $0["reason"] == "moved" })
        }
    }

    @Test func `secrets expire, a version alone too, and do so no more`() async throws {
        try await Self.withSecrets("a", "b") { fixture in
            func ctl(_ line: String) async throws -> TestProgram.Ended {
                try await fixture.casarectl("secret expire \(line)", as: .admin)
            }
            let later = try await ctl("a b --in 90d --yes -o json")
            let ends = try Value(parsingJSON: later.output).list?.map { $0["expires_at"]?.string }
            #expect(later.status == 0 && ends?.count == 2 && ends?.allSatisfy { $0 != nil } == true, "\(later.errors)")
            let never = try await ctl("a --never -o json")
            #expect(try Value(parsingJSON: never.output)["expires_at"] ?? .null == .null, "\(never.errors)")
            let version = try await ctl("b --version 1 --at 2020-01-02T03:04:05Z")
            #expect(version.status == 0 && version.output.contains("version 1 of b expires"), "\(version.errors)")
            let list = try await fixture.casarectl("secret versions b -o json", as: .admin)
            let end = try Value(parsingJSON: list.output).list?.first?["expires_at"]?.string
            #expect(end?.hasPrefix("2020-01-02T03:04:05") == true, "\(list.output)")
            for line in ["a", "a --in 1h --never", "a --in 1h --version 1 --version 2", "a --in 0"] {
                #expect(try await ctl(line).status == 64, "\(line)")
            }
        }
    }

    @Test func `each of several is approved by itself, and what waits for that ends with 12`() async throws {
        try await Self.withSecrets("a", "b") { fixture in
            func ctl(_ line: String, as role: Role = .admin) async throws -> TestProgram.Ended {
                try await fixture.casarectl(line, as: role)
            }
            #expect(try await ctl("tenant update --require-approval on").status == 0)
            let asked = try await ctl("secret destroy a b --yes")
            #expect(asked.status == 12 && asked.errors.contains("0 of 2 secrets done"), "\(asked.errors)")
            #expect(try await Self.live(fixture) == "a\nb\n")
            let listed = try await ctl("op approvals --status awaiting_approval -o json", as: .operator)
            let approvals = try Value(parsingJSON: listed.output).list ?? []
            #expect(Set(approvals.compactMap { $0["subject"]?.string }) == ["a", "b"], "\(listed.errors)")
            let first = try #require(approvals.first { $0["subject"] == "a" }?["id"]?.string)
            let agreed = try await ctl("op approve \(first)", as: .operator)
            #expect(agreed.status == 0, "\(agreed.errors)")
            let some = try await ctl("secret destroy a b --yes -o name")
            #expect(some.status == 12 && some.output == "a\n", "\(some.errors)")
            #expect(some.errors.contains("1 of 2 secrets done, 1 wait"), "\(some.errors)")
            #expect(try await Self.live(fixture) == "b\n")
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
