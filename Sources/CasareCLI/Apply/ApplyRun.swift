import CasareClient
import CasareDomain
import CasareWire

/// Carries plans out, one after the other: what goes wrong with one leaves the others alone.
struct ApplyRun {
    let client: CasareClient
    let secrets: TriggerSecrets
    /// Kept with what is done.
    let reason: String?

    /// Where one goes wrong nothing is deleted after it: what is there may have been meant to go for that one.
    ///
    /// - Returns: a result for each plan, in their order.
    func run(_ plans: [ResourcePlan]) async -> [ApplyResult] {
        var results: [ApplyResult] = []
        var isOver = false
        var keepsAll = false
        for plan in plans {
            guard !isOver else {
                results.append(ApplyResult(plan, .notTried))
                continue
            }
            guard !(plan.isDeletion && keepsAll) else {
                results.append(ApplyResult(plan, .notTried, detail: "nothing is deleted where something failed"))
                continue
            }
            do {
                results.append(try await self.result(of: plan))
            } catch {
                let failure = ErrorReport.failure(for: error)
                results.append(ApplyResult(plan, .failed, failure: failure))
                StandardStreams.report(
                    TerminalText.line("casarectl: \(plan.key.text): \(failure.message)"))
                isOver = Self.isFinal(failure.status)
                keepsAll = keepsAll || !plan.isDeletion
            }
        }
        return results
    }

    /// Whether all that follows would go wrong in the same way.
    private static func isFinal(_ status: ExitReason) -> Bool {
        switch status {
        case .notSignedIn, .forbidden, .unavailable, .versionSkew, .interrupted, .hungUp, .terminated: true
        case .success, .failure, .notFound, .conflict, .partOfBulkFailed, .waitTimedOut, .jobEndedBadly,
            .confirmationNeeded, .differencesFound, .usage:
            false
        }
    }

    private func result(of plan: ResourcePlan) async throws -> ApplyResult {
        switch plan.action {
        case .unchanged:
            try await self.mark(plan)
            return ApplyResult(plan, .unchanged, detail: Self.remark(on: plan))
        case .create:
            guard let wanted = plan.wanted else { preconditionFailure("What is made is wanted") }
            let (detail, secret) = try await self.create(wanted)
            return ApplyResult(plan, .created, detail: detail, secret: secret)
        case .change:
            return ApplyResult(plan, .changed, detail: try await self.change(plan) ?? Self.remark(on: plan))
        case .delete:
            return ApplyResult(plan, .deleted, detail: try await self.delete(plan.key))
        case .release:
            return ApplyResult(plan, .released, detail: "its versions stay; jobs may still name them")
        case .conflict(let owner):
            throw CommandFailure(
                .conflict,
                "files of \(owner) describe it; leave it to them, or add --take-over to make it one of \(plan.owner)")
        }
    }

    private static func remark(on plan: ResourcePlan) -> String? {
        let parts = [
            plan.ownerBefore.map { "taken over from \($0)" },
            plan.hidden.isEmpty ? nil : "not compared, as the server hides it: \(plan.hidden.joined(separator: ", "))",
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    // MARK: Each kind

    /// Gives something that is as it should be its owner's mark, where it has another one or none.
    private func mark(_ plan: ResourcePlan) async throws {
        guard let live = plan.live, live.mark != plan.owner else { return }
        switch plan.key.kind {
        case .schedule:
            _ = try await self.client.updateSchedule(
                plan.key.name,
                UpdateScheduleRequest(
                    spec: [:], revision: live.revision, reason: self.reason, managedBy: plan.owner))
        case .trigger:
            _ = try await self.client.updateTrigger(
                plan.key.name, UpdateTriggerRequest(spec: [:], revision: live.revision, managedBy: plan.owner))
        case .workflow, .calendar, .queue: break
        }
    }

    private func create(_ wanted: WantedResource) async throws -> (detail: String?, secret: String?) {
        let name = wanted.key.name
        switch wanted.content {
        case .workflow(let document): return (try await self.push(document, as: name), nil)
        case .calendar(let calendar): _ = try await self.client.saveCalendar(calendar, reason: self.reason)
        case .queue(let queue):
            _ = try await self.client.changeLimits(of: name, queue.request(reason: self.reason))
        case .schedule(let spec):
            _ = try await self.client.createSchedule(
                CreateScheduleRequest(
                    name: name, spec: spec, paused: wanted.isPaused, reason: self.reason, managedBy: wanted.owner))
        case .trigger(let spec):
            let made = try await self.client.createTrigger(
                CreateTriggerRequest(
                    name: name, spec: spec, secret: self.secrets.secret(of: wanted), paused: wanted.isPaused,
                    reason: self.reason, managedBy: wanted.owner))
            return (made.trigger.hook, made.secret)
        }
        return (nil, nil)
    }

    private func change(_ plan: ResourcePlan) async throws -> String? {
        guard let wanted = plan.wanted, let live = plan.live else {
            preconditionFailure("What is changed is wanted and there")
        }
        let name = wanted.key.name
        switch wanted.content {
        case .workflow(let document): return try await self.push(document, as: name)
        case .calendar(let calendar): _ = try await self.client.saveCalendar(calendar, reason: self.reason)
        case .queue(let queue):
            _ = try await self.client.changeLimits(of: name, queue.request(reason: self.reason))
        case .schedule:
            _ = try await self.client.updateSchedule(
                name,
                UpdateScheduleRequest(
                    spec: plan.patch, revision: live.revision, reason: self.reason,
                    managedBy: wanted.owner))
        case .trigger:
            _ = try await self.client.updateTrigger(
                name,
                UpdateTriggerRequest(
                    spec: plan.patch, revision: live.revision, managedBy: wanted.owner))
        }
        return nil
    }

    private func push(_ document: Object, as name: String) async throws -> String {
        let pushed = try await self.client.pushWorkflow(
            PushWorkflowRequest(name: name, document: .object(document)))
        for issue in pushed.issues { StandardStreams.report(issue.line) }
        return "version \(pushed.version)"
    }

    /// What is gone already was done by somebody else.
    private func delete(_ key: AppliedResource.Key) async throws -> String? {
        do {
            switch key.kind {
            case .schedule: _ = try await self.client.deleteSchedule(key.name, reason: self.reason)
            case .trigger: _ = try await self.client.deleteTrigger(key.name, reason: self.reason)
            case .calendar: _ = try await self.client.deleteCalendar(key.name, reason: self.reason)
            case .queue:
                var request = QueueDescription(QueueLimits()).request(reason: self.reason)
                request.create = false
                _ = try await self.client.changeLimits(of: key.name, request)
                return "its limits are lifted; the queue stays"
            case .workflow: preconditionFailure("Workflows are released, and not deleted")
            }
        } catch {
            guard case .api(let problem) = error, problem.code == .notFound else { throw error }
            return "it was gone already"
        }
        return nil
    }

    // MARK: Notes

    /// Notes on the server what is as its owner's files describe it, and what they describe no more.
    ///
    /// - Throws: when that cannot be; what was done stays done, and the next apply notes it.
    func note(_ results: [ApplyResult]) async throws {
        for owner in Set(results.map(\.plan.owner)).sorted() {
            let own = results.filter { $0.plan.owner == owner }
            let applied = own.filter { result in
                switch result.outcome {
                case .created, .changed, .unchanged: true
                case .deleted, .released, .failed, .notTried: false
                }
            }.map { AppliedName($0.plan.key) }
            let forgotten = own.filter { result in
                switch result.outcome {
                case .deleted, .released: true
                case .created, .changed, .unchanged, .failed, .notTried: false
                }
            }.map { AppliedName($0.plan.key) }
            for part in Self.parts(of: forgotten) {
                _ = try await self.client.recordApplied(owner: owner, RecordAppliedRequest(forgotten: part))
            }
            for part in Self.parts(of: applied) {
                _ = try await self.client.recordApplied(owner: owner, RecordAppliedRequest(applied: part))
            }
        }
    }

    private static func parts(of names: [AppliedName]) -> [[AppliedName]] {
        let size = RecordAppliedRequest.namesMax
        return stride(from: 0, to: names.count, by: size).map { Array(names[$0..<min($0 + size, names.count)]) }
    }
}
