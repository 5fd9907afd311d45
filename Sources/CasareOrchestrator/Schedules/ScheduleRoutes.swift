import CasareDomain
import CasarePostgres
import CasareSettings
import CasareStore
import CasareWire

/// What starts jobs by itself.
enum ScheduleRoutes {
    private static let path = "/api/v1/schedules"
    private static let one = "/api/v1/schedules/{name}"

    static let all: [Route] = [
        .get(
            Self.path, .needs(.scheduleRead), "List schedules by name.",
            query: [
                .choice("status", Schedule.Status.self, "Only schedules that stand so."),
                .text("workflow", "Only schedules that start this workflow, as they name it."),
                .choice("kind", ScheduleSpec.Timing.Kind.self, "Only schedules that fire by this."),
                .text("name", "A pattern of names: * stands for any text, ? for one character."),
                .text("managed_by", "Only schedules that casarectl apply keeps for this owner."), .limit, .cursor,
            ],
            Self.list),
        .post(
            Self.path, .needs(.scheduleCreate),
            "Create a schedule; its first tick is the first one after now. A circle of workflows that start each other is "
                + "refused. It takes workflow.execute, too.", statuses: [201], Self.create),
        .post(
            "\(Self.path)/pause", .needs(.scheduleUpdate),
            "Pause all schedules of a selection, or tell with dry_run which ones that would be.", Self.pauseAll),
        .post(
            "\(Self.path)/resume", .needs(.scheduleUpdate),
            "Resume all schedules of a selection, or tell with dry_run which ones that would be.", Self.resumeAll),
        .get(Self.one, .needs(.scheduleRead), "One schedule, by name or ID.", Self.get),
        .patch(
            Self.one, .needs(.scheduleUpdate),
            "Change the members of its spec that are named (RFC 7396); what is left out stays as it is. It takes "
                + "workflow.execute, too.", Self.update
        )
        .reading(.text("If-Match", "The revision that the change was made for, as the member revision.")),
        .delete(
            Self.one, .needs(.scheduleDelete), "Delete a schedule. What it has started goes on.",
            query: [.text("reason", "Why; kept with what was done.")], Self.delete),
        .post(
            "\(Self.one)/pause", .needs(.scheduleUpdate),
            "Keep a schedule from firing until it is resumed, or until a time.",
            Self.pause),
        .post(
            "\(Self.one)/resume", .needs(.scheduleUpdate), "Let it fire again, from the first tick after now on.",
            Self.resume),
        .post(
            "\(Self.one)/trigger", .needs(.workflowExecute),
            "Fire it now, whatever it waits for; its times stay as they are.",
            statuses: [201], Self.trigger),
        .get(
            "\(Self.one)/history", .needs(.scheduleRead),
            "Its ticks, newest first: which fired, and why others did not.",
            query: [
                .choice("result", ScheduleTickInfo.Result.self, "Only ticks of which this came."), .limit, .cursor,
            ],
            Self.history),
    ]

    // MARK: - Looking

    private static func list(_ request: APIRequest) async throws -> SchedulePage {
        let limit = try request.limit()
        let filter = ScheduleStore.Filter(
            status: try request.choice("status"), workflow: request.text("workflow"),
            kind: try request.choice("kind"), managedBy: request.text("managed_by"), name: request.text("name"))
        let after = request.query["cursor"] ?? ""
        return try await request.inTenant { connection in
            let page = try ScheduleStore.list(filter, after: after, limit: limit + 1, on: connection)
                .page(of: limit, cursor: \.name)
            return SchedulePage(
                schedules: try request.shown(page.items.compactMap(\.schedule), on: connection),
                unreadable: page.items.filter { $0.schedule == nil }.map(\.name), nextCursor: page.nextCursor)
        }
    }

    private static func get(_ request: APIRequest) async throws -> ScheduleInfo {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            try request.shown(try ScheduleStore.get(idOrName: name, on: connection), on: connection)
        }
    }

    private static func history(_ request: APIRequest) async throws -> ScheduleTickPage {
        let name = request.parameter("name")
        let limit = try request.limit()
        let result: ScheduleTickInfo.Result? = try request.choice("result")
        let before = try request.cursor { ScheduleStore.HistoryCursor($0) }
        let ticks = try await request.inTenant { connection -> [ScheduleTick] in
            let limit = limit + 1
            if let id = Schedule.ID(name) {
                let ticks = try ScheduleStore.history(
                    of: id, result?.stored, before: before, limit: limit, on: connection)
                // One that was deleted is found by its ID, for as long as its ticks are kept.
                if !ticks.isEmpty { return ticks }
            }
            let known = try ScheduleStore.find(idOrName: name, on: connection)
            return try ScheduleStore.history(of: known.id, result?.stored, before: before, limit: limit, on: connection)
        }
        let page = ticks.page(of: limit) { ScheduleStore.HistoryCursor($0).description }
        return ScheduleTickPage(ticks: page.items.map(ScheduleTickInfo.init), nextCursor: page.nextCursor)
    }

    // MARK: - Changing

    private static func create(
        _ request: APIRequest, _ body: CreateScheduleRequest
    ) async throws -> Answer<ScheduleInfo> {
        let info = try await request.inTenant { connection in
            try self.checkDependencies(of: body.spec, named: body.name, on: connection)
            try request.requireStarting(by: body.spec, on: connection)
            try request.requireSight(ofSecretsIn: body.spec)
            let schedule = try ScheduleStore.create(
                ScheduleStore.New(
                    name: body.name, spec: body.spec, isPaused: body.paused, reason: body.reason,
                    managedBy: body.managedBy),
                by: request.actor, zones: .system, on: connection)
            return try request.shown(schedule, on: connection)
        }
        return Answer(status: 201, info)
    }

    private static func update(_ request: APIRequest, _ body: UpdateScheduleRequest) async throws -> ScheduleInfo {
        let name = request.parameter("name")
        let revision = try request.revision(besides: body.revision)
        let (info, fired, steered) = try await request.inTenant { connection in
            let known = try ScheduleStore.get(idOrName: name, on: connection)
            let changed = try ScheduleStore.update(
                known.id, revision: revision, managedBy: body.managedBy, by: request.actor, reason: body.reason,
                zones: .system, on: connection
            ) { spec in
                let patch = try request.meant(body.spec, instead: StartVariables(spec), on: connection)
                do throws(WireDecodingError) {
                    return try spec.changed(by: patch)
                } catch {
                    throw error.within("spec")
                }
            }
            if changed.isChanged {
                try self.checkDependencies(of: changed.schedule.spec, named: changed.schedule.name, on: connection)
                try request.requireStarting(by: changed.schedule.spec, on: connection)
                try request.requireSight(ofSecretsIn: changed.schedule.spec)
            }
            return (
                try request.shown(changed.schedule, on: connection), changed.fired.jobs,
                try SteeredTicks(changed.tally, on: connection)
            )
        }
        request.services.steered(steered, linkedTo: request.trace)
        if !fired.isEmpty { request.services.bell.ring(request.principal.tenant) }
        return info
    }

    /// - Throws: 409 for a circle of workflows that start each other.
    private static func checkDependencies(
        of spec: ScheduleSpec, named name: String, on connection: isolated PostgresConnection
    ) throws {
        guard let cycle = try ScheduleStore.dependencyCycle(of: spec, named: name, on: connection) else { return }
        throw APIProblem(
            .conflict,
            "workflows would start each other without end: \(cycle.joined(separator: " → ")); let one of them start "
                + "otherwise", field: "spec.dependency.after", details: ["cycle": .list(cycle.map(Value.string))])
    }

    private static func delete(_ request: APIRequest) async throws -> DeleteScheduleResponse {
        let name = request.parameter("name")
        let reason = try request.reason()
        return try await request.inTenant { connection in
            let known = try ScheduleStore.find(idOrName: name, on: connection)
            let schedule = try ScheduleStore.delete(known.id, by: request.actor, reason: reason, on: connection)
            var info: ScheduleInfo?
            if let schedule { info = try request.shown(schedule, on: connection) }
            return DeleteScheduleResponse(id: known.id, name: known.name, schedule: info)
        }
    }

    // MARK: - Steering

    private static func pause(
        _ request: APIRequest, _ body: PauseScheduleRequest
    ) async throws -> Answer<SteerScheduleResponse> {
        let name = request.parameter("name")
        let (answer, ticks) = try await request.inTenant { connection in
            let known = try ScheduleStore.find(idOrName: name, on: connection)
            let steered = try ScheduleStore.pause(
                known.id, by: request.actor, reason: body.reason, until: body.until, lasting: body.forSeconds,
                zones: .system, on: connection)
            return (try request.shown(steered, on: connection), try SteeredTicks(steered.tally, on: connection))
        }
        request.services.steered(ticks, linkedTo: request.trace)
        // A tick that was due already has fired before.
        request.services.bell.ring(request.principal.tenant)
        return Answer(answer)
    }

    private static func resume(
        _ request: APIRequest, _ body: ResumeScheduleRequest
    ) async throws -> Answer<SteerScheduleResponse> {
        let name = request.parameter("name")
        let (answer, ticks) = try await request.inTenant { connection in
            let known = try ScheduleStore.get(idOrName: name, on: connection)
            let steered = try ScheduleStore.resume(
                known.id, by: request.actor, reason: body.reason, zones: .system, on: connection)
            return (try request.shown(steered, on: connection), try SteeredTicks(steered.tally, on: connection))
        }
        request.services.steered(ticks, linkedTo: request.trace)
        return Answer(answer)
    }

    private static func trigger(
        _ request: APIRequest, _ body: TriggerScheduleRequest
    ) async throws -> Answer<TriggerScheduleResponse> {
        let name = request.parameter("name")
        let (answer, ticks) = try await request.inTenant { connection in
            let known = try ScheduleStore.get(idOrName: name, on: connection)
            try request.requireUse(ofSecretsIn: known.spec, on: connection)
            let fired = try ScheduleStore.trigger(
                known.id, variables: body.variables ?? [:], by: request.actor, reason: body.reason, on: connection)
            return (
                TriggerScheduleResponse(schedule: try request.shown(fired.schedule, on: connection), job: fired.job),
                try SteeredTicks(fired.tally, on: connection)
            )
        }
        request.services.steered(ticks, linkedTo: request.trace)
        request.services.bell.ring(request.principal.tenant)
        return Answer(status: 201, answer)
    }

    // MARK: - Steering many

    private static func pauseAll(
        _ request: APIRequest, _ body: SteerSchedulesRequest
    ) async throws -> Answer<SteerSchedulesResponse> {
        let answer = try await self.steer(request, body, isWanted: { !$0.isPaused }) { one, connection in
            // What is paused already keeps its own pause: nobody meant to end that one sooner, or later.
            guard !one.isPaused else { return nil }
            return try ScheduleStore.pause(
                one.id, by: request.actor, reason: body.reason, until: body.until, lasting: body.forSeconds,
                zones: .system, on: connection)
        }
        if !answer.dryRun { request.services.bell.ring(request.principal.tenant) }
        return Answer(answer)
    }

    private static func resumeAll(
        _ request: APIRequest, _ body: SteerSchedulesRequest
    ) async throws -> Answer<SteerSchedulesResponse> {
        guard body.until == nil, body.forSeconds == nil else {
            throw APIProblem.invalidInput(
                body.until == nil ? "for_seconds" : "until", "belongs to pause; leave it out")
        }
        return Answer(
            try await self.steer(request, body, isWanted: { $0.isPaused }) { one, connection in
                guard one.isPaused else { return nil }
                let resumed = try ScheduleStore.resume(
                    one.id, by: request.actor, reason: body.reason, zones: .system, on: connection)
                return resumed.wasPaused ? resumed : nil
            })
    }

    /// All of them in one transaction.
    ///
    /// - Parameters:
    ///   - isWanted: whether one would be changed, for a dry run.
    ///   - change: changes one; `nil`: it stays as it was.
    private static func steer(
        _ request: APIRequest, _ body: SteerSchedulesRequest,
        isWanted: @Sendable (ScheduleStore.Selected) -> Bool,
        _ change: @Sendable (ScheduleStore.Selected, isolated PostgresConnection) throws -> ScheduleStore.Steered?
    ) async throws -> SteerSchedulesResponse {
        let (answer, ticks) = try await request.inTenant { connection in
            let selected = try body.selection.selected(on: connection)
            if let expected = body.expect, expected != selected.count {
                throw APIProblem(
                    .selectionChanged,
                    "the selection changed: \(expected) schedules then, \(selected.count) now; look again",
                    field: "expect", details: ["count": .int(selected.count)])
            }
            var names: [String] = []
            var tally = TickTally()
            // Always in one order, so that two who do this wait for each other once.
            for one in selected.sorted(by: { $0.id < $1.id }) {
                if body.dryRun {
                    if isWanted(one) { names.append(one.name) }
                } else if let steered = try change(one, connection) {
                    names.append(one.name)
                    tally.add(steered.tally)
                }
            }
            let answer = SteerSchedulesResponse(
                count: selected.count, changed: names.count,
                names: Array(names.sorted().prefix(SteerSchedulesResponse.namesMax)), dryRun: body.dryRun)
            return (answer, try SteeredTicks(tally, on: connection))
        }
        request.services.steered(ticks, linkedTo: request.trace)
        return answer
    }
}

extension APIRequest {
    /// A text parameter; an empty one counts as not given.
    fileprivate func text(_ name: String) -> String? {
        guard let text = self.query[name], !text.isEmpty else { return nil }
        return text
    }
}
