#if DEBUG || CASARE_FAULTS
    package import CasareDomain
    package import CasareEngine

    /// A broker around another that has things go wrong before and after what is asked of it.
    package struct FaultyBroker: Broker {
        private let broker: any Broker
        private let faults: Faults

        package init(_ broker: any Broker, _ faults: Faults) {
            self.broker = broker
            self.faults = faults
        }

        private func between<Result: Sendable>(
            _ before: FaultPoint, _ after: FaultPoint, _ ask: () async throws(BrokerError) -> Result
        ) async throws(BrokerError) -> Result {
            try self.faults.pass(before)
            let answer = try await ask()
            try self.faults.pass(after)
            return answer
        }

        package func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms {
            try await self.between(.beforeOpen, .afterOpen) { () async throws(BrokerError) in
                try await self.broker.open(robot)
            }
        }

        package func lease(slots: Int, waiting: Duration) async throws(BrokerError) -> [LeasedJob] {
            try self.faults.pass(.beforeLease)
            let jobs = try await self.broker.lease(slots: slots, waiting: waiting)
            if !jobs.isEmpty { try self.faults.pass(.afterLease) }
            return jobs
        }

        package func renew(_ leases: [Lease]) async throws(BrokerError) -> Set<Job.ID> {
            try await self.between(.beforeRenew, .afterRenew) { () async throws(BrokerError) in
                try await self.broker.renew(leases)
            }
        }

        package func renew(
            _ leases: [Lease], progress: Robot.Progress
        ) async throws(BrokerError) -> RenewalAnswer {
            try await self.between(.beforeRenew, .afterRenew) { () async throws(BrokerError) in
                try await self.broker.renew(leases, progress: progress)
            }
        }

        package func untilSessionIsLost() async { await self.broker.untilSessionIsLost() }

        package func untilNews(about held: @Sendable () -> [Lease]) async {
            await self.broker.untilNews(about: held)
        }

        package func journal(of lease: Lease) async throws(BrokerError) -> JobJournal {
            try await self.between(.beforeJournal, .afterJournal) { () async throws(BrokerError) in
                try await self.broker.journal(of: lease)
            }
        }

        package func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(BrokerError) {
            let isIntent = rows.last.map { $0.result == nil } ?? false
            let points: (FaultPoint, FaultPoint) =
                isIntent ? (.beforeIntent, .afterIntent) : (.beforeResult, .afterResult)
            try await self.between(points.0, points.1) { () async throws(BrokerError) in
                try await self.broker.checkpoint(rows, under: lease)
            }
        }

        package func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError) {
            try await self.between(.beforeComplete, .afterComplete) { () async throws(BrokerError) in
                try await self.broker.complete(lease, result: result, rows: rows)
            }
        }

        package func fail(
            _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
        ) async throws(BrokerError) -> FailOutcome {
            try await self.between(.beforeFail, .afterFail) { () async throws(BrokerError) in
                try await self.broker.fail(lease, failure: failure, result: result, rows: rows)
            }
        }

        package func block(
            _ lease: Lease, question: Job.Question, rows: [JournalRow]
        ) async throws(BrokerError) {
            try await self.between(.beforeBlock, .afterBlock) { () async throws(BrokerError) in
                try await self.broker.block(lease, question: question, rows: rows)
            }
        }

        package func release(_ lease: Lease, reason: String) async throws(BrokerError) {
            try await self.between(.beforeRelease, .afterRelease) { () async throws(BrokerError) in
                try await self.broker.release(lease, reason: reason)
            }
        }

        package func secrets(
            _ references: [String], under lease: Lease
        ) async throws(BrokerError) -> [String: SecretAnswer] {
            try await self.between(.beforeSecrets, .afterSecrets) { () async throws(BrokerError) in
                try await self.broker.secrets(references, under: lease)
            }
        }

        package func submit(
            _ child: ChildJob, forStep step: Int, under lease: Lease
        ) async throws(BrokerError) -> Job.ID {
            try await self.between(.beforeSubmit, .afterSubmit) { () async throws(BrokerError) in
                try await self.broker.submit(child, forStep: step, under: lease)
            }
        }

        package func ending(of child: Job.ID, under lease: Lease) async throws(BrokerError) -> ChildJob.Ending? {
            try await self.between(.beforeEnding, .afterEnding) { () async throws(BrokerError) in
                try await self.broker.ending(of: child, under: lease)
            }
        }

        package func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int {
            try await self.broker.log(lines, under: lease)
        }

        package func keep(_ lines: [Robot.LogLine], of robot: Robot.ID) async throws(BrokerError) {
            try await self.broker.keep(lines, of: robot)
        }

        package func watches(holding: [Watch.Mark], limit: Int) async throws(BrokerError) -> WatchOffer {
            try await self.broker.watches(holding: holding, limit: limit)
        }

        package func report(
            _ report: WatchReport, of trigger: Trigger.ID, revision: Int, version: Int
        ) async throws(BrokerError) -> Int? {
            try await self.between(.beforeReport, .afterReport) { () async throws(BrokerError) in
                try await self.broker.report(report, of: trigger, revision: revision, version: version)
            }
        }

        package func close() async { await self.broker.close() }
    }
#endif
