#if DEBUG
    import CasareDomain
    import CasareRobot
    import CasareSettings
    import FoundationEssentials
    import Testing

    /// Faults that a robot is told to have. Those that end the process have the system's tests.
    struct FaultyBrokerTests {
        private static func faulty(
            _ faults: String, _ body: @escaping @Sendable (any Broker, BrokerFixture) async throws -> Void
        ) async throws {
            try await BrokerFixture.with(.memory) { fixture in
                try await fixture.submit()
                try await fixture.withBroker { broker in
                    try await body(FaultyBroker(broker, try Faults(faults)), fixture)
                }
            }
        }

        private static let success = RunResult(success: true, error: nil, variables: [:], logs: [], nodeErrors: [])

        @Test func `an answer that is lost was given`() async throws {
            try await Self.faulty("after-complete:1:lose-answer") { broker, fixture in
                let job = try #require(try await broker.lease(slots: 1, waiting: .zero).first)
                await #expect(throws: BrokerError.unavailable("The answer was lost at after-complete")) {
                    try await broker.complete(job.lease, result: Self.success, rows: [])
                }
                #expect(try await fixture.job(job.lease.job).status == .completed)
            }
        }

        @Test func `what is lost before it is asked was not done`() async throws {
            try await Self.faulty("before-complete:1:lose-answer") { broker, fixture in
                let job = try #require(try await broker.lease(slots: 1, waiting: .zero).first)
                await #expect(throws: BrokerError.self) {
                    try await broker.complete(job.lease, result: Self.success, rows: [])
                }
                #expect(try await fixture.job(job.lease.job).status == .running)
                try await broker.complete(job.lease, result: Self.success, rows: [])
                #expect(try await fixture.job(job.lease.job).status == .completed)
            }
        }

        @Test func `a fault comes to pass the time that it is told, and at its point`() async throws {
            try await Self.faulty("after-intent:2:lose-answer") { broker, fixture in
                let job = try #require(try await broker.lease(slots: 1, waiting: .zero).first)
                func row(_ step: Int, result: String?) -> JournalRow {
                    JournalRow(
                        step: step, node: "n", nodeType: "RunCommandNode", effect: "effect", result: result,
                        startedAt: Date(timeIntervalSince1970: 1),
                        finishedAt: result.map { _ in Date(timeIntervalSince1970: 2) })
                }
                try await broker.checkpoint([row(0, result: nil)], under: job.lease)
                try await broker.checkpoint([row(0, result: #"{"outputs":{}}"#)], under: job.lease)
                await #expect(throws: BrokerError.self) {
                    try await broker.checkpoint([row(1, result: nil)], under: job.lease)
                }
                #expect(try await fixture.steps(job.lease.job).count == 2)
            }
        }

        @Test(arguments: ["after-complete", "after-complete:0:kill", "somewhere:1:kill", "after-lease:1:explode"])
        func `faults that cannot be are refused with what they may be`(text: String) {
            let error = #expect(throws: SettingError.self) { _ = try Faults(text) }
            #expect(error?.variable == "CASARE_FAULTS")
            #expect(error?.problem.contains("point:n:action") == true)
        }

        @Test func `every point and action can be told`() throws {
            let text = FaultPoint.allCases.flatMap { point in
                Faults.Action.allCases.map { "\(point.rawValue):3:\($0.rawValue)" }
            }
            #expect(try Faults(text.joined(separator: ",")).faults.count == text.count)
            #expect(try Faults("").faults.isEmpty)
        }
    }
#endif
