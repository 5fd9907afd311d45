import ArgumentParser
import CasareClient
import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What every bulk verb refuses, and how it says so.
struct BulkRefusalTests {
    /// A verb with a filter that selects what it works on, and what it is called in the question.
    struct Case: CustomTestStringConvertible, Sendable {
        let line: String
        let filter: String
        let verb: Operation.Verb

        var testDescription: String { self.line }

        var isOfLetters: Bool { self.verb.isOfLetters || self.verb.isRerun }
    }

    static let cases = [
        Case(line: "job cancel", filter: "--workflow invoices", verb: .cancel),
        Case(line: "job pause", filter: "--workflow invoices --status pending", verb: .pause),
        Case(line: "job resume", filter: "--workflow invoices --status pending,paused", verb: .resume),
        Case(line: "job priority high", filter: "--workflow invoices --at-priority normal", verb: .priority),
        Case(line: "retry", filter: "--workflow invoices --kind expired", verb: .retry),
        Case(line: "dlq replay", filter: "--workflow invoices", verb: .replay),
        Case(line: "dlq ack", filter: "--workflow invoices", verb: .acknowledge),
        Case(line: "dlq purge", filter: "--workflow invoices --status open", verb: .purge),
    ]

    // MARK: No filter

    @Test(arguments: Self.cases)
    func `without IDs, a filter or a saved one it says how to select, and asks nobody`(verb: Case) async {
        let line = verb.line.split(separator: " ").map(String.init)
        for more in [[], ["--yes"], ["--dry-run"], ["--rate", "10/s", "--yes"]] {
            #expect(await Casarectl.main(line + more) == 64, "\(line + more)")
        }
        let message = Self.complaint(about: line)
        #expect(message.contains("Say which") && message.contains("--workflow"), "\(message)")
        #expect(message.contains("--selection NAME"), "\(message)")
    }

    @Test(arguments: Self.cases)
    func `IDs, a filter and a saved one exclude each other`(verb: Case) async {
        let id = "01890000-0000-7000-8000-000000000001"
        var words = verb.line.split(separator: " ").map(String.init)
        let filter = verb.filter.split(separator: " ").map(String.init)
        let saved = ["--selection", "stuck"]
        #expect(await Casarectl.main(words + filter + saved) == 64)
        // The priority comes behind the IDs.
        words.insert(id, at: verb.verb == .priority ? 2 : words.endIndex)
        for more in [filter, saved] {
            #expect(await Casarectl.main(words + more) == 64, "\(words + more)")
            #expect(Self.complaint(about: words + more).contains("Give one of IDs"), "\(words + more)")
        }
    }

    @Test(arguments: Self.cases)
    func `an option that it does not have is named, also with a value beside a filter`(verb: Case) {
        let line = "\(verb.line) \(verb.filter)".split(separator: " ").map(String.init)
        // The priority comes last.
        let words = verb.verb == .priority ? ["--frobnicate", "10", "high"] : ["--frobnicate", "10"]
        let message = Self.complaint(about: line.filter { verb.verb != .priority || $0 != "high" } + words)
        #expect(message.contains("Unknown option '--frobnicate'"), "\(message)")
    }

    @Test(arguments: [["--workflow", "invoices"], ["--selection", "stuck"]])
    func `a word that is no ID is refused beside what selects otherwise`(selecting: [String]) async {
        #expect(await Casarectl.main(["dlq", "ack", "nonsense", "--yes"] + selecting) == 64)
        #expect(throws: CommandFailure.self) { try BulkSelection(words: ["nonsense"], name: "stuck") { .ids([]) } }
    }

    private static func complaint(about line: [String]) -> String {
        do {
            _ = try Casarectl.parseAsRoot(line)
            return ""
        } catch {
            return Casarectl.fullMessage(for: error)
        }
    }

    // MARK: With a server

    @Test(arguments: Self.cases)
    func `it is refused to who has no terminal, to viewers, and where nothing is selected`(verb: Case) async throws {
        try await BulkFixture.with { server in
            let jobs = try await verb.isOfLetters ? server.deadLetters(2) : server.submit(2)
            let before = try await server.statuses(of: jobs)
            let line = "\(verb.line) \(verb.filter)"

            let unasked = try await server.casarectl(line)
            #expect(unasked.status == 12, "\(unasked.errors)")
            let noun = verb.verb.isOfLetters ? "dead letters" : "jobs"
            let what = verb.verb.sentence("2 \(noun)", priority: .high)
            #expect(unasked.errors.contains("not done: to \(what) without a terminal"), "\(unasked.errors)")

            let viewer = try await server.casarectl("\(line) --yes", as: .viewer)
            #expect(viewer.status == 6, "\(viewer.errors)")

            let nothing = try await server.casarectl("\(verb.line) --workflow invoices --robot nobody --yes")
            #expect(nothing.status == 4, "\(nothing.errors)")
            #expect(nothing.errors.contains("nothing to do: no "), "\(nothing.errors)")

            // Another tenant has no such workflow, and no such jobs.
            #expect(try await server.casarectl("\(line) --yes", as: nil).status == 4)

            let planned = try await server.casarectl("\(line) --dry-run")
            #expect(planned.status == 0, "\(planned.errors)")
            #expect(planned.output.hasPrefix("would \(what)\n"), "\(planned.output)")
            #expect(jobs.allSatisfy { planned.output.contains($0.description) }, "\(planned.output)")

            #expect(try await server.statuses(of: jobs) == before)
            #expect(try await server.client { try await $0.operations().operations } == [])
        }
    }

    @Test(arguments: Self.cases)
    func `jobs of another tenant are as if they were not there`(verb: Case) async throws {
        try await BulkFixture.with { server in
            let jobs = try await verb.isOfLetters ? server.deadLetters(1) : server.submit(1)
            let before = try await server.statuses(of: jobs)
            // A rate makes an operation of what is named by its ID.
            var words = verb.line.split(separator: " ").map(String.init)
            words.insert(jobs[0].description, at: verb.verb == .priority ? 2 : words.endIndex)
            let line = words.joined(separator: " ") + " --rate 100/s --yes"
            let refused = try await server.casarectl(line, as: nil)
            #expect([4, 7].contains(refused.status), "\(refused.status) \(refused.output) \(refused.errors)")
            #expect(!refused.output.contains("invoices") && !refused.errors.contains("invoices"))
            #expect(try await server.statuses(of: jobs) == before)
            #expect(try await server.client { try await $0.jobs().jobs.count } == 1)
        }
    }

    @Test(arguments: Self.cases)
    func `a selection that changes between the question and the yes is not worked on`(verb: Case) async throws {
        try await BulkFixture.with { server in
            let jobs = try await verb.isOfLetters ? server.deadLetters(2) : server.submit(2)
            let before = try await server.statuses(of: jobs)
            let selection = BulkSelection.filter(
                verb.isOfLetters
                    ? .deadLetters(DeadLetterFilter(workflow: BulkFixture.workflow))
                    // Nobody has paused these, which a resume would look for.
                    : .jobs(JobSelection(statuses: [.pending], workflow: BulkFixture.workflow)))
            let run = BulkRun(
                verb.verb, selection, try OperationOptions.parse([]).terms(), output: try OutputOptions.parse([])
            ) {
                $0.priority = verb.verb == .priority ? .high : nil
            }
            let person = Server(
                url: try #require(ServerURL(server.url)), token: nil, contextName: nil, isProduction: false)
            let failure = await #expect(throws: CommandFailure.self) {
                try await server.client { client in
                    try await run.run(client, person) { _, _, shown in
                        #expect(shown.total == 2 && shown.items.count == 2)
                        _ = try await verb.isOfLetters ? server.deadLetters(1) : server.submit(1)
                    }
                }
            }
            #expect(failure?.status == .conflict)
            #expect(failure?.message.contains("changed between the question and the yes: 2 ") == true)
            #expect(failure?.message.contains("3 now") == true, "\(failure?.message ?? "")")
            #expect(try await server.statuses(of: jobs) == before)
            #expect(try await server.client { try await $0.operations().operations } == [])
        }
    }
}
