import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What `job resolve` takes, shows and warns of, without a server.
struct ResolveTests {
    private static let id = "01890000-0000-7000-8000-000000000001"
    private static let question = Job.Question(
        step: 3, node: "pay", nodeType: "HttpRequestNode", text: "Did pay (HttpRequestNode) happen? It timed out.")

    private static func command(_ line: String) throws -> JobCommand.Resolve {
        let words = ["job", "resolve", Self.id] + line.split(separator: " ").map(String.init)
        return try #require(try Casarectl.parseAsRoot(words) as? JobCommand.Resolve)
    }

    @Test(arguments: [
        ("--done", ResolutionAnswer.done), ("--retry", .retry), ("--skip", .skip), ("--fail", .fail),
    ])
    func `each flag is an answer`(flag: String, answer: ResolutionAnswer) throws {
        let command = try Self.command("\(flag) --reason because")
        #expect(command.answer == answer && command.why.reason == "because")
        #expect(answer.resolution(outputs: [:]).answer.rawValue == answer.rawValue)
    }

    @Test(arguments: ["--done --retry", "--skip --fail --reason x", "--retry --result f", "--result f", "--reason"])
    func `two answers, and a result of what was not done, are refused`(line: String) {
        #expect(throws: (any Error).self) { try Self.command(line) }
    }

    @Test func `without a terminal both answer and reason are needed`() throws {
        func check(_ answer: ResolutionAnswer?, _ reason: String?, canAsk: Bool = false) -> CommandFailure? {
            do throws(CommandFailure) {
                try ResolutionQuestion(answer: answer, reason: reason, canAsk: canAsk).check()
                return nil
            } catch {
                return error
            }
        }
        #expect(check(nil, "x")?.status == .usage && check(nil, "x")?.message.contains("--skip or --fail") == true)
        #expect(check(.skip, nil)?.message.contains("--reason") == true)
        #expect(check(.skip, "x") == nil && check(nil, nil, canAsk: true) == nil)
    }

    @Test(
        arguments: [
            ("done", .done), ("D", .done), ("r", .retry), ("Skip", .skip), ("f", .fail), ("", nil), ("no", nil),
            ("do", nil),
        ] as [(String, ResolutionAnswer?)])
    func `an answer is typed as its word or its first letter`(text: String, answer: ResolutionAnswer?) {
        #expect(ResolutionAnswer(typed: text) == answer)
    }

    @Test func `a result is a JSON object, and what is not says where`() throws {
        try withFolder { folder in
            func outputs(_ text: String) throws -> Object {
                let file = "\(folder)/result.json"
                try write(text, to: file)
                return try ResultFile.outputs(in: TextInput(file))
            }
            let read = try outputs(#"{"id": 4711, "list": [1]}"#)
            #expect(read == ["id": 4711, "list": [1]])
            let broken = #expect(throws: CommandFailure.self) { try outputs("{\n  \"id\": 4711,,\n}") }
            #expect(broken?.status == .usage)
            #expect(broken?.message.hasPrefix("\(folder)/result.json is not JSON: line 2, column 14: ") == true)
            let list = #expect(throws: CommandFailure.self) { try outputs("[1]") }
            #expect(list?.message.contains("must hold a JSON object") == true)
            let large = #"{"x": ""# + String(repeating: "x", count: Job.Resolution.outputsBytesMax) + #""}"#
            let refused = #expect(throws: CommandFailure.self) { try outputs(large) }
            #expect(refused?.status == .usage && refused?.message.hasSuffix("holds more than 8 MiB") == true)
            let noFile = #expect(throws: CommandFailure.self) { try ResultFile.outputs(in: TextInput(folder)) }
            #expect(noFile?.status == .usage)
            let missing = #expect(throws: CommandFailure.self) {
                try ResultFile.outputs(in: TextInput("\(folder)/nothing.json"))
            }
            #expect(missing?.status == .notFound)
        }
    }

    @Test func `who answers too late is told what was said, and by whom`() throws {
        let id = try #require(Job.ID(Self.id))
        let at = Date(timeIntervalSince1970: 1_800_000_000)
        let job = JobInfo(
            Job(
                id: id, workflow: Workflow.ID(rawValue: id.rawValue), workflowName: "w", workflowVersion: 1,
                priority: .high, environment: "default", variables: [:], options: .init(), attempt: 1,
                state: .running(Job.Running(robot: "r1", since: at)), idempotencyKey: nil, retryOf: nil, createdAt: at,
                createdBy: "ci"))
        func history(_ answer: JobHistory.Answer?) -> JobHistory {
            let question = JobHistory.Question(step: 3, node: "pay", text: "Did it?", answer: answer)
            return JobHistory(
                events: [],
                attempts: [
                    JobHistory.Attempt(
                        attempt: 1, robot: "r1", startedAt: at, finishedAt: at, isCrash: false, failure: nil,
                        question: question),
                    JobHistory.Attempt(
                        attempt: 1, robot: "r2", startedAt: at, finishedAt: nil, isCrash: false, failure: nil),
                ])
        }
        let answer = JobHistory.Answer(at: at, answer: "fail", by: "anna", reason: "it bounced")
        let told = JobCommand.Resolve.refusal(of: job, history(answer))
        #expect(told.status == .conflict)
        #expect(told.message.contains("step 3 (pay) was answered already: anna said fail at 2027-01-15T08:00:00"))
        #expect(told.message.contains("(it bounced)") && told.message.contains("is running"))
        for unknown in [history(nil), nil] {
            let refused = JobCommand.Resolve.refusal(of: job, unknown)
            #expect(refused.status == .conflict && refused.message.contains("asks nothing"))
        }
    }

    @Test func `what templates will miss is warned of, by the outputs that the node has`() throws {
        let warnings = Job.Resolution.done(outputs: [:]).warnings(for: Self.question)
        #expect(warnings.count == 1 && warnings[0].contains("{{pay.status_code}}"))
        #expect(warnings[0].contains("--result"))
        let some = Job.Resolution.done(outputs: ["status_code": 200]).warnings(for: Self.question)
        #expect(some.first?.contains("{{pay.status_code}}") != true)
        for resolution in [Job.Resolution.retry, .skip, .fail] {
            #expect(resolution.warnings(for: Self.question).isEmpty)
        }
        let unknown = Job.Question(step: 0, node: "n", nodeType: "NoSuchNode", text: "?")
        #expect(Job.Resolution.done(outputs: [:]).warnings(for: unknown).isEmpty)
    }

    @Test func `the status lists who waits longest for an answer, and how to give it`() throws {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        var sheet = Sheet("s")
        sheet.add([] as [BlockedJobInfo])
        #expect(sheet.sections.isEmpty)
        let id = try #require(Job.ID(Self.id))
        sheet.add([
            BlockedJobInfo(id: id, workflow: "invoices", question: Self.question, since: now.addingTimeInterval(-7200))
        ])
        let presentation = Presentation(
            single: 0, columns: [Column<Int>("n") { .number($0) }], name: "n", json: .null, sheet: sheet)
        let text = try OutputOptions.parse([]).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: now))
        #expect(text.contains(Self.id) && text.contains("Did pay (HttpRequestNode) happen?"))
        #expect(text.contains("casarectl job resolve \(Self.id)"))
    }
}
