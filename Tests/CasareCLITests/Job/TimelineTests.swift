import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What a job's time went into, as people see it.
struct TimelineTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private static let id = Job.ID("01890000-0000-7000-8000-000000000001")!

    private static func at(_ seconds: Double) -> Date { self.start.addingTimeInterval(seconds) }

    private static func job(_ state: Job.State, attempt: Int = 1, forkedFrom: Job.Origin? = nil) -> JobInfo {
        JobInfo(
            Job(
                id: self.id, workflow: Workflow.ID(rawValue: self.id.rawValue), workflowName: "invoices",
                workflowVersion: 3, priority: .high, environment: "default", variables: [:], options: .init(),
                attempt: attempt, state: state, idempotencyKey: nil, retryOf: nil, createdAt: self.start,
                createdBy: "ci", forkedFrom: forkedFrom))
    }

    private static func ended(
        _ kind: Job.Outcome.Kind, from start: Double, to end: Double, failure: Failure? = nil
    ) -> Job.State {
        .finished(
            Job.Outcome(
                kind: kind, result: nil, message: failure?.message, robot: "r1", startedAt: self.at(start),
                finishedAt: self.at(end), failure: failure))
    }

    private static func step(
        _ number: Int, _ node: String, _ start: Double, _ end: Double?, error: String? = nil, type: String = "T"
    ) throws -> StepInfo {
        let result = error.map { ["error": .string($0)] as Value } ?? ["outputs": [:]]
        return try StepInfo(
            JournalRow(
                step: number, node: node, nodeType: type, effect: "effect",
                result: end == nil ? nil : result.jsonText(.compact), startedAt: self.at(start),
                finishedAt: end.map(self.at)))
    }

    private static func wait(_ start: Double, _ end: Double?) throws -> StepInfo {
        try StepInfo(
            JournalRow(
                step: 0, node: "wait", nodeType: "WaitNode", effect: "captured",
                result: end == nil ? nil : #"{"outputs": {}}"#, startedAt: self.at(start),
                finishedAt: end.map(self.at)))
    }

    private static func event(_ kind: String, _ seconds: Double) -> JobHistory.Event {
        JobHistory.Event(at: self.at(seconds), kind: kind, detail: nil)
    }

    private static func attempt(
        _ number: Int, _ robot: String, _ start: Double, _ end: Double?, isCrash: Bool = false,
        failure: Failure? = nil, question: JobHistory.Question? = nil
    ) -> JobHistory.Attempt {
        JobHistory.Attempt(
            attempt: number, robot: robot, startedAt: self.at(start), finishedAt: end.map(self.at), isCrash: isCrash,
            failure: failure.map { FailureInfo($0) }, question: question)
    }

    private static func render(
        _ job: JobInfo, _ history: JobHistory?, _ steps: [StepInfo], now: Double, width: Int
    ) -> String {
        WaterfallText.render(
            JobTimeline(job, history: history, steps: steps, now: self.at(now)), of: job, width: width)
    }

    @Test func `waits, attempts, steps, gaps, retries and crashes each have their bar`() throws {
        let failure = Failure(kind: .application, message: "card refused", type: "NodeError", node: "pay")
        let history = JobHistory(
            events: [
                Self.event("submitted", 0), Self.event("leased", 2), Self.event("lease_expired", 6),
                Self.event("leased", 7), Self.event("failed", 12), Self.event("dead_lettered", 12),
            ],
            attempts: [
                Self.attempt(1, "r1", 2, 6, isCrash: true), Self.attempt(2, "r2", 7, 12, failure: failure),
            ])
        let steps = [
            try Self.step(0, "fetch", 2, 3), try Self.step(1, "read", 4.5, 5),
            try Self.step(2, "pay", 8, 9, error: "HttpError 503"),
            try Self.step(3, "pay", 10, 12, error: "card refused"),
            try Self.step(4, "clock", 11, 11, type: "$clock"),
        ]
        let job = Self.job(Self.ended(.failed(.application), from: 7, to: 12, failure: failure), attempt: 2)
        #expect(
            Self.render(job, history, steps, now: 500, width: 80) == """
                invoices version 3, job 01890000-0000-7000-8000-000000000001: failed
                12 s: 3 s waiting, 9 s with robots, 4.5 s of it in steps

                waits for a robot    ░░░░░░░░░                                             2 s
                attempt 1 on r1              ─────────────────                             4 s ✗
                  its robot was lost
                  0 fetch                    █████                                         1 s
                  computing                      ·······                                 1.5 s
                  1 read                               ███                              500 ms
                  not recorded                           ·····                             1 s
                waits after a crash                          ░░░░░                         1 s
                attempt 2 on r2                                  ─────────────────────     5 s ✗
                  computing                                      ·····                     1 s
                  2 pay                                              █████                 1 s ✗
                    HttpError 503
                  computing                                              ·····             1 s
                  3 pay (retry 1)                                            █████████     2 s ✗
                    card refused

                """)
    }

    @Test func `what began and is not known to have ended is a question mark, and the wait goes on`() throws {
        let history = JobHistory(
            events: [Self.event("submitted", 0), Self.event("leased", 1), Self.event("blocked", 3)],
            attempts: [Self.attempt(1, "r1", 1, 3)])
        let question = Job.Question(step: 0, node: "pay", nodeType: "T", text: "Did pay happen?")
        let job = Self.job(.blocked(question, since: Self.at(3)))
        let steps = [try Self.step(0, "pay", 1.5, nil)]
        #expect(
            Self.render(job, history, steps, now: 7, width: 60) == """
                invoices version 3, job 01890000-0000-7000-8000-000000000001: blocked
                7 s: 5 s waiting, 2 s with robots, 1.5 s of it in steps

                waits for a robot   ░░░░░░░░                           1 s
                attempt 1 on r1            ────────────────            2 s
                  computing                ·····                    500 ms
                  0 pay                        ????????????              ?
                waits for a person                        ≈≈≈≈≈≈≈≈     4 s …

                """)
    }

    @Test(arguments: [("done", true), ("skip", true), ("fail", true), ("retry", false)])
    func `a step that somebody answered for took no longer than its attempt`(answer: String, isAnswered: Bool) throws {
        let question = JobHistory.Question(
            step: 0, node: "pay", text: "Did pay happen?",
            answer: JobHistory.Answer(at: Self.at(60), answer: answer, by: "ann", reason: "I looked"))
        let history = JobHistory(
            events: [
                Self.event("submitted", 0), Self.event("leased", 1), Self.event("blocked", 3),
                Self.event("resolved", 60), Self.event("leased", 61), Self.event("completed", 63),
            ],
            attempts: [Self.attempt(1, "r1", 1, 3, question: question), Self.attempt(1, "r2", 61, 63)])
        let job = Self.job(Self.ended(.completed, from: 61, to: 63))
        let timeline = JobTimeline(
            job, history: history, steps: [try Self.step(0, "pay", 1, 60)], now: Self.at(100))
        let step = try #require(timeline.spans.first { $0.kind == .step })
        #expect(step.outcome == (isAnswered ? .unknown : .succeeded))
        #expect(step.until == Self.at(isAnswered ? 3 : 60))
        #expect(timeline.seconds(of: .attempt) == 4)
        if isAnswered { #expect(timeline.seconds(of: .step) == 2) }
        let attempt = try #require(timeline.spans.first { $0.kind == .attempt })
        #expect(attempt.error == "step 0 (pay) was in doubt; ann answered \(answer): I looked")

        // In the list of steps, too, the person's word is no end of the step.
        let view = StepView(try Self.step(0, "pay", 1, 60), answer: history.answers[0])
        let presentation = try Presentation(
            list: [view], columns: StepView.columns, name: { _ in "0" }, json: { try $0.json() })
        let text = try OutputOptions.parse(["-o", "csv", "--columns", "status,duration"]).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.start))
        #expect(text.contains("ann answered") == isAnswered && text.contains("59") != isAnswered, "\(text)")
        let member = try view.json()["answer"]
        #expect(member?["by"]?.string == (isAnswered ? "ann" : .none))
    }

    @Test func `a running job is drawn up to now, and a long wait leaves room for the rest`() throws {
        let history = JobHistory(
            events: [Self.event("submitted", 0), Self.event("leased", 3600)],
            attempts: [Self.attempt(1, "r1", 3600, nil)])
        let job = Self.job(.running(.init(robot: "r1", since: Self.at(3600))))
        let steps = [try Self.step(0, "fetch", 3600, 3602), try Self.step(1, "pay", 3605, nil)]
        #expect(
            Self.render(job, history, steps, now: 3610, width: 60) == """
                invoices version 3, job 01890000-0000-7000-8000-000000000001: running
                1 h: 1 h waiting, 10 s with robots, 7 s of it in steps

                waits for a robot  ≈≈≈≈≈≈≈≈≈≈≈                         1 h
                attempt 1 on r1               ──────────────────────  10 s …
                  0 fetch                     █████                    2 s
                  computing                       ·······              3 s
                  1 pay                                  ███████████   5 s …

                """)
        // A clock that is behind draws no bar backwards.
        let behind = JobTimeline(job, history: history, steps: steps, now: Self.at(0))
        #expect(behind.end == Self.at(3605))
    }

    @Test func `without a history the last attempt is drawn, and what is older together`() throws {
        let job = Self.job(Self.ended(.completed, from: 50, to: 52), attempt: 2)
        let steps = [try Self.step(0, "fetch", 1, 2), try Self.step(1, "pay", 50, 51)]
        #expect(
            Self.render(job, nil, steps, now: 500, width: 60) == """
                invoices version 3, job 01890000-0000-7000-8000-000000000001: completed
                52 s: 49 s waiting, 3 s with robots, 2 s of it in steps

                waits             ░░░░░░░                              1 s
                earlier attempts        ───────                        1 s
                  0 fetch               ███████                        1 s
                waits                         ≈≈≈≈≈≈≈≈≈≈              48 s
                attempt 2 on r1                        ─────────────   2 s
                  1 pay                                ███████         1 s
                  computing                                  ·······   1 s

                """)
    }

    @Test func `a job that nobody began is all waiting`() {
        let history = JobHistory(events: [Self.event("submitted", 0)], attempts: [])
        #expect(
            Self.render(Self.job(.pending(dueAt: nil)), history, [], now: 60, width: 60) == """
                invoices version 3, job 01890000-0000-7000-8000-000000000001: pending
                1 min, all of it waiting

                waits for a robot  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  1 min …

                """)
    }

    @Test func `a robot's clock that is behind leaves a step in its attempt`() throws {
        let history = JobHistory(
            events: [Self.event("submitted", 0), Self.event("leased", 10)], attempts: [Self.attempt(1, "r1", 10, 12)])
        let job = Self.job(Self.ended(.completed, from: 10, to: 12))
        let spans = JobTimeline(job, history: history, steps: [try Self.step(0, "a", 8, 9)], now: Self.at(20)).spans
        #expect(spans.map(\.name) == ["waits for a robot", "attempt 1 on r1", "0 a", "computing"])
        #expect(spans.filter { $0.kind == .step }.map(\.attempt) == [1])
    }

    @Test func `what a robot did before it handed the job back is part of the attempt that goes on`() throws {
        let history = JobHistory(
            events: [
                Self.event("submitted", 0), Self.event("leased", 1), Self.event("released", 3),
                Self.event("leased", 5), Self.event("completed", 7),
            ], attempts: [Self.attempt(1, "r2", 5, 7)])
        let job = Self.job(Self.ended(.completed, from: 5, to: 7))
        let spans = JobTimeline(job, history: history, steps: [try Self.step(0, "a", 1, 2)], now: Self.at(9)).spans
        #expect(
            spans.map(\.name) == [
                "waits for a robot", "attempt 1", "0 a", "computing", "handed back, waits", "attempt 1 on r2",
                "computing",
            ])
        #expect(spans.map(\.seconds) == [1, 2, 1, 1, 2, 2, 2])
    }

    @Test func `a wait that a pause left waits on, and says until when`() throws {
        let history = JobHistory(
            events: [Self.event("submitted", 0), Self.event("leased", 1), Self.event("paused", 3)], attempts: [])
        let pause = Job.Pause(by: "ann", reason: nil, since: Self.at(3))
        let job = Self.job(.paused(pause, dueAt: nil), attempt: 0)
        let steps = [try Self.wait(1, nil)]
        let timeline = JobTimeline(job, history: history, steps: steps, waitEnds: [0: Self.at(60)], now: Self.at(5))
        #expect(timeline.spans.map(\.name) == ["waits for a robot", "attempt 1", "0 wait", "paused"])
        let json = timeline.spans[2].json
        #expect(json["outcome"] == "waiting" && json["waiting_until"] == "2027-01-15T08:01:00.000Z")
        #expect(json["finished_at"] == .null)
        let text = WaterfallText.render(timeline, of: job, width: 60)
        #expect(text.contains("\n    waiting until 2027-01-15T08:01:00.000Z\n") && !text.contains("?"), "\(text)")
        let unknown = WaterfallText.render(
            JobTimeline(job, history: history, steps: steps, now: Self.at(5)), of: job, width: 60)
        #expect(unknown.contains("\n    waiting\n") && !unknown.contains("?"), "\(unknown)")
        // Who cancels it ends the wait, too.
        let cancelled = JobTimeline(
            Self.job(Self.ended(.cancelled, from: 1, to: 4)), history: history, steps: steps,
            waitEnds: [0: Self.at(60)], now: Self.at(5))
        #expect(cancelled.spans.filter { $0.kind == .step }.map(\.outcome) == [.stopped])
        #expect(cancelled.spans.compactMap(\.waitsUntil).isEmpty)
    }

    @Test(arguments: [7, nil] as [Double?])
    func `a wait that robots left has a bar in each attempt that waited`(end: Double?) throws {
        let history = JobHistory(
            events: [
                Self.event("submitted", 0), Self.event("leased", 1), Self.event("paused", 3), Self.event("resumed", 4),
                Self.event("leased", 5),
            ], attempts: [Self.attempt(1, "r2", 5, end.map { $0 + 1 })])
        let job =
            end == nil
            ? Self.job(.running(.init(robot: "r2", since: Self.at(5))))
            : Self.job(Self.ended(.completed, from: 5, to: 8))
        let timeline = JobTimeline(
            job, history: history, steps: [try Self.wait(1, end)], waitEnds: [0: Self.at(60)], now: Self.at(9))
        let waits = timeline.spans.filter { $0.kind == .step }
        #expect(waits.map(\.startedAt) == [Self.at(1), Self.at(5)])
        #expect(waits.map(\.until) == [Self.at(3), Self.at(end ?? 9)])
        #expect(waits.map(\.outcome) == [.stopped, end == nil ? .underWay : .succeeded])
        #expect(waits.map(\.waitsUntil) == [nil, end == nil ? Self.at(60) : nil])
        let computing = timeline.spans.filter { $0.kind == .computing }.map(\.seconds)
        #expect(computing == (end == nil ? [] : [1]))
    }

    @Test func `steps that were taken over took none of the job's time`() throws {
        let history = JobHistory(
            events: [Self.event("submitted", 0), Self.event("leased", 1)], attempts: [Self.attempt(1, "r1", 1, 2)])
        let job = Self.job(
            Self.ended(.completed, from: 1, to: 2), forkedFrom: Job.Origin(job: Self.id, step: 1))
        let steps = [try Self.step(0, "old", -5, -4), try Self.step(1, "new", 1, 2)]
        let spans = JobTimeline(job, history: history, steps: steps, now: Self.at(3)).spans
        #expect(spans.compactMap(\.node) == ["new"])
    }

    @Test func `programs get each span with its times, and none for an end that is not known`() throws {
        let history = JobHistory(
            events: [Self.event("submitted", 0), Self.event("leased", 1)], attempts: [Self.attempt(1, "r1", 1, nil)])
        let job = Self.job(.running(.init(robot: "r1", since: Self.at(1))))
        let timeline = JobTimeline(
            job, history: history, steps: [try Self.step(0, "pay", 1, nil)], now: Self.at(2))
        let expected: [Value] = [
            [
                "kind": "wait", "name": "waits for a robot", "attempt": nil, "step": nil, "node": nil,
                "node_type": nil, "started_at": "2027-01-15T08:00:00.000Z",
                "finished_at": "2027-01-15T08:00:01.000Z", "seconds": 1.0, "outcome": nil, "waiting_until": nil,
                "error": nil,
            ],
            [
                "kind": "attempt", "name": "attempt 1 on r1", "attempt": 1, "step": nil, "node": nil,
                "node_type": nil, "started_at": "2027-01-15T08:00:01.000Z", "finished_at": nil, "seconds": nil,
                "outcome": "under_way", "waiting_until": nil, "error": nil,
            ],
            [
                "kind": "step", "name": "0 pay", "attempt": 1, "step": 0, "node": "pay", "node_type": "T",
                "started_at": "2027-01-15T08:00:01.000Z", "finished_at": nil, "seconds": nil,
                "outcome": "under_way", "waiting_until": nil, "error": nil,
            ],
        ]
        #expect(timeline.spans.map(\.json) == expected)
        let presentation = Presentation(
            list: timeline.spans, columns: TimelineSpan.columns, name: { $0.name }, json: { $0.json })
        let csv = try OutputOptions.parse(["-o", "csv"]).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.start))
        #expect(csv.contains("started_at,finished_at,seconds,"), "\(csv)")
        #expect(csv.contains("2027-01-15T08:00:00.000Z,2027-01-15T08:00:01.000Z,1.0,"), "\(csv)")
        #expect(Cell.duration(seconds: 0.009000062942504883).plain == "0.009")
    }
}
