package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension BackfillStore {
    /// The most jobs of one transaction.
    package static let batchMax = 100
    /// Ticks that one transaction looks at, also those that have run already.
    private static let stepsMax = 2000
    /// One whose next ticks the schedule itself is still to deal with is looked at again after so many seconds.
    private static let waitPause = 1.0
    /// One that fails as a whole is looked at again after so many seconds.
    private static let failurePause = 5.0

    package struct Due: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let backfill: Backfill.ID
    }

    /// Backfills of all tenants that somebody is to look at, those first that have waited longest. Call within
    /// `Database.asSystem`.
    package static func due(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Due] {
        try connection.execute(BackfillQueries.due, ["limit": .int(limit), "now": .timestamp(now)]).map { row in
            Due(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")),
                backfill: Backfill.ID(rawValue: try row.uuid("backfill_id")))
        }
    }

    /// Leaves a backfill for later that cannot be worked on now. Call in a transaction of its own.
    package static func postpone(
        _ id: Backfill.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            BackfillQueries.postpone,
            ["backfill": .uuid(id.rawValue), "seconds": .double(self.failurePause), "now": .timestamp(now)])
    }

    /// What one look at a backfill did.
    package struct Round: Sendable {
        package let backfill: Backfill
        package let jobs: [Job.ID]
        /// What became of its ticks.
        package let reports: [TickReport]
        /// There is more to do at once.
        package let isDueAgain: Bool
    }

    /// Takes a backfill one batch further. Ticks that have run already are passed over, and so are those on which a
    /// calendar or a blackout of the schedule is closed; ticks that the schedule itself has not dealt with are left to
    /// it, unless it is paused.
    ///
    /// - Returns: `nil` when somebody else is at it, or nothing is to be done yet.
    package static func work(
        on id: Backfill.ID, zones: ZoneCatalogue, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Round? {
        let taken = try connection.execute(
            BackfillQueries.take, ["backfill": .uuid(id.rawValue), "now": .timestamp(now)])
        guard let row = taken.first else { return nil }
        let backfill = try Backfill(row: row)
        let time = try row.date("now")
        // Nobody fires the schedule meanwhile.
        let held = try connection.execute(
            ScheduleQueries.hold, ["schedule": .uuid(backfill.schedule.rawValue), "now": .timestamp(now)])
        var progress = BackfillProgress(backfill)
        guard let found = held.first else {
            progress.status = .cancelled
            progress.statusReason = "the schedule was deleted"
            progress.statusBy = Schedule.ownName
            progress.finishedAt = time
            return Round(
                backfill: try progress.save(id, on: connection), jobs: [], reports: [], isDueAgain: false)
        }
        let schedule = try Schedule(row: found)
        let times = try self.times(of: schedule, zones: zones, on: connection)
        let hours = try ScheduleTimes(schedule.spec, named: schedule.name, zones: zones, on: connection).hours
        let rate = backfill.ratePerSecond
        let jobsMax = min(self.batchMax, max(1, Int(rate)))
        let batch = try self.batch(backfill, schedule, times, hours, jobsMax, on: connection)
        let (jobs, reports) = try self.fire(
            batch.ticks, of: schedule, backfill, &progress, time: time, now: now, on: connection)
        progress.skipped += batch.skipped
        progress.position = batch.position ?? progress.position
        if batch.isAtEnd {
            progress.status = .completed
            progress.finishedAt = time
            progress.lookAt = nil
        } else if batch.isWaiting {
            progress.lookAt = time.addingTimeInterval(self.waitPause)
        } else {
            progress.lookAt = time.addingTimeInterval(Double(batch.ticks.count) / rate)
        }
        let saved = try progress.save(id, on: connection)
        return Round(
            backfill: saved, jobs: jobs, reports: reports, isDueAgain: progress.lookAt.map { $0 <= time } ?? false)
    }

    private struct Batch {
        var ticks: [Date] = []
        var skipped = 0
        var position: Date?
        var isAtEnd = false
        /// For the schedule, which is to deal with its own ticks first.
        var isWaiting = false
    }

    private static func batch(
        _ backfill: Backfill, _ schedule: Schedule, _ times: BackfillTimes, _ hours: ScheduleHours?, _ jobsMax: Int,
        on connection: isolated PostgresConnection
    ) throws -> Batch {
        var batch = Batch()
        var place = backfill.position ?? backfill.from.addingTimeInterval(-0.001)
        let own = schedule.pause == nil ? schedule.nextTick : nil
        var candidates: [Date] = []
        var isAtEnd = false
        var isWaiting = false
        while candidates.count < self.stepsMax {
            guard let tick = times.next(after: place), tick.at <= backfill.to else {
                isAtEnd = true
                break
            }
            if let own, tick.at >= own {
                isWaiting = true
                break
            }
            candidates.append(tick.at)
            place = tick.at
        }
        let known = try self.known(candidates, of: schedule.id, on: connection)
        for tick in candidates {
            guard batch.ticks.count < jobsMax else { return batch }
            if known.contains(tick) || hours?.closure(at: tick) != nil {
                batch.skipped += 1
            } else {
                batch.ticks.append(tick)
            }
            batch.position = tick
        }
        batch.isAtEnd = isAtEnd
        batch.isWaiting = isWaiting
        return batch
    }

    private static func fire(
        _ moments: [Date], of schedule: Schedule, _ backfill: Backfill, _ progress: inout BackfillProgress, time: Date,
        now: Date?, on connection: isolated PostgresConnection
    ) throws -> (jobs: [Job.ID], reports: [TickReport]) {
        let launches = moments.map { ScheduleLaunch(schedule: schedule, tick: $0, origin: .backfill) }
        let ticks = launches.map { launch in
            var tick = NewTick(TickSpan(Tick(at: launch.tick)), of: schedule.id, .backfill, .fired)
            tick.backfill = backfill.id
            tick.by = backfill.createdBy
            tick.job = launch.job
            return tick
        }
        let written = try TickWriting.write(ticks, now: now, on: connection)
        let fresh = zip(launches, ticks).filter { launch, _ in written[TickWriting.Key(launch)] != nil }
        progress.skipped += launches.count - fresh.count
        var jobs: [Job.ID] = []
        var reports: [TickReport] = []
        let results = try TickWriting.launch(fresh.map(\.0), now: now, on: connection)
        for ((_, tick), result) in zip(fresh, results) {
            reports.append(TickReport(tick, named: schedule.name, result, now: time))
            switch result {
            case .job(let job, isNew: true):
                progress.fired += 1
                jobs.append(job)
            case .job(_, isNew: false): progress.skipped += 1
            case .refused(let why):
                progress.failed += 1
                progress.firstFailure = progress.firstFailure ?? why
            }
        }
        return (jobs, reports)
    }
}
