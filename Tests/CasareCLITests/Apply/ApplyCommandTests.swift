import ArgumentParser
import CasareClient
import CasareDomain
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Files applied to a server, as a person or a pipeline does it.
struct ApplyCommandTests {
    private static let calendar = """
        kind: Calendar
        name: office
        spec: {preset: uk_bank}
        """

    private static let queue = """
        kind: Queue
        name: prod
        spec: {concurrency: 3, rate: 100/min}
        """

    private static func schedule(_ name: String = "nightly", hour: Int = 2) -> String {
        """
        kind: Schedule
        name: \(name)
        spec:
          cron: {expression: "0 \(hour) 1 1 *"}
          workflow: report
          variables: {month: 1}
          calendar: office
        """
    }

    private static let trigger = """
        kind: Trigger
        name: rescue
        spec: {job: {kinds: [failed]}, workflow: report}
        """

    private static let hook = """
        kind: Trigger
        name: deploy
        spec: {webhook: {auth: {kind: github}}, workflow: report}
        """

    private static let workflow = """
        kind: Workflow
        name: report
        spec: {file: report.json}
        """

    private static func write(_ documents: [String], to server: BulkFixture, file: String = "site.yaml") throws {
        try CasareCLITests.write(documents.joined(separator: "\n---\n") + "\n", to: "\(server.folder)/\(file)")
    }

    /// With the file of the workflow that all of them start.
    private static func with(_ body: @escaping @Sendable (BulkFixture) async throws -> Void) async throws {
        try await BulkFixture.with { server in
            let document = try await server.client { client in
                try await client.workflowVersion(1, of: BulkFixture.workflow).document
            }
            let text = try #require(document).jsonText(.compact)
            try CasareCLITests.write(text, to: "\(server.folder)/report.json")
            try await body(server)
        }
    }

    private static func outcomes(_ ended: TestProgram.Ended) throws -> [String] {
        let rows = try Value(parsingJSON: ended.output).list ?? []
        return rows.map { row in
            "\(row["outcome"]?.string ?? row["action"]?.string ?? "?") \(row["kind"]?.string ?? "?") "
                + (row["name"]?.string ?? "?")
        }
    }

    private static let all = [Self.trigger, Self.schedule(), Self.queue, Self.calendar, Self.workflow]

    @Test func `all is made in the order in which it is needed, and the second time nothing is done`() async throws {
        try await Self.with { server in
            try Self.write(Self.all, to: server)
            let planned = try await server.casarectl("apply -f site.yaml --dry-run -o json")
            #expect(planned.status == 0, "\(planned.errors)")
            #expect(try Self.outcomes(planned).allSatisfy { $0.hasPrefix("create ") })
            let first = try await server.casarectl("apply -f site.yaml -o json")
            #expect(first.status == 0, "\(first.errors)")
            #expect(
                try Self.outcomes(first) == [
                    "created workflow report", "created calendar office", "created queue prod",
                    "created schedule nightly", "created trigger rescue",
                ])
            #expect(first.errors.contains("5 created"), "\(first.errors)")
            let second = try await server.casarectl("apply -f site.yaml -o json")
            #expect(second.status == 0, "\(second.errors)")
            #expect(try Self.outcomes(second).allSatisfy { $0.hasPrefix("unchanged ") }, "\(second.output)")
            try await server.client { client in
                let schedule = try await client.schedule("nightly")
                #expect(schedule.revision == 1 && schedule.managedBy == "default")
                #expect(try await client.workflow("report").latestVersion == 1)
                let limits = try await client.queue("prod").queue.limits
                #expect(limits.concurrency == 3 && limits.rate?.everySeconds == 0.6)
                let noted = try await client.applied().resources
                #expect(noted.count == 5 && noted.allSatisfy { $0.owner == "default" && $0.state == .asApplied })
            }
            #expect(try await server.casarectl("diff -f site.yaml", as: .viewer).status == 0)
            #expect(try await server.casarectl("apply -f site.yaml", as: .viewer).status == 6)
        }
    }

    @Test func `diff ends with 13 and names what differs, and apply changes just that`() async throws {
        try await Self.with { server in
            try Self.write(Self.all, to: server)
            #expect(try await server.casarectl("diff -f site.yaml").status == 13)
            #expect(try await server.casarectl("apply -f site.yaml").status == 0)
            try Self.write([Self.schedule(hour: 3)], to: server, file: "other.yaml")
            let different = try await server.casarectl("diff -f other.yaml -o json")
            #expect(different.status == 13, "\(different.errors)")
            let row = try #require(try Value(parsingJSON: different.output).list?.first)
            #expect(row["member"] == "cron.expression", "\(row)")
            #expect(row["before"] == "0 2 1 1 *" && row["after"] == "0 3 1 1 *", "\(row)")
            #expect(different.errors.contains("1 of 1 differ"), "\(different.errors)")
            // What is in no file is told of.
            #expect(different.errors.contains("described no more"), "\(different.errors)")
            let changed = try await server.casarectl("apply -f other.yaml")
            #expect(changed.status == 0 && changed.output.contains("cron.expression"), "\(changed.errors)")
            let schedule = try await server.client { try await $0.schedule("nightly") }
            #expect(schedule.revision == 2 && schedule.spec.variables == ["month": 1])
            #expect(try await server.casarectl("diff -f other.yaml").status == 0)
        }
    }

    @Test func `what somebody changes by hand shows in status until it is applied again`() async throws {
        try await Self.with { server in
            try Self.write(Self.all, to: server)
            #expect(try await server.casarectl("apply -f site.yaml").status == 0)
            let before = try await server.casarectl("status -o json", as: .viewer)
            #expect(try Value(parsingJSON: before.output)["drift"]?["count"] == 0, "\(before.output)")
            #expect(try await server.casarectl("schedule update nightly --var month=7").status == 0)
            #expect(try await server.casarectl("queue limit prod --concurrency 9").status == 0)
            #expect(try await server.casarectl("trigger delete rescue --yes").status == 0)
            let after = try await server.casarectl("status -o json", as: .viewer)
            let drift = try Value(parsingJSON: after.output)["drift"]
            #expect(drift?["count"] == 3, "\(after.output)")
            let states = drift?["resources"]?.list?.map { "\($0["name"]?.string ?? "?") \($0["state"]?.string ?? "?")" }
            #expect(states == ["prod changed", "nightly changed", "rescue gone"])
            let screen = try await server.casarectl("status", as: .viewer)
            #expect(screen.output.contains("3 not as applied"), "\(screen.output)")
            #expect(try await server.casarectl("diff -f site.yaml").status == 13)
            let again = try await server.casarectl("apply -f site.yaml -o json")
            #expect(
                try Self.outcomes(again) == [
                    "unchanged workflow report", "unchanged calendar office", "changed queue prod",
                    "changed schedule nightly", "created trigger rescue",
                ])
            let mended = try await server.casarectl("status -o json", as: .viewer)
            #expect(try Value(parsingJSON: mended.output)["drift"]?["count"] == 0, "\(mended.output)")
        }
    }

    @Test func `what is described no more goes with --prune alone, and after a yes`() async throws {
        try await Self.with { server in
            try Self.write(Self.all, to: server)
            #expect(try await server.casarectl("apply -f site.yaml --owner billing").status == 0)
            try Self.write([Self.workflow, Self.trigger], to: server)
            #expect(try await server.casarectl("apply -f site.yaml --owner billing").status == 0)
            _ = try await server.client { try await $0.schedule("nightly") }
            let planned = try await server.casarectl("diff -f site.yaml --owner billing --prune -o json")
            #expect(planned.status == 13, "\(planned.errors)")
            #expect(
                try Self.outcomes(planned) == [
                    "delete schedule nightly", "delete queue prod", "delete calendar office",
                ])
            // Another owner's files say nothing about these.
            let others = try await server.casarectl("diff -f site.yaml --owner others --prune -o json")
            #expect(try Self.outcomes(others).allSatisfy { $0.hasPrefix("conflict ") }, "\(others.output)")
            let unasked = try await server.casarectl("apply -f site.yaml --owner billing --prune")
            #expect(unasked.status == 12 && unasked.errors.contains("would delete schedule nightly"))
            let pruned = try await server.casarectl("apply -f site.yaml --owner billing --prune --yes -o json")
            #expect(pruned.status == 0, "\(pruned.errors)")
            #expect(
                try Self.outcomes(pruned) == [
                    "unchanged workflow report", "unchanged trigger rescue", "deleted schedule nightly",
                    "deleted queue prod", "deleted calendar office",
                ])
            try await server.client { client in
                #expect(try await client.schedules().schedules.isEmpty)
                #expect(try await client.calendars().calendars.isEmpty)
                let limits = try await client.queue("prod").queue.limits
                #expect(limits.concurrency == nil && limits.rate == nil)
                #expect(try await client.applied().resources.map(\.name) == ["rescue", "report"])
            }
            #expect(try await server.casarectl("diff -f site.yaml --owner billing --prune").status == 0)
            try Self.write([], to: server, file: "empty.yaml")
            for command in ["apply -f empty.yaml --owner billing --prune --yes", "diff -f empty.yaml"] {
                let empty = try await server.casarectl(command)
                #expect(empty.status == 64 && empty.errors.contains("describe nothing"), "\(empty.errors)")
            }
            // A workflow stays, and is nobody's then.
            try Self.write([Self.trigger], to: server)
            let released = try await server.casarectl("apply -f site.yaml --owner billing --prune --yes -o json")
            #expect(try Self.outcomes(released) == ["unchanged trigger rescue", "released workflow report"])
            _ = try await server.client { try await $0.workflow("report") }
        }
    }

    @Test func `what files of others describe stays theirs until it is taken over`() async throws {
        try await Self.with { server in
            try Self.write([Self.workflow, Self.calendar, Self.schedule()], to: server)
            #expect(try await server.casarectl("apply -f site.yaml --owner billing").status == 0)
            try Self.write([Self.schedule(hour: 5), Self.queue], to: server, file: "theirs.yaml")
            let refused = try await server.casarectl("apply -f theirs.yaml --owner others -o json")
            #expect(refused.status == 7, "\(refused.errors)")
            #expect(refused.errors.contains("files of billing describe it"), "\(refused.errors)")
            #expect(try Self.outcomes(refused) == ["created queue prod", "failed schedule nightly"])
            let taken = try await server.casarectl("apply -f theirs.yaml --owner others --take-over -o json")
            #expect(taken.status == 0, "\(taken.errors)")
            let schedule = try await server.client { try await $0.schedule("nightly") }
            #expect(schedule.managedBy == "others" && schedule.revision == 2)
            #expect(try await server.casarectl("diff -f site.yaml --owner billing").status == 13)
        }
    }

    @Test func `one that fails leaves the others alone`() async throws {
        try await Self.with { server in
            let lost = """
                kind: Schedule
                name: lost
                spec: {interval: {seconds: 86400}, workflow: nowhere}
                """
            try Self.write([Self.workflow, Self.calendar, lost, Self.schedule(), Self.trigger], to: server)
            let part = try await server.casarectl("apply -f site.yaml -o json")
            #expect(part.status == 7, "\(part.errors)")
            #expect(
                try Self.outcomes(part) == [
                    "created workflow report", "created calendar office", "failed schedule lost",
                    "created schedule nightly", "created trigger rescue",
                ])
            #expect(part.errors.contains("schedule lost: there is no workflow nowhere"), "\(part.errors)")
            #expect(part.errors.contains("1 of 5 failed"), "\(part.errors)")
            // What goes was perhaps meant to make room for what failed.
            try Self.write([lost, Self.workflow], to: server)
            let kept = try await server.casarectl("apply -f site.yaml --prune --yes -o json")
            #expect(kept.status == 7, "\(kept.errors)")
            #expect(
                try Self.outcomes(kept) == [
                    "unchanged workflow report", "failed schedule lost", "not_tried trigger rescue",
                    "not_tried schedule nightly", "not_tried calendar office",
                ])
            _ = try await server.client { try await $0.schedule("nightly") }
        }
    }

    @Test func `who may not run workflows applies no schedule that would`() async throws {
        try await Self.with { server in
            let token = try await server.database.asTenant(.default) { connection in
                let name = try #require(Role.Name(rawValue: "deployer"))
                let permissions = Role.operator.permissions(in: .default).subtracting([.workflowExecute])
                _ = try RoleStore.create(
                    CustomRole(name: name, description: nil, permissions: permissions), by: "ann", on: connection)
                return try TokenStore.create(name: "deployer", role: name, on: connection).text.reveal()
            }
            try Self.write([Self.workflow, Self.calendar, Self.schedule()], to: server)
            let program = try TestProgram(
                .casarectl, variables: ["HOME": server.folder, "CASARE_URL": server.url, "CASARE_TOKEN": token])
            let refused = try await program.run(["apply", "-f", "site.yaml", "-o", "json"], in: server.folder)
            #expect(refused.status == 7 && refused.errors.contains("workflow.execute"), "\(refused.errors)")
            #expect(
                try Self.outcomes(refused) == [
                    "created workflow report", "created calendar office", "failed schedule nightly",
                ])
            #expect(try await server.client { try await $0.schedules().schedules.isEmpty })
        }
    }

    @Test func `a new hook gets its secret from stdin, or from the server, which shows it once`() async throws {
        try await Self.with { server in
            try Self.write([Self.workflow, Self.hook], to: server)
            let without = try await server.casarectl("apply -f site.yaml")
            #expect(without.status == 64 && without.errors.contains("--secrets generate"), "\(without.errors)")
            #expect(try await server.client { try await $0.triggers().triggers.isEmpty })
            let planned = try await server.casarectl("apply -f site.yaml --dry-run")
            #expect(planned.status == 0 && planned.errors.contains("--secrets generate"), "\(planned.errors)")
            let made = try await server.casarectl("apply -f site.yaml --secrets generate -o json")
            #expect(made.status == 0, "\(made.errors)")
            let secret = try Value(parsingJSON: made.output).list?.last?["secret"]?.string ?? ""
            #expect(secret.count >= 16, "\(made.output)")
            let again = try await server.casarectl("apply -f site.yaml --secrets generate -o json")
            #expect(again.status == 0 && !again.output.contains("secret"), "\(again.output)")
            let column = try await server.casarectl("apply -f site.yaml --columns name,secret --no-headers")
            #expect(column.status == 0 && column.output.contains("deploy"), "\(column.errors)")
            #expect(try await server.casarectl("trigger delete deploy --yes").status == 0)
            let given = try await server.casarectl(
                "apply -f site.yaml --secrets - -o json", input: "deploy: a-secret-of-sixteen-bytes\n")
            #expect(given.status == 0, "\(given.errors)")
            #expect(!given.output.contains("a-secret") && !given.errors.contains("a-secret"))
            let exported = try await server.casarectl("export")
            #expect(exported.status == 0 && !exported.output.contains("secret"), "\(exported.output)")
        }
    }

    @Test func `what is exported differs in nothing from what was applied`() async throws {
        try await Self.with { server in
            try Self.write(Self.all, to: server)
            #expect(try await server.casarectl("apply -f site.yaml --owner billing").status == 0)
            for format in ["yaml", "json"] {
                let exported = try await server.casarectl("export --owner billing -o \(format)", as: .viewer)
                #expect(exported.status == 0, "\(exported.errors)")
                let same = try await server.casarectl("diff -f - --prune", input: exported.output)
                #expect(same.status == 0, "\(same.output) \(same.errors)")
            }
            let kinds = try await server.casarectl("export --kind schedule --kind queue -o json")
            let names = try Value(parsingJSON: kinds.output).list?.map { $0["name"] }
            #expect(names == ["prod", "nightly"], "\(kinds.output)")
            // A queue that files describe is there without limits, too.
            try Self.write(["kind: Queue\nname: prod\nspec: {}"], to: server, file: "free.yaml")
            #expect(try await server.casarectl("apply -f free.yaml --owner billing").status == 0)
            let free = try await server.casarectl("export --owner billing --kind queue -o json")
            let left = try Value(parsingJSON: free.output).list?.map { $0["name"] }
            #expect(left == ["prod"], "\(free.output)")
            let none = try await server.casarectl("export --owner nobody")
            #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("nothing to export"))
        }
    }

    @Test(
        arguments: [
            "apply -f a.yaml -f - --owner me --prune --take-over --secrets generate --reason why --dry-run -o wide",
            "apply -f - --secrets s.yaml --yes", "diff -f d --prune --all -o jsonl",
            "export --kind schedule --kind trigger --owner me -o json",
        ])
    func `a line is understood`(line: String) throws {
        _ = try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    @Test(
        arguments: [
            "apply", "apply -f a.yaml -f - -f -", "apply -f - --secrets -", "diff", "apply -f a.yaml --owner ",
            "export --kind job",
        ])
    func `a line that cannot be meant is refused`(line: String) throws {
        #expect(throws: (any Error).self) {
            _ = try Casarectl.parseAsRoot(
                line.split(separator: " ", omittingEmptySubsequences: false).map(String.init))
        }
    }
}
