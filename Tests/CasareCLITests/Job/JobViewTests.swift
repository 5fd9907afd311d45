import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

struct JobViewTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let id = Job.ID("01890000-0000-7000-8000-000000000001")!

    private static func job(
        _ state: Job.State, attempt: Int = 1, environment: String = "default", options: Job.Options = .init()
    ) -> JobInfo {
        JobInfo(
            Job(
                id: Self.id, workflow: Workflow.ID(rawValue: Self.id.rawValue), workflowName: "invoices",
                workflowVersion: 3, priority: .high, environment: environment, variables: ["month": 11],
                options: options, attempt: attempt, state: state, idempotencyKey: nil, retryOf: nil,
                createdAt: Self.now.addingTimeInterval(-60), createdBy: "ci"))
    }

    private static func ended(
        _ kind: Job.Outcome.Kind, _ result: RunResult?, _ message: String? = nil, failure: Failure? = nil
    ) -> Job.State {
        .finished(
            Job.Outcome(
                kind: kind, result: result, message: message, robot: "r1",
                startedAt: Self.now.addingTimeInterval(-10), finishedAt: Self.now.addingTimeInterval(-8),
                failure: failure))
    }

    private static let result = RunResult(
        success: true, error: nil, variables: ["total": 15.0, "name": "x"], logs: ["one", "two"], nodeErrors: [],
        trace: ["a", "b"], nodeOutputs: ["a": ["value": 1]])

    private static func render(_ presentation: Presentation, _ arguments: [String] = []) throws -> String {
        try OutputOptions.parse(arguments).render(
            presentation, in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    private static func list(_ jobs: [JobInfo]) throws -> Presentation {
        try Presentation(list: jobs, columns: JobInfo.columns, name: \.id.description)
    }

    @Test func `a job that completed shows its outcome, logs and variables`() throws {
        let text = try Self.render(try Self.job(Self.ended(.completed, Self.result)).presentation())
        #expect(
            text == """
                01890000-0000-7000-8000-000000000001 completed after 2 s
                workflow     invoices version 3
                priority     15
                attempt      1
                environment  default
                robot        r1
                created      2027-01-15T07:59:00.000Z (60 s ago)
                created by   ci
                started      2027-01-15T07:59:50.000Z (10 s ago)
                finished     2027-01-15T07:59:52.000Z (8 s ago)

                Logs
                  one
                  two

                Variables
                  total  15.0
                  name   x

                Trace
                  a → b

                Node outputs
                  a  {"value":1}

                """)
    }

    @Test func `its JSON holds the result object as run prints it`() throws {
        let json = try Value(
            parsingJSON: try Self.render(
                try Self.job(Self.ended(.completed, Self.result)).presentation(), ["-o", "json"]))
        #expect(json["result"] == .object(Self.result.json))
        #expect(json["result"]?.object?.keys == Self.result.json.keys)
        #expect(json["result"]?["variables"]?["total"]?.jsonText(.compact) == "15.0")
        #expect(json["status"] == "completed")
        #expect(json["failure"] == .null)
        let run = RunReport(workflow: "invoices", seconds: 1.5, failure: nil, result: Self.result)
        #expect(try run.json().object?.keys == ["workflow", "status", "duration_ms", "failure", "partial", "result"])
        #expect(try run.json()["result"] == json["result"])
        #expect(try run.json()["duration_ms"] == 1500)
    }

    @Test func `a failure has the same shape in run and in job get`() throws {
        let failure = Failure(kind: .application, message: "no", type: "ValueError", node: "n")
        let failed = RunResult(
            success: false, error: "no", variables: [:], logs: [],
            nodeErrors: [RunResult.NodeError(node: "n", error: "no", type: "ValueError")])
        let run = RunReport(workflow: "w", seconds: 0, failure: failure, result: failed)
        let job = try ValueEncoder.encode(Self.job(Self.ended(.failed(.application), failed, "no", failure: failure)))
        #expect(try run.json()["failure"] == job["failure"])
        #expect(try run.json()["status"] == "failed")
        let text = try Self.render(try run.presentation())
        #expect(text.hasPrefix("w failed after 0 ms\nerror  no\nnode   n\n"))
        #expect(text.contains("Failed nodes\n  NODE  TYPE        ERROR\n  n     ValueError  no\n"))
    }

    @Test func `a list shows a line for each job`() throws {
        let jobs = [
            Self.job(.pending(dueAt: nil), attempt: 0),
            Self.job(Self.ended(.failed(.application), nil, "bad\nthing")),
        ]
        #expect(
            try Self.render(try Self.list(jobs)) == """
                ID                                    WORKFLOW  VERSION  STATUS   ATTEMPT  CREATED AT  DURATION  ERROR
                01890000-0000-7000-8000-000000000001  invoices        3  pending        0  60 s ago           –  –
                01890000-0000-7000-8000-000000000001  invoices        3  failed         1  60 s ago         2 s  bad\\nthing

                """)
        #expect(try Self.render(try Self.list(jobs), ["-o", "name"]).hasPrefix("\(Self.id)\n"))
    }

    @Test func `a wide list has the environment, and a job's own time limit is shown`() throws {
        let job = Self.job(
            .pending(dueAt: nil), attempt: 0, environment: "gpu", options: Job.Options(timeoutSeconds: 90))
        let wide = try Self.render(try Self.list([job]), ["-o", "wide"])
        #expect(wide.contains("PRIORITY  ENVIRONMENT  ATTEMPT") && wide.contains("gpu"), "\(wide)")
        #expect(try Self.render(try job.presentation()).contains("time limit   1 min 30 s\n"))
    }

    @Test func `a job that waits for its next try says why the last one failed, and what was retried as what`() throws {
        func attempt(_ number: Int, _ failure: Failure?) -> JobHistory.Attempt {
            JobHistory.Attempt(
                attempt: number, robot: "r1", startedAt: Self.now, finishedAt: Self.now, isCrash: false,
                failure: failure.map { FailureInfo($0) })
        }
        let failure = Failure(kind: .application, message: "connection refused", type: "ConnectionError", node: "n")
        let history = JobHistory(events: [], attempts: [attempt(1, nil), attempt(2, failure)])
        let waiting = Self.job(.pending(dueAt: Self.now), attempt: 2)
        let text = try Self.render(try waiting.presentation(past: JobPast(history, of: waiting, replayedAs: nil)))
        #expect(text.contains("attempt 2: connection refused (ConnectionError)"), "\(text)")
        let running = Self.job(.running(Job.Running(robot: "r1", since: Self.now)), attempt: 3)
        #expect(JobPast(history, of: running, replayedAs: nil) == JobPast())
        // It was handed back since.
        let handedBack = JobHistory(events: [], attempts: [attempt(2, failure), attempt(3, nil)])
        #expect(JobPast(handedBack, of: waiting, replayedAs: nil).lastFailure == nil)

        let failed = Self.job(Self.ended(.failed(.application), nil, "no", failure: failure))
        let replayed = try Self.render(
            try failed.presentation(past: JobPast(nil, of: failed, replayedAs: Self.id)))
        #expect(replayed.contains("replayed as") && replayed.contains("\(Self.id)\n"), "\(replayed)")
    }

    @Test func `progress tells each change once`() {
        var progress = JobProgress()
        #expect(progress.saw(Self.job(.pending(dueAt: nil), attempt: 0)) == "waits for a robot")
        #expect(progress.saw(Self.job(.pending(dueAt: nil), attempt: 0)) == nil)
        let running = Self.job(.running(Job.Running(robot: "r1", since: Self.now)))
        #expect(progress.saw(running) == "running on r1")
        #expect(progress.saw(running) == nil)
        #expect(progress.saw(Self.job(.pending(dueAt: Self.now))) == "waits for attempt 2")
        #expect(
            progress.saw(Self.job(.running(Job.Running(robot: "r2", since: Self.now)), attempt: 2))
                == "running on r2, attempt 2")
        #expect(
            progress.saw(Self.job(Self.ended(.failed(.timeout), nil, "too long"), attempt: 2)) == "failed: too long")
    }

    @Test func `a paused job says by whom it is paused, why, and how it goes on`() throws {
        let pause = Job.Pause(by: "ann", reason: "month end", since: Self.now)
        let job = Self.job(.paused(pause, dueAt: nil), attempt: 0)
        var progress = JobProgress()
        #expect(progress.saw(job) == "paused by ann: month end (to go on: casarectl job resume \(Self.id))")
        let text = try ValueEncoder.encode(job)
        #expect(text["status"] == "paused" && text["pause"]?["by"] == "ann")
        let running = Self.job(.running(Job.Running(robot: "r1", since: Self.now, pause: pause)))
        #expect(running.status == .running && running.pause?.reason == "month end")
        #expect(JobCommand.Pause.past(job) == "paused" && JobCommand.Pause.past(running) == "asked to pause")
    }

    @Test func `who waits in silence is told once each time that the job stands still`() throws {
        var standstill = JobStandstill()
        func paused(_ seconds: Double, reason: String?) -> JobInfo {
            let pause = Job.Pause(by: "ann", reason: reason, since: Self.now.addingTimeInterval(seconds))
            return Self.job(.paused(pause, dueAt: nil), attempt: 0)
        }
        #expect(standstill.saw(Self.job(.pending(dueAt: nil), attempt: 0)) == nil)
        let line = "casarectl: job \(Self.id) is paused by ann: month end (to go on: casarectl job resume \(Self.id))"
        #expect(standstill.saw(paused(0, reason: "month end")) == line)
        #expect(standstill.saw(paused(0, reason: "month end")) == nil)
        // It was resumed meanwhile, and nobody looked.
        let again = standstill.saw(paused(9, reason: nil))
        #expect(again == "casarectl: job \(Self.id) is paused by ann (to go on: casarectl job resume \(Self.id))")
        #expect(standstill.saw(Self.job(.running(Job.Running(robot: "r1", since: Self.now)))) == nil)
        #expect(standstill.saw(paused(9, reason: nil)) == again)
        let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Did it happen?")
        let asking = "is blocked: Did it happen? (to answer: casarectl job resolve \(Self.id))"
        let blocked = Self.job(.blocked(question, since: Self.now))
        #expect(standstill.saw(blocked) == "casarectl: job \(Self.id) \(asking)")
        #expect(standstill.saw(blocked) == nil)
        #expect(standstill.saw(Self.job(Self.ended(.completed, Self.result))) == nil)
    }

    @Test func `a wait that is not over is shown as one, with its time where that is known`() throws {
        let wait = try StepInfo(
            JournalRow(
                step: 0, node: "wait", nodeType: "WaitNode", effect: "captured", result: nil, startedAt: Self.now,
                finishedAt: nil))
        let pay = try StepInfo(
            JournalRow(
                step: 1, node: "pay", nodeType: "T", effect: "effect", result: nil, startedAt: Self.now,
                finishedAt: nil))
        func shown(_ views: [StepView], _ arguments: [String] = []) throws -> String {
            try Self.render(
                try Presentation(
                    list: views, columns: StepView.columns, name: { String($0.step.step) },
                    json: { try $0.json() }), arguments)
        }
        let until = StepView(wait, waitsUntil: Self.now.addingTimeInterval(60))
        #expect(try shown([until]).contains("waiting until 2027-01-15T08:01:00.000Z"))
        let others = try shown([StepView(wait), StepView(wait, isOver: true), StepView(pay)], ["--columns", "status"])
        #expect(others.split(whereSeparator: \.isWhitespace) == ["STATUS", "waiting", "left", "begun"])
        let json = try Value(parsingJSON: try shown([until, StepView(pay)], ["-o", "json"]))
        #expect(json.list?.map { $0["status"] } == ["waiting", "begun"])
        #expect(json.list?.map { $0["waiting_until"] } == ["2027-01-15T08:01:00.000Z", .null])
        #expect(json.list?.first?["started_at"] == "2027-01-15T08:00:00.000Z")
    }

    @Test func `until when a job waits is known where its workflow has the duration as a number`() throws {
        let nodes: Value = [
            "a": ["node_type": "WaitNode", "config": ["duration": 60]],
            "b": ["node_type": "SleepNode", "config": ["duration_ms": 1500]],
            "c": ["node_type": "WaitNode", "config": ["duration": "{{x}}"]],
            "d": ["node_type": "WaitNode", "config": [:]],
        ]
        let steps = try ["a", "b", "c", "d", "e"].enumerated().map { place, node in
            try StepInfo(
                JournalRow(
                    step: place, node: node, nodeType: "WaitNode", effect: "captured", result: nil,
                    startedAt: Self.now, finishedAt: nil))
        }
        let ends = WaitEnds.ends(of: steps, in: ["metadata": ["name": "w"], "nodes": nodes])
        #expect(ends.mapValues { $0.timeIntervalSince(Self.now) } == [0: 60, 1: 1.5, 3: 1])
    }

    @Test func `progress tells a step when it begins and when it ends`() throws {
        func step(_ number: Int, _ result: String?) throws -> StepInfo {
            try StepInfo(
                JournalRow(
                    step: number, node: "n\(number)", nodeType: "T", effect: "effect", result: result,
                    startedAt: Self.now, finishedAt: result == nil ? nil : Self.now))
        }
        var progress = JobProgress()
        #expect(
            progress.saw([try step(0, "{\"outputs\":{}}"), try step(1, nil)]) == [
                "step 0 n0 (T) succeeded", "step 1 n1 (T) began",
            ])
        #expect(progress.saw([try step(0, "{\"outputs\":{}}"), try step(1, nil)]) == [])
        #expect(progress.saw([try step(1, "{\"error\":\"no\"}")]) == ["step 1 n1 (T) failed: no"])
        #expect(progress.saw([try step(1, "{\"error\":\"no\"}")]) == [])
        // The step that is asked about began before anybody was asked.
        let question = Job.Question(step: 2, node: "n2", nodeType: "T", text: "Did it happen?")
        let blocked = progress.saw(Self.job(.blocked(question, since: Self.now)), [try step(2, nil)])
        #expect(blocked.count == 2 && blocked.first == "step 2 n2 (T) began", "\(blocked)")
        let running = progress.saw(Self.job(.running(Job.Running(robot: "r1", since: Self.now))), [try step(3, nil)])
        #expect(running == ["running on r1", "step 3 n3 (T) began"])
    }

    @Test func `waiting ends well only when every job completed`() {
        let completed = Self.job(Self.ended(.completed, Self.result))
        let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Did it happen?")
        #expect(ExitReason.ofWaiting(for: [completed, completed]) == .success)
        for bad in [
            Self.ended(.failed(.business), nil), Self.ended(.cancelled, nil), .blocked(question, since: Self.now),
        ] {
            #expect(ExitReason.ofWaiting(for: [completed, Self.job(bad)]) == .jobEndedBadly)
        }
    }
}
