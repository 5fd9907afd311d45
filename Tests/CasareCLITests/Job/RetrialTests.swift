import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What a person is shown, and asks for, before jobs are run again.
struct RetrialTests {
    private static let job = Job.ID("01890000-0000-7000-8000-000000000001")!

    @Test func `only what changes is shown, and nothing that is secret`() {
        let old: Object = ["amount": 3, "same": [1], "pin": 1234, "api_key": "abc", "url": "https://a:b@h/"]
        let replacements: Object = [
            "amount": 5, "same": [1], "pin": 4321, "api_key": "def", "url": "https://a:c@h/", "new": nil,
            "text": "a\nb",
        ]
        let changes = VariableChange.changes(from: old, by: replacements, hiding: ["pin"])
        #expect(
            changes.map(\.text) == [
                "amount: 3 → 5", "pin: *** → ***", "api_key: *** → ***",
                #"url: "https://***@h/" → "https://***@h/""#, "new: not set → null", #"text: not set → "a\nb""#,
            ])
        #expect(changes[0].json == ["name": "amount", "old": 3, "new": 5])
        #expect(changes[1].json == ["name": "pin", "old": "***", "new": "***"])
        #expect(changes[4].json == ["name": "new", "new": nil])
    }

    @Test func `what a job was not given began with the workflow's default`() {
        let changes = VariableChange.changes(
            from: ["m": 2], by: ["n": 9, "m": 3, "pin": 4321, "same": 5], hiding: ["pin"],
            defaults: ["n": 1, "m": 1, "pin": 1234, "same": 5])
        #expect(
            changes.map(\.text) == ["n: 1 (the default) → 9", "m: 2 → 3", "pin: *** (the default) → ***"])
        #expect(changes[0].json == ["name": "n", "old": 1, "new": 9, "default": true])
    }

    @Test func `without the workflow's document every value is hidden, and long ones are cut`() {
        let unknown = VariableChange.changes(from: ["a": 1], by: ["a": 2, "b": "x"], hiding: nil)
        #expect(unknown.map(\.text) == ["a: *** → ***", "b: not set → ***"])
        let long = VariableChange.changes(
            from: [:], by: ["a": .string(String(repeating: "x", count: 200))], hiding: [])
        #expect(long[0].text.count < 120 && long[0].text.hasSuffix("…"))
        #expect(long[0].json["new"]?.string?.count == 200)
    }

    @Test func `a selection shows the changes below each item, and in its JSON`() throws {
        let changes = VariableChange.changes(from: ["amount": 3], by: ["amount": 5], hiding: [])
        let selection = Selection(
            items: [
                Selection.Item(id: "id1", detail: "w v1", changes: changes),
                Selection.Item(id: "id2", detail: "w v1", changes: []),
            ], noun: "job")
        #expect(selection.sample == ["  id1  w v1", "    amount: 3 → 5", "  id2  w v1"])
        let json = selection.presentation.rows.map(\.json)
        #expect(json[0]["changes"] == [["name": "amount", "old": 3, "new": 5]])
        #expect(json[1]["changes"] == [])
        #expect(selection.presentation.headings.map(\.key) == ["id", "detail", "changes"])
        // Where nobody wants to change anything, nothing is said of it.
        let plain = Selection(items: [Selection.Item(id: "id1", detail: "w")], noun: "job")
        #expect(plain.presentation.rows[0].json == ["id": "id1", "detail": "w"])
        #expect(plain.presentation.headings.map(\.key) == ["id", "detail"])
    }

    @Test func `where a retry begins is a word, a number or a node`() {
        #expect(ResumeArgument(argument: "start") == .start)
        #expect(ResumeArgument(argument: "Failed") == .failed)
        #expect(ResumeArgument(argument: "7") == .step(.number(7)))
        #expect(ResumeArgument(argument: "append") == .step(.node("append")))
        for text in ["", " ", "-1", "3000000000"] { #expect(ResumeArgument(argument: text) == nil) }
        #expect(Job.ResumePoint.step(7).sentence == "from step 7")
    }

    @Test func `a node stands for its step when it has one, and else its steps are named`() throws {
        let steps = try ["read", "append", "append"].enumerated().map { number, node in
            try StepInfo(
                JournalRow(
                    step: number, node: node, nodeType: "T", effect: "effect", result: "{}",
                    startedAt: Date(timeIntervalSince1970: 1), finishedAt: Date(timeIntervalSince1970: 2)))
        }
        #expect(try StepArgument.position(of: "read", among: steps, in: Self.job) == 0)
        let several = #expect(throws: CommandFailure.self) {
            try StepArgument.position(of: "append", among: steps, in: Self.job)
        }
        #expect(several?.status == .usage && several?.message.hasSuffix("give one of the numbers 1, 2") == true)
        let none = #expect(throws: CommandFailure.self) {
            try StepArgument.position(of: "write", among: steps, in: Self.job)
        }
        #expect(none?.status == .notFound && none?.message.contains("no step of a node 'write'") == true)
    }

    @Test func `what is done to the world once more is named`() throws {
        func step(_ number: Int, _ effect: String, _ result: String?) throws -> StepInfo {
            try StepInfo(
                JournalRow(
                    step: number, node: "n\(number)", nodeType: "T", effect: effect, result: result,
                    startedAt: Date(timeIntervalSince1970: 1),
                    finishedAt: result == nil ? nil : Date(timeIntervalSince1970: 2)))
        }
        let steps = [
            try step(0, "effect", "{}"), try step(1, "captured", "{}"), try step(2, "effect", #"{"error":"no"}"#),
            try step(3, "effect", #"{"error":"?","type":"InDoubtError"}"#), try step(4, "effect", nil),
        ]
        #expect(steps.compactMap { $0.repeated(from: nil) }.map(\.step) == [0, 3, 4])
        // The step in doubt is taken over from itself on.
        #expect(steps.compactMap { $0.repeated(from: 4) }.isEmpty)
        let repeats = RepeatedEffects(steps.compactMap { $0.repeated(from: 0) })
        #expect(
            repeats.text == "performs again: step 0 (n0), step 3 (n3, which may have happened), "
                + "step 4 (n4, which may have happened)")
        let selection = Selection(items: [Selection.Item(id: "id1", detail: "w", repeats: repeats)], noun: "job")
        #expect(selection.sample == ["  id1  w", "    \(repeats.text)"])
        #expect(selection.presentation.headings.map(\.key) == ["id", "detail", "repeats"])
        #expect(selection.presentation.rows[0].json["repeats"]?.list?.count == 3)
    }

    @Test func `what cannot be looked at ends a dry run as it would end the command`() async {
        func look(_ ids: [String]) async -> Selection {
            await Selection(items: ids.map { Selection.Item(id: $0, detail: "") }, noun: "job").lookedAt(atMost: 9) {
                item in
                if item.id == "bad" { throw CommandFailure(.notFound, "no such step") }
                return item
            }
        }
        let lone = await look(["bad"])
        #expect(throws: CommandFailure(.notFound, "no such step")) { try lone.check() }
        let several = await look(["good", "bad"])
        let failure = #expect(throws: CommandFailure.self) { try several.check() }
        #expect(failure?.status == .partOfBulkFailed)
        let good = await look(["good"])
        #expect(throws: Never.self) { try good.check() }
    }

    @Test func `a job shows where it goes on from`() throws {
        let origin = Job.ID("01890000-0000-7000-8000-000000000002")!
        let job = JobInfo(
            Job(
                id: Self.job, workflow: Workflow.ID(rawValue: Self.job.rawValue), workflowName: "invoices",
                workflowVersion: 3, priority: .normal, environment: "default", variables: [:], options: Job.Options(),
                attempt: 0, state: .pending(dueAt: nil), idempotencyKey: nil, retryOf: nil,
                createdAt: Date(timeIntervalSince1970: 0), createdBy: "ci",
                forkedFrom: Job.Origin(job: origin, step: 7)))
        let text = try OutputOptions.parse([]).render(
            try job.presentation(),
            in: RenderContext(width: nil, usesColour: false, now: Date(timeIntervalSince1970: 0)))
        #expect(text.contains("goes on from  step 7 of \(origin)\n"))
        let json = try ValueEncoder.encode(job)
        #expect(json["forked_from"]?.string == origin.description && json["forked_step"] == 7)
    }
}
