import CasareClient
import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// What is done with schedules, over HTTP.
struct ScheduleSteeringRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/schedules"
    private static let yearly = ScheduleSpec(timing: .cron(.init("0 3 1 1 *", zone: "UTC")), workflow: "invoices")

    /// Schedules s1, s2, … of which nobody sees one fire.
    private static func create(_ count: Int, _ client: CasareClient) async throws {
        for number in 1...count {
            _ = try await client.createSchedule(CreateScheduleRequest(name: "s\(number)", spec: Self.yearly))
        }
    }

    // MARK: Firing

    @Test func `one that is due every second fires by itself, and its history says so`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                let spec = ScheduleSpec(
                    timing: .interval(.init(seconds: 1)), workflow: "invoices", variables: ["n": 7], overlap: .allowAll)
                _ = try await client.createSchedule(CreateScheduleRequest(name: "often", spec: spec))
                let ticks = try await eventually("two ticks have fired") {
                    let page = try await client.scheduleHistory(of: "often", result: .fired)
                    return page.ticks.count >= 2 ? page.ticks : nil
                }
                #expect(ticks[0].at > ticks[1].at, "newest first")
                for tick in ticks {
                    #expect(tick.origin == .timetable && tick.ticks == 1 && tick.reason == nil && !tick.isCatchUp)
                    #expect(tick.at.timeIntervalSince1970.rounded() == tick.at.timeIntervalSince1970)
                    let job = try await client.job(try #require(tick.job))
                    #expect(job.workflow == "invoices" && job.variables == ["n": 7])
                }
                _ = try await client.pauseSchedule("often")
                let page = try await client.scheduleHistory(of: "often", limit: 1)
                let next = try await client.scheduleHistory(of: "often", limit: 1, cursor: page.nextCursor)
                #expect(page.ticks.count == 1 && next.ticks.count == 1 && page.ticks != next.ticks)
                let id = try await client.deleteSchedule("often").id
                let kept = try await client.scheduleHistory(of: id.description)
                #expect(kept.ticks.count >= 2, "what it has fired stays")
            }
        }
    }

    @Test func `one is fired by hand whatever it waits for, with variables of its own`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                var spec = Self.yearly
                spec.variables = ["a": 1, "b": 2]
                let made = try await client.createSchedule(
                    CreateScheduleRequest(name: "s", spec: spec, paused: true, reason: "not yet"))
                #expect(made.pause?.reason == "not yet" && made.pause?.by == "the operator")
                let fired = try await client.triggerSchedule(
                    "s", TriggerScheduleRequest(variables: ["b": 3], reason: "asked for"))
                #expect(fired.schedule.status == .paused && fired.schedule.lastJob == fired.job)
                let job = try await client.job(fired.job)
                #expect(job.variables == ["a": 1, "b": 3])
                let tick = try #require(try await client.scheduleHistory(of: "s").ticks.first)
                #expect(tick.origin == .manual && tick.by == "the operator" && tick.job == fired.job)
                #expect(tick.detail == "asked for" && tick.result == .fired)
            }
            #expect(try await server.call(.POST, "\(Self.path)/nothing/trigger", as: .operator, [:]).status == 404)
        }
    }

    // MARK: Pausing

    @Test func `a pause is told, ends at its time, and is ended`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                try await Self.create(1, client)
                let paused = try await client.pauseSchedule(
                    "s1", PauseScheduleRequest(reason: "month end", forSeconds: 3600))
                #expect(!paused.wasPaused && paused.schedule?.status == .paused)
                #expect(paused.schedule?.pause?.reason == "month end" && paused.schedule?.pause?.isByItself == false)
                let until = try #require(paused.schedule?.pause?.until)
                #expect(abs(until.timeIntervalSinceNow - 3600) < 300)
                let again = try await client.pauseSchedule("s1", PauseScheduleRequest(reason: "longer"))
                #expect(again.wasPaused && again.schedule?.pause?.until == nil)
                let resumed = try await client.resumeSchedule("s1", reason: "closed")
                #expect(resumed.wasPaused && resumed.schedule?.status == .active && resumed.schedule?.nextAt != nil)
                #expect(try await client.resumeSchedule("s1").wasPaused == false)
            }
            let past = try await server.call(
                .POST, "\(Self.path)/s1/pause", as: .operator, ["until": "2020-01-01T00:00:00Z"])
            #expect(past.status == 400 && past.json["error"]?["field"] == "until", "\(past.message)")
            let actions = try await server.call(.GET, "/api/v1/actions?noun=schedule").json["actions"]?.list
            #expect(
                actions?.map { $0["action"] } == [
                    "schedule.resume", "schedule.pause", "schedule.pause", "schedule.create",
                ])
        }
    }

    @Test func `many are paused and resumed at once, and a dry run only tells`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                try await Self.create(4, client)
                _ = try await client.pauseSchedule("s2", PauseScheduleRequest(reason: "its own"))
                let all = ScheduleSelection(name: "s*")
                let planned = try await client.pauseSchedules(SteerSchedulesRequest(selection: all, dryRun: true))
                #expect(
                    planned
                        == SteerSchedulesResponse(count: 4, changed: 3, names: ["s1", "s3", "s4"], dryRun: true))
                #expect(try await client.schedules(ScheduleQuery(status: .paused)).schedules.map(\.name) == ["s2"])
                let done = try await client.pauseSchedules(
                    SteerSchedulesRequest(selection: all, reason: "maintenance", expect: 4))
                #expect(done.changed == 3 && !done.dryRun)
                #expect(try await client.schedules(ScheduleQuery(status: .paused)).schedules.count == 4)
                #expect(try await client.schedule("s2").pause?.reason == "its own")
                let resumed = try await client.resumeSchedules(
                    SteerSchedulesRequest(selection: ScheduleSelection(names: ["s1", "s4", "s1"])))
                #expect(resumed == SteerSchedulesResponse(count: 2, changed: 2, names: ["s1", "s4"], dryRun: false))
                let code = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.pauseSchedules(SteerSchedulesRequest(selection: all, expect: 3))
                }
                #expect(code == .selectionChanged)
                // One that is not there, and nothing is done to the others.
                let missing = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.pauseSchedules(
                        SteerSchedulesRequest(selection: ScheduleSelection(names: ["s1", "nothing"])))
                }
                #expect(missing == .notFound)
                #expect(try await client.schedule("s1").status == .active)
            }
            let bodies: [Value] = [[:], ["selection": [:]], ["selection": ["names": []]]]
            for body in bodies {
                #expect(try await server.call(.POST, "\(Self.path)/pause", as: .operator, body).status == 422)
            }
            let until = try await server.call(
                .POST, "\(Self.path)/resume", as: .operator, ["selection": ["name": "*"], "for_seconds": 5])
            #expect(until.status == 400 && until.json["error"]?["field"] == "for_seconds")
        }
    }

    // MARK: Backfills

    @Test func `a backfill is counted first, then works through, and runs nothing twice`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                let spec = ScheduleSpec(
                    timing: .cron(.init("0 0 * * *", zone: "UTC")), workflow: "invoices", overlap: .allowAll)
                _ = try await client.createSchedule(CreateScheduleRequest(name: "daily", spec: spec))
                let from = try #require(Timestamp.date("2025-01-01T00:00:00Z"))
                let to = try #require(Timestamp.date("2025-01-05T12:00:00Z"))
                var request = CreateBackfillRequest(
                    from: from, to: to, ratePerSecond: 1000, reason: "lost", dryRun: true)
                let planned = try await client.createBackfill(of: "daily", request)
                #expect(planned.ticks == 5 && planned.alreadyRun == 0 && planned.backfill == nil)
                #expect(planned.sample.first == from && planned.sample.count == 5)
                #expect(try await client.backfills().backfills.isEmpty)

                request.dryRun = false
                let made = try #require(try await client.createBackfill(of: "daily", request).backfill)
                #expect(made.schedule == "daily" && made.reason == "lost" && made.createdBy == "the operator")
                let ended = try await eventually("the backfill is through") {
                    let known = try await client.backfill(made.id)
                    return known.status.isTerminal ? known : nil
                }
                #expect(ended.status == .completed && ended.fired == 5 && ended.skipped == 0 && ended.failed == 0)
                let ticks = try await client.scheduleHistory(of: "daily", result: .fired).ticks
                #expect(ticks.count == 5 && ticks.allSatisfy { $0.origin == .backfill && $0.job != nil })
                #expect(Set(ticks.compactMap(\.job)).count == 5)

                request.dryRun = true
                let again = try await client.createBackfill(of: "daily", request)
                #expect(again.ticks == 5 && again.alreadyRun == 5 && again.sample.isEmpty)
                let code = await Fixture.code { () async throws(ClientError) in
                    _ = try await client.cancelBackfill(made.id)
                }
                #expect(code == .invalidStateTransition)
                #expect(try await client.backfills(schedule: "daily", status: .completed).backfills.count == 1)
                #expect(try await client.backfills(status: .running).backfills.isEmpty)
            }
        }
    }

    @Test func `a backfill is paused, resumed and cancelled`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                let spec = ScheduleSpec(timing: .cron(.init("* * * * *")), workflow: "invoices", overlap: .allowAll)
                _ = try await client.createSchedule(CreateScheduleRequest(name: "often", spec: spec))
                let from = try #require(Timestamp.date("2025-01-01T00:00:00Z"))
                // So slow that it does not end by itself.
                let request = CreateBackfillRequest(
                    from: from, to: from.addingTimeInterval(86_400), ratePerSecond: 0.01)
                let made = try #require(try await client.createBackfill(of: "often", request).backfill)
                #expect(try await client.pauseBackfill(made.id, reason: "wait").status == .paused)
                #expect(try await client.backfill(made.id).statusReason == "wait")
                #expect(try await client.resumeBackfill(made.id).status == .running)
                let cancelled = try await client.cancelBackfill(made.id)
                #expect(cancelled.status == .cancelled && cancelled.finishedAt != nil)
            }
            let odd = try await server.call(.GET, "/api/v1/backfills/7")
            #expect(odd.status == 400 && odd.json["error"]?["field"] == "id")
            let none = "/api/v1/backfills/01890000-0000-7000-8000-000000000001"
            #expect(try await server.call(.GET, none).status == 404)
            #expect(try await server.call(.POST, "\(none)/pause", as: .operator, [:]).status == 404)
        }
    }

    // MARK: Windows

    @Test func `a window pauses what is not paused, and restores exactly that`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                try await Self.create(4, client)
                _ = try await client.pauseSchedule("s2", PauseScheduleRequest(reason: "its own"))
                var request = OpenWindowRequest(
                    forSeconds: 3600, reason: "upgrade", schedules: ScheduleSelection(name: "s*"), dryRun: true)
                let planned = try await client.openWindow(request)
                #expect(planned.window == nil && planned.selected == 4 && planned.pauses == 3)
                #expect(planned.names == ["s1", "s3", "s4"])
                #expect(try await client.schedule("s1").status == .active)

                request.dryRun = false
                let window = try #require(try await client.openWindow(request).window)
                #expect(window.status == .open && window.paused == 3 && window.openedBy == "the operator")
                #expect(try await client.schedules(ScheduleQuery(status: .paused)).schedules.count == 4)
                // Somebody takes one out of it.
                _ = try await client.resumeSchedule("s3")
                _ = try await client.pauseSchedule("s3", PauseScheduleRequest(reason: "meant to be"))

                let closed = try await client.closeWindow(window.id, reason: "done")
                #expect(closed.status == .closed && closed.restored == 2 && closed.left == 1)
                #expect(closed.closedBy == "the operator")
                let paused = try await client.schedules(ScheduleQuery(status: .paused)).schedules
                #expect(paused.map(\.name) == ["s2", "s3"])
                #expect(paused.map(\.pause?.reason) == ["its own", "meant to be"])
                #expect(try await client.schedule("s1").nextAt != nil)
                #expect(try await client.windows(status: .open).windows.isEmpty)
                #expect(try await client.windows().windows.map(\.id) == [window.id])
            }
        }
    }

    @Test func `a window closes by itself`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                try await Self.create(2, client)
                let opened = try await client.openWindow(
                    OpenWindowRequest(forSeconds: 1, schedules: ScheduleSelection(names: ["s1", "s2"])))
                let id = try #require(opened.window?.id)
                let closed = try await eventually("it has closed") {
                    try await client.windows(status: .closed).windows.first { $0.id == id }
                }
                #expect(closed.restored == 2 && closed.left == 0 && closed.closedBy == Schedule.ownName)
                let active = try await client.schedules(ScheduleQuery(status: .active)).schedules
                #expect(active.map(\.name) == ["s1", "s2"])
            }
        }
    }

    // MARK: Elsewhere

    @Test func `a server without a database says what it needs`() async throws {
        try await MemoryFixture.with { memory in
            for path in [Self.path, "\(Self.path)/s", "\(Self.path)/s/history", "/api/v1/backfills", "/api/v1/windows"]
            {
                let refused = try await memory.server.call(.GET, path)
                #expect(refused.status == 501 && refused.code == "NEEDS_DATABASE", "\(path)")
            }
            let made = try await memory.server.call(
                .POST, Self.path, ["name": "s", "spec": try ValueEncoder.encode(Self.yearly)])
            #expect(made.status == 501, "\(made.message)")
        }
    }

    @Test func `no schedule is late where all have fired in time`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withClient(.operator) { client in
                try await Self.create(1, client)
                let status = try await client.status()
                #expect(status.schedules == StatusResponse.ScheduleStatus(late: 0, lateSchedules: []))
            }
        }
    }
}
