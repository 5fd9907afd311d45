import CasareDomain
import CasareRobot
import FoundationEssentials
import Testing

/// What every broker promises, whichever way it speaks.
struct BrokerConformanceTests {
    typealias Form = BrokerFixture.Form

    private static let success = RunResult(
        success: true, error: nil, variables: ["x": 1.0], logs: ["done"], nodeErrors: [])

    private static func row(_ step: Int, result: String? = #"{"outputs":{"n":1.0}}"#) -> JournalRow {
        JournalRow(
            step: step, node: "n\(step)", nodeType: "WriteFileNode", effect: "effect", result: result,
            startedAt: Date(timeIntervalSince1970: 1),
            finishedAt: result == nil ? nil : Date(timeIntervalSince1970: 2.5))
    }

    private static func line(_ number: Int) -> Job.LogLine {
        Job.LogLine(
            number: number, at: Date(timeIntervalSince1970: Double(number)), level: .error, node: "n",
            message: "line \(number)")
    }

    private static func one(_ broker: any Broker) async throws -> LeasedJob {
        let jobs = try await broker.lease(slots: 1, waiting: .seconds(10))
        return try #require(jobs.first)
    }

    @Test(arguments: Form.allCases)
    func `a leased job brings everything that running it takes`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit(variables: ["b": 2, "a": 1.0], options: Job.Options(trace: true))[0]
            try await fixture.withBroker { broker in
                let job = try await Self.one(broker)
                #expect(job.lease.job == id)
                #expect(job.attempt == 1)
                #expect(job.document == BrokerFixture.document)
                #expect(Value.object(job.variables).jsonText(.compact) == #"{"b":2,"a":1.0}"#)
                #expect(job.options.trace)
                let seen = try await fixture.job(id)
                guard case .running(let running) = seen.state else {
                    Issue.record("The job is \(seen.status)")
                    return
                }
                #expect(running.robot == "robot")
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a leased job brings the trace that it belongs to`(form: Form) async throws {
        let trace = try #require(
            TraceCarrier(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1",
                baggage: "tenant=acme"))
        try await BrokerFixture.with(form) { fixture in
            let calling = #"""
                {"nodes": {"c": {"node_type": "CallSubworkflowNode",
                                 "config": {"subworkflow_id": "w", "execution_mode": "async"}}}}
                """#
            let id = try await fixture.submit(document: calling, trace: trace)[0]
            #expect(try await fixture.job(id).traceID == trace.traceID)
            try await fixture.withBroker { broker in
                let job = try await Self.one(broker)
                #expect(job.lease.job == id && job.trace == trace)
                let child = ChildJob(source: .stored("w"), variables: [:])
                let submitted = try await broker.submit(child, forStep: 1, under: job.lease)
                let second = try await Self.one(broker)
                #expect(second.lease.job == submitted && second.trace == trace)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `who opens a session hears of other processes under the robot's ID`(form: Form) async throws {
        let description = try BrokerFixture.description("robot")
        try await BrokerFixture.with(form) { fixture in
            try await fixture.withBroker { one in
                // Its own earlier session is none of another process.
                #expect(try await one.open(description).otherSessions == 0)
                try await fixture.withBroker { two in
                    let terms = try await two.open(description)
                    #expect(terms.otherSessions == 1)
                }
                #expect(try await one.open(description).otherSessions == 0)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `two robots never hold the same job`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let submitted = Set(try await fixture.submit(200))
            try await fixture.withBroker("one") { one in
                try await fixture.withBroker("two") { two in
                    func leaseAll(_ broker: any Broker) async throws -> [Job.ID] {
                        var mine: [Job.ID] = []
                        while true {
                            let jobs = try await broker.lease(slots: 7, waiting: .zero)
                            if jobs.isEmpty { return mine }
                            mine += jobs.map(\.lease.job)
                        }
                    }
                    async let first = leaseAll(one)
                    async let second = leaseAll(two)
                    let (left, right) = try await (first, second)
                    #expect(Set(left).isDisjoint(with: right))
                    #expect(Set(left + right) == submitted)
                    #expect(left.count + right.count == 200)
                }
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a completed job has its result, and ends once`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker { broker in
                let lease = try await Self.one(broker).lease
                try await broker.checkpoint([Self.row(0)], under: lease)
                try await broker.complete(lease, result: Self.success, rows: [Self.row(1)])
                guard case .finished(let outcome) = try await fixture.job(id).state else { return }
                #expect(outcome.kind == .completed)
                #expect(outcome.result?.json == Self.success.json)
                await #expect(throws: BrokerError.leaseLost(id)) {
                    try await broker.complete(lease, result: Self.success, rows: [])
                }
                let steps = try await fixture.steps(id)
                #expect(steps.map(\.step) == [0, 1])
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `lines of a log are kept once each, whole and in order`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker { broker in
                let lease = try await Self.one(broker).lease
                #expect(try await broker.log([Self.line(1), Self.line(2)], under: lease) == 2)
                #expect(try await broker.log([Self.line(2), Self.line(3)], under: lease) == 3)
                #expect(try await fixture.log(of: id) == [Self.line(1), Self.line(2), Self.line(3)])
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a lease that has passed on changes nothing`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker("stale") { stale in
                let old = try await Self.one(stale).lease
                try await stale.checkpoint([Self.row(0)], under: old)
                try await stale.release(old, reason: "test")
                try await fixture.withBroker("fresh") { fresh in
                    let new = try await Self.one(fresh).lease
                    #expect(new.job == id)
                    #expect(new.token > old.token)
                    let failure = Failure(kind: .application, message: "stale", type: "NodeError")
                    let question = Job.Question(step: 1, node: "n", nodeType: "T", text: "?")
                    let writes: [(any Broker) async throws -> Void] = [
                        { try await $0.checkpoint([Self.row(1)], under: old) },
                        { try await $0.complete(old, result: Self.success, rows: [Self.row(1)]) },
                        { try await $0.fail(old, failure: failure, result: nil, rows: [Self.row(1)]) },
                        { try await $0.block(old, question: question, rows: [Self.row(1)]) },
                        { try await $0.release(old, reason: "stale") },
                        { _ = try await $0.journal(of: old) },
                        { _ = try await $0.log([Self.line(1)], under: old) },
                    ]
                    for write in writes {
                        await #expect(throws: BrokerError.leaseLost(id)) { try await write(stale) }
                    }
                    #expect(try await stale.renew([old]) == [id])
                    #expect(try await fresh.renew([new]).isEmpty)
                    #expect(try await fresh.journal(of: new).rows == [Self.row(0)])
                }
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `an intent is completed by its result, which then stays`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await fixture.submit()
            try await fixture.withBroker { broker in
                let lease = try await Self.one(broker).lease
                try await broker.checkpoint([Self.row(0, result: nil)], under: lease)
                #expect(try await broker.journal(of: lease).rows == [Self.row(0, result: nil)])
                try await broker.checkpoint([Self.row(0), Self.row(1, result: nil)], under: lease)
                // A commit whose answer was lost is made again.
                try await broker.checkpoint([Self.row(0), Self.row(1, result: nil)], under: lease)
                #expect(try await broker.journal(of: lease).rows == [Self.row(0), Self.row(1, result: nil)])
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `the time of earlier leases is told, and that of an attempt that failed is not`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await fixture.submit(options: Job.Options(retry: RetryPolicy(.list([0]))))
            try await fixture.withBroker { broker in
                let first = try await Self.one(broker).lease
                #expect(try await broker.journal(of: first).secondsSpent == 0)
                try await broker.release(first, reason: "test")
                let second = try await Self.one(broker).lease
                #expect(try await broker.journal(of: second).secondsSpent > 0)
                let failure = Failure(kind: .application, message: "again", type: "HttpError")
                try await broker.fail(second, failure: failure, result: nil, rows: [])
                try await fixture.promoteDue()
                let third = try await Self.one(broker).lease
                #expect(try await broker.journal(of: third).secondsSpent == 0)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a failure is tried again, and a final one opens a dead letter`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let ids = try await fixture.submit(2)
            try await fixture.withBroker { broker in
                let first = try await Self.one(broker).lease
                try await broker.fail(
                    first, failure: Failure(kind: .application, message: "again", type: "HttpError"), result: nil,
                    rows: [])
                guard case .pending(let dueAt) = try await fixture.job(first.job).state else {
                    Issue.record("It is not tried again")
                    return
                }
                #expect(dueAt != nil)
                let second = try await Self.one(broker).lease
                #expect(ids.contains(second.job))
                try await broker.fail(
                    second,
                    failure: Failure(kind: .business, message: "no such customer", type: "ValueError", node: "n"),
                    result: nil, rows: [])
                #expect(try await fixture.job(second.job).status == .failed)
                let letter = try await fixture.deadLetter(second.job)
                #expect(letter?.failure.message == "no such customer")
                #expect(letter?.failure.node == "n")
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `what a server asked for goes along with the failure`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            _ = try await fixture.submit(2)
            try await fixture.withBroker { broker in
                var times: [Date] = []
                for asked in [nil, 86_400.0] {
                    let lease = try await Self.one(broker).lease
                    let failure = Failure(
                        kind: .application, message: "HTTP 429", type: "HttpError", retryAfterSeconds: asked)
                    try await broker.fail(lease, failure: failure, result: nil, rows: [])
                    guard case .pending(let dueAt?) = try await fixture.job(lease.job).state else {
                        Issue.record("It is not tried again")
                        return
                    }
                    times.append(dueAt)
                }
                // The standard policy waits some seconds.
                #expect(times[1].timeIntervalSince(times[0]) > 86_000)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a job in doubt waits for a person`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker { broker in
                let lease = try await Self.one(broker).lease
                let question = Job.Question(step: 3, node: "pay", nodeType: "RunCommandNode", text: "Did it happen?")
                try await broker.block(lease, question: question, rows: [])
                guard case .blocked(let asked, _) = try await fixture.job(id).state else {
                    Issue.record("It is not blocked")
                    return
                }
                #expect(asked == question)
                #expect(try await broker.lease(slots: 1, waiting: .zero).isEmpty)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a cancelled job is named as lost`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker { broker in
                let lease = try await Self.one(broker).lease
                try await fixture.cancel(id)
                #expect(try await broker.renew([lease]) == [id])
                await #expect(throws: BrokerError.leaseLost(id)) {
                    try await broker.complete(lease, result: Self.success, rows: [])
                }
                #expect(try await fixture.job(id).status == .cancelled)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `closing hands back what is held and uses up no attempt`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let id = try await fixture.submit()[0]
            try await fixture.withBroker("first") { broker in
                let job = try await Self.one(broker)
                #expect(job.attempt == 1)
            }
            #expect(try await fixture.job(id).status == .pending)
            try await fixture.withBroker("second") { broker in
                let job = try await Self.one(broker)
                #expect(job.attempt == 1)
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `waiting ends when a job comes`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await fixture.withBroker { broker in
                #expect(try await broker.lease(slots: 1, waiting: .milliseconds(50)).isEmpty)
                async let leased = broker.lease(slots: 1, waiting: .seconds(20))
                let id = try await fixture.submit()[0]
                let jobs = try await leased
                #expect(jobs.map(\.lease.job) == [id])
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a session that was ended is known as ended, and another can be opened`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await fixture.withBroker { broker in
                try await fixture.submit()
                let lease = try await Self.one(broker).lease
                // Its time ran out, as the sweep would see it after a long silence.
                try await fixture.sweep(at: Date(timeIntervalSinceNow: 3600))
                await #expect(throws: BrokerError.sessionEnded) { try await broker.renew([lease]) }
                await #expect(throws: BrokerError.leaseLost(lease.job)) {
                    try await broker.complete(lease, result: Self.success, rows: [])
                }
                _ = try await broker.open(try BrokerFixture.description("robot"))
                let again = try await Self.one(broker)
                #expect(again.lease.job == lease.job)
                #expect(again.lease.token > lease.token)
            }
        }
    }
}
