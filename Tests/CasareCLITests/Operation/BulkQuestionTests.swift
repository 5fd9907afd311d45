import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What a person reads before a yes, and what their options come to.
struct BulkQuestionTests {
    private static let job = Job.ID("01890000-0000-7000-8000-000000000001")!

    private static func preview(_ samples: [OperationSample] = [], count: Int = 12) -> OperationPreview {
        OperationPreview(
            count: count, hash: "00ff", sample: samples,
            selection: .deadLetters(DeadLetterFilter(statuses: [.open], workflow: "invoices")))
    }

    private static func sample(
        changed: Object? = nil, variables: Object = [:], problem: String? = nil
    ) -> OperationSample {
        OperationSample(
            job: Self.job, workflow: "invoices", workflowVersion: 4, status: "open", message: "refused",
            variables: variables, changed: changed, problem: problem)
    }

    @Test func `the options become the request`() throws {
        let options = try OperationOptions.parse(
            ["--rate", "30/min", "--reason", "fixed", "--detach", "--yes"])
        let caution = try CautionOptions.parse(["--canary", "3", "--stop-on-error-rate", "5%"])
        let undo = try UndoOption.parse(["--undo-within", "10m"])
        let terms = options.terms(caution: caution, undo: undo)
        #expect(terms.isConfirmed && terms.detaches && !terms.isDryRun && terms.needOperation)
        let request = terms.request(.replay, .saved("stuck"))
        #expect(
            request
                == CreateOperationRequest(
                    verb: .replay, selectionName: "stuck", reason: "fixed", ratePerSecond: 0.5, canary: 3,
                    stopOnErrorRate: 0.05, undoWithinSeconds: 600))
        let plain = try OperationOptions.parse(["--yes", "--reason", "r"]).terms()
        #expect(!plain.needOperation)
        #expect(plain.request(.cancel, .ids([Self.job])).selection == .ids([Self.job]))
        #expect(throws: (any Error).self) { try OperationOptions.parse(["--detach", "--timeout", "5s"]) }
    }

    @Test(arguments: [("5%", 0.05), ("0.05", 0.05), ("100%", 1.0), ("0", 0.0), ("0.5%", 0.005)])
    func `a share is a percentage or a number`(text: String, share: Double) throws {
        #expect(abs(try ShareArgument.parse(text).share - share) < 1e-12)
    }

    @Test(arguments: ["", "%", "-5%", "101%", "1.5", "five", "5 %%", "1e-2", "+5%"])
    func `what is no share is refused`(text: String) {
        #expect(throws: UnexpectedText.self) { try ShareArgument.parse(text) }
    }

    @Test(arguments: [("10/s", 10.0), ("30/min", 0.5), ("1/30s", 1.0 / 30), ("10000/s", 10_000.0)])
    func `a rate is so many in a time`(text: String, perSecond: Double) throws {
        #expect(abs(try OperationRate.parse(text).perSecond - perSecond) < 1e-9)
    }

    @Test(arguments: ["10", "10001/s", "0/s", "none", "/s", "-1/s"])
    func `a rate that no server keeps is refused`(text: String) {
        #expect(throws: UnexpectedText.self) { try OperationRate.parse(text) }
    }

    @Test(arguments: ["0.9s", "25h", "never", "0"])
    func `a time to undo is one second to a day`(text: String) throws {
        #expect(throws: UnexpectedText.self) { try UndoSpan.parse(text) }
        #expect(try UndoSpan.parse("1s").seconds == 1)
        #expect(try UndoSpan.parse("24h").seconds == 86_400)
    }

    @Test func `before the question stand the count, how it is done, and the first few with what changes`() {
        let request = CreateOperationRequest(verb: .replay, selection: .ids([Self.job]), variables: ["code": 1])
        let preview = Self.preview([
            Self.sample(
                changed: ["amount": 5, "code": "***"], variables: ["amount": 3, "code": "***", "old": 1]),
            Self.sample(problem: "it goes on"),
        ])
        let wording = BulkWording(request, preview)
        #expect(wording.what == "replay 12 dead letters")
        let shown = preview.shown(preview.samples(setting: request.variables), noun: wording.noun)
        #expect(shown.count == "12 dead letters")
        #expect(shown.sample.first == "  \(Self.job)  invoices v4, open: refused")
        #expect(shown.sample.contains("    amount: 3 → 5"))
        // A value that nobody may see counts as another one, when the person has given one.
        #expect(shown.sample.contains("    code: *** → ***"))
        #expect(shown.sample.contains("    old: 1 → removed"))
        #expect(shown.sample.contains { $0.hasSuffix("(not possible: it goes on)") })
        #expect(shown.sample.last == "  … and 10 more")
    }

    @Test func `what is asked for is said in lines, safe to print`() throws {
        let options = try OperationOptions.parse(["--rate", "10/s", "--reason", "a\u{1B}b"])
        let terms = options.terms(
            caution: try CautionOptions.parse(["--canary", "3", "--stop-on-error-rate", "0.5%"]),
            undo: try UndoOption.parse([]))
        let wording = BulkWording(terms.request(.replay, .saved("stuck")), Self.preview())
        #expect(
            wording.lines(of: terms) == [
                "selected: selection stuck, dead letters: open, of workflow invoices", "reason: a\\u{1b}b",
                "rate: 10/s", "canary: the first 3", "stops above: 0.5 % failed",
            ])
        #expect(wording.nothing.hasPrefix("nothing to do: no dead letter is selected (selection stuck, "))
        #expect(wording.changed(to: 14).contains("12 dead letters then, 14 now; nothing was done, look again"))
        #expect(wording.changed(to: nil).contains("look again"))
    }

    @Test func `a verb is a sentence about what it is done to`() {
        #expect(Operation.Verb.priority.sentence("3 jobs", priority: .high) == "give 3 jobs priority 15")
        for verb in Operation.Verb.allCases where verb != .priority {
            #expect(verb.sentence("1 job", priority: nil) == "\(verb.rawValue) 1 job")
        }
        #expect(Operation.Verb.retry.noun(for: .jobs(JobSelection())) == "job")
        #expect(Operation.Verb.retry.noun(for: .deadLetters(DeadLetterFilter())) == "dead letter")
        #expect(Operation.Verb.purge.noun(for: .ids([])) == "dead letter")
    }

    @Test func `a dry run shows the count, the hash and the sample, and nothing of what is not there`() throws {
        let output = try OutputOptions.parse([])
        let terms = try OperationOptions.parse(["--dry-run"]).terms()
        let preview = Self.preview([Self.sample()])
        let wording = BulkWording(terms.request(.purge, .saved("stuck")), preview)
        let context = RenderContext(width: nil, usesColour: false, now: Date(timeIntervalSince1970: 0))
        func text(_ output: OutputOptions) throws -> String {
            try output.render(
                try preview.presentation(
                    of: preview.samples(setting: nil), saying: wording, terms: terms, for: output), in: context)
        }
        let sheet = try text(output)
        #expect(sheet.hasPrefix("would purge 12 dead letters\n") && sheet.contains("00ff"), "\(sheet)")
        #expect(sheet.contains("The first 1") && sheet.contains(Self.job.description) && !sheet.contains("CHANGES"))
        let json = try Value(parsingJSON: try text(try OutputOptions.parse(["-o", "json"])))
        #expect(json["count"] == 12 && json["sample"]?.list?.count == 1, "\(json)")
        #expect(try text(try OutputOptions.parse(["-o", "name"])) == "\(Self.job)\n")
        let row = try Value(parsingJSON: try text(try OutputOptions.parse(["-o", "jsonl"])))
        #expect(row["job"] == .string(Self.job.description) && row["workflow_version"] == 4, "\(row)")
    }

    @Test func `a filter of jobs says what its options say`() throws {
        let now = Date(timeIntervalSince1970: 10_000)
        let filter = try JobFilterOptions.parse([
            "--workflow", "w", "--workflow-version", "2", "--env", "prod", "--key", "k", "--robot", "r1", "--tag",
            "gpu", "--at-priority", "high", "--kind", "timeout", "--since", "2h", "--until", "1970-01-01T02:00:00Z",
            "--status", "pending,Running",
        ])
        #expect(
            filter.selection(otherwise: [.paused], now: now)
                == JobSelection(
                    statuses: [.pending, .running], workflow: "w", version: 2, environment: "prod", queueKey: "k",
                    robot: "r1", tag: "gpu", priority: .high, kind: .timeout,
                    since: Date(timeIntervalSince1970: 2800), until: Date(timeIntervalSince1970: 7200)))
        let workflow = try JobFilterOptions.parse(["--workflow", "w"])
        #expect(workflow.selection(otherwise: [.paused]).statuses == [.paused] && !workflow.isEmpty)
        #expect(try JobFilterOptions.parse([]).isEmpty)
        #expect(try !JobFilterOptions.parse(["--status", "failed"]).isEmpty)
        for wrong in [["--workflow-version", "2"], ["--status", "odd"], ["--status", "pending,"], ["--status", ""]] {
            #expect(throws: (any Error).self) { try JobFilterOptions.parse(wrong) }
        }
    }
}

struct BulkParsingTests {
    private static let id = "01890000-0000-7000-8000-000000000001"

    @Test(arguments: [
        "job cancel --workflow w --since 2h --undo-within 10m --reason r --yes", "job cancel \(id) --rate 10/s",
        "job cancel - --detach --yes", "job cancel --selection stuck --timeout 5m",
        "job pause --env prod --key acme --undo-within 1h --dry-run", "job resume --status paused",
        "job priority low --workflow w --at-priority normal --yes", "job priority high --selection stuck",
        "job priority - 15 --rate 1/s", "retry --workflow w --kind timeout --canary 3 --stop-on-error-rate 5%",
        "retry --selection stuck --rate 100/min --wait --timeout 1h", "retry \(id) --canary 1 --from failed",
        "op list --status running --limit 0 -o wide", "ops ls", "op show \(id)", "op get \(id)",
        "op watch \(id) --timeout 5m --wait", "op items \(id) --state failed -o csv", "op pause \(id) --reason lunch",
        "op resume \(id) --yes", "op cancel \(id) --dry-run", "op undo \(id)", "selection ls",
        "selection save jobs stuck --status pending,running --workflow w --dry-run",
        "selection save letters refused --error refused --since 1d", "selection show stuck -o yaml",
        "selection delete stuck --yes",
    ])
    func `every command takes its options`(line: String) throws {
        _ = try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        "job cancel", "job cancel --yes", "job cancel --rate fast --workflow w", "job cancel --workflow w --canary 3",
        "job resume --workflow w --undo-within 5m", "job cancel --workflow w --undo-within 25h",
        "job cancel --workflow w --detach --timeout 5s", "job cancel --workflow-version 3", "job priority",
        "job priority high", "job priority \(id)", "job priority top --workflow w", "job priority \(id) top",
        "job priority \(id) high --selection stuck", "retry --workflow w --canary 0", "retry --yes",
        "retry --workflow w --stop-on-error-rate 200%", "retry --workflow w --detach --wait",
        "retry --workflow w --selection stuck", "op", "op show", "op show nope", "op list --status done",
        "op items \(id) --state odd", "op undo", "selection save", "selection save jobs", "selection save jobs stuck",
        "selection save letters stuck", "selection save stuck --workflow w", "selection delete",
    ])
    func `a wrong command line is a usage error`(line: String) async {
        let status = await Casarectl.main(line.split(separator: " ").map(String.init))
        // A noun without a verb shows its help.
        #expect(status == (line == "op" || line == "selection save" ? 0 : 64))
    }

    @Test func `a node's name is no place to begin at for jobs that nobody has looked at`() throws {
        #expect(try ResumeArgument.parse("start").pointOfMany() == nil)
        #expect(try ResumeArgument.parse("failed").pointOfMany() == .failed)
        #expect(try ResumeArgument.parse("7").pointOfMany() == .step(7))
        let failure = #expect(throws: CommandFailure.self) { try ResumeArgument.parse("append").pointOfMany() }
        #expect(failure?.status == .usage)
    }
}
