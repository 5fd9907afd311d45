import CasareClient
import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Glibc
import Testing

@testable import CasareCLI

/// Bulk verbs with a filter, as a script runs them.
struct BulkRunTests {
    @Test func `all that is selected is done, and the operation is told of and kept`() async throws {
        try await BulkFixture.with { server in
            let jobs = try await server.submit(3)
            let cancelled = try await server.casarectl(
                "job cancel --workflow invoices --reason duplicates --yes -o json")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            let operation = try Value(parsingJSON: cancelled.output)
            #expect(operation["status"] == "completed" && operation["verb"] == "cancel", "\(operation)")
            #expect(operation["count"] == 3 && operation["reason"] == "duplicates", "\(operation)")
            #expect(operation["progress"]?["succeeded"] == 3)
            #expect(try await server.statuses(of: jobs) == [.cancelled, .cancelled, .cancelled])
            let id = try #require(operation["id"]?.string)
            #expect(cancelled.errors.contains("operation \(id): cancel 3 jobs"), "\(cancelled.errors)")

            let listed = try await server.casarectl("op list -o name")
            #expect(listed.output == "\(id)\n")
            let items = try await server.casarectl("op items \(id) -o name --state done")
            #expect(Set(items.output.split(separator: "\n").map(String.init)) == Set(jobs.map(\.description)))
            let watched = try await server.casarectl("op watch \(id)", as: .viewer)
            #expect(watched.status == 0 && watched.output.contains("has done all"), "\(watched.errors)")
            // None of them is selected any more: they have ended.
            #expect(try await server.casarectl("job cancel --workflow invoices --yes").status == 4)
        }
    }

    @Test func `of jobs that were named, one that cannot be done ends with 7 and is told of`() async throws {
        try await BulkFixture.with { server in
            let jobs = try await server.submit(2)
            #expect(try await server.casarectl("job cancel \(jobs[0])").status == 0)
            let input = jobs.map(\.description).joined(separator: "\n")
            let paused = try await server.casarectl("job pause - --rate 100/s --yes -o json", input: input)
            #expect(paused.status == 7, "\(paused.errors)")
            let operation = try Value(parsingJSON: paused.output)
            #expect(operation["count"] == 2 && operation["progress"]?["succeeded"] == 1, "\(operation)")
            #expect(paused.errors.contains("casarectl op items"), "\(paused.errors)")
            #expect(try await server.statuses(of: jobs) == [.cancelled, .paused])
        }
    }

    @Test func `a saved selection is used by its name`() async throws {
        try await BulkFixture.with { server in
            let jobs = try await server.submit(2)
            let planned = try await server.casarectl("selection save jobs stuck --workflow invoices --dry-run")
            #expect(planned.status == 0 && planned.errors.contains("would save stuck: jobs"), "\(planned.errors)")
            #expect(try await server.casarectl("job pause --selection stuck --yes").status == 4)
            let save = "selection save jobs stuck --workflow invoices --status pending"
            #expect(try await server.casarectl(save, as: .viewer).status == 6)
            let saved = try await server.casarectl(save)
            #expect(saved.status == 0 && saved.output.hasPrefix("saved stuck: jobs: pending"), "\(saved.errors)")
            let again = try await server.casarectl(save)
            #expect(again.output.hasPrefix("replaced stuck: jobs: pending"), "\(again.output) \(again.errors)")
            #expect(try await server.casarectl("job pause --selection stuck").status == 12)
            let paused = try await server.casarectl("job pause --selection stuck --yes -o json")
            #expect(paused.status == 0, "\(paused.errors)")
            #expect(try Value(parsingJSON: paused.output)["selection_name"] == "stuck", "\(paused.output)")
            #expect(try await server.statuses(of: jobs) == [.paused, .paused])
            #expect(try await server.casarectl("selection list -o name", as: .viewer).output == "stuck\n")
            #expect(try await server.casarectl("selection delete stuck --dry-run").status == 0)
            #expect(try await server.casarectl("selection show stuck").status == 0)
            #expect(try await server.casarectl("selection delete stuck").output == "deleted stuck\n")
            #expect(try await server.casarectl("selection show stuck").status == 4)
            #expect(try await server.casarectl("selection save jobs stuck").status == 64)
        }
    }

    @Test func `an operation is paused, resumed and cancelled, and a viewer may only look`() async throws {
        try await BulkFixture.with { server in
            let jobs = try await server.submit(3)
            // One each ten minutes: it is steered before it has done all.
            let begun = try await server.casarectl(
                "job cancel --workflow invoices --rate 1/10min --detach --yes -o name")
            #expect(begun.status == 0, "\(begun.errors)")
            let id = begun.output.filter { !$0.isNewline }
            for verb in ["pause", "resume", "cancel", "undo"] {
                #expect(try await server.casarectl("op \(verb) \(id)", as: .viewer).status == 6)
                #expect(try await server.casarectl("op \(verb) \(id)", as: nil).status == 4)
            }
            #expect(try await server.casarectl("op pause \(id) --dry-run").output.contains("cancel 3 jobs, running"))
            let paused = try await server.casarectl("op pause \(id) --reason lunch -o json")
            #expect(paused.status == 0, "\(paused.errors)")
            let operation = try Value(parsingJSON: paused.output)
            #expect(operation["status"] == "paused" && operation["status_reason"] == "lunch", "\(operation)")
            let late = try await server.casarectl("op watch \(id) --timeout 0")
            #expect(late.status == 8 && late.errors.contains("it goes on"), "\(late.errors)")
            #expect(try await server.casarectl("op resume \(id)").status == 0)
            #expect(try await server.casarectl("op cancel \(id) --reason enough").status == 0)
            let ended = try await server.casarectl("op watch \(id)")
            #expect(ended.status == 7 && ended.errors.contains("was cancelled"), "\(ended.errors)")
            #expect(try await server.statuses(of: jobs).filter { $0 == .pending }.count >= 1)
            #expect(try await server.casarectl("op undo \(id)").status == 5)
            #expect(try await server.casarectl("op show 01890000-0000-7000-8000-000000000001").status == 4)
        }
    }

    @Test func `what was paused within a time to undo goes on when it is undone`() async throws {
        try await BulkFixture.with { server in
            let jobs = try await server.submit(2)
            let paused = try await server.casarectl(
                "job pause --workflow invoices --undo-within 10m --yes -o json")
            #expect(paused.status == 0, "\(paused.errors)")
            let operation = try Value(parsingJSON: paused.output)
            #expect(operation["undo_until"]?.string != nil, "\(operation)")
            #expect(try await server.statuses(of: jobs) == [.paused, .paused])
            let id = try #require(operation["id"]?.string)
            #expect(try await server.casarectl("op undo \(id) --reason mistake").status == 0)
            let watched = try await server.casarectl("op watch \(id) -o json")
            #expect(watched.status == 0, "\(watched.errors)")
            #expect(try Value(parsingJSON: watched.output)["status"] == "undone")
            #expect(try await server.statuses(of: jobs) == [.pending, .pending])
        }
    }

    @Test func `what is to be cancelled is held until it can no longer be undone`() async throws {
        try await BulkFixture.with { server in
            let jobs = try await server.submit(2)
            let held = try await server.casarectl(
                "job cancel --workflow invoices --undo-within 10m --yes -o json")
            #expect(held.status == 0, "\(held.errors)")
            #expect(try Value(parsingJSON: held.output)["status"] == "holding", "\(held.output)")
            #expect(try await server.statuses(of: jobs) == [.paused, .paused])
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends the command, and the operation goes on`(signal: Int32) async throws {
        try await BulkFixture.with { server in
            _ = try await server.submit(3)
            let line = "job cancel --workflow invoices --rate 1/10min --yes"
            try await server.program().withRunning(
                line.split(separator: " ").map(String.init), log: "\(server.folder)/follow.log"
            ) { running in
                try await eventually("it follows") { running.log.contains(": cancel 3 jobs") ? true : nil }
                _ = kill(running.processID, signal)
                try await eventually("it has ended") { running.hasEnded ? true : nil }
                #expect(running.log.contains("stopped following"), "\(running.log)")
                #expect(running.log.contains("casarectl op cancel"), "\(running.log)")
            }
            let operations = try await server.client { try await $0.operations().operations }
            #expect(operations.map(\.status) == [.running])
        }
    }

    @Test func `who gives it a time hears how far it is by then`() async throws {
        try await BulkFixture.with { server in
            _ = try await server.submit(3)
            let ended = try await server.casarectl(
                "job cancel --workflow invoices --rate 1/10min --timeout 1s --yes")
            #expect(ended.status == 8, "\(ended.errors)")
            #expect(ended.errors.contains("of 3 by --timeout; it goes on: casarectl op watch"), "\(ended.errors)")
        }
    }
}
