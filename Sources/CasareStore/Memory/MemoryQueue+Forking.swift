package import CasareDomain
package import FoundationEssentials

extension MemoryQueue {
    /// As `JobStore.fork`.
    package mutating func fork(
        _ id: Job.ID, from step: Int, by person: String, variables: Object? = nil, reason: String? = nil,
        idempotency: NewJob.Idempotency? = nil, trace: TraceCarrier = .makeRoot(), now: Date
    ) throws(StoreError) -> Job.ID {
        if let idempotency, let holder = try self.holder(of: idempotency, now) { return holder }
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        let status = record.job(withResult: false, heldBy: self.holder(of: record)).status
        guard status.isTerminal || status == .blocked else {
            throw .invalidTransition(id, from: status, action: JobStore.forkRefused)
        }
        _ = try Job.ResumePoint.step(step).firstStep(of: id, record.rows, after: nil)
        var job = self.anew(record.job, variables, trace, now)
        job.idempotency = idempotency
        _ = self.takeKey(of: job, window: JobStore.idempotencyWindow, now)
        job.idempotency = nil
        var detail: Object = ["as": .string(job.id.description), "from_step": .int(step), "by": .string(person)]
        if let reason { detail["reason"] = .string(reason) }
        self.note(.forked, id, detail, now)
        try self.store(job, by: person, inherited: (from: record, step: step), now)
        return job.id
    }

    /// As `JobStore.effectsRepeated`.
    package func effectsRepeated(
        of id: Job.ID, from step: Int?, limit: Int
    ) -> (effects: [RepeatedEffect], count: Int) {
        let effects = self.records[id]?.rows.compactMap { $0.effectRepeated(from: step) } ?? []
        return (Array(effects.prefix(limit)), effects.count)
    }

    /// The same job once more, due at once, under an ID and in a trace of its own.
    mutating func anew(
        _ job: NewJob, _ variables: Object?, _ trace: TraceCarrier, _ now: Date
    ) -> NewJob {
        var job = job
        job.id = .new(at: now, using: &self.generator)
        job.variables = variables ?? job.variables
        job.idempotency = nil
        job.due = .now
        job.trace = trace
        return job
    }
}

extension MemoryQueue.Record {
    /// Takes over the steps before one, and that one too if it is in doubt. A wait at which the job begins is waited
    /// anew.
    mutating func inherit(from other: Self, before step: Int) {
        let id = other.job.id
        self.heritage = Heritage(
            origin: Job.Origin(job: id, step: step), seed: other.heritage?.seed ?? id)
        self.journal = other.journal.values.map(\.row)
            .filter { $0.step < step || $0.step == step && $0.result == nil && $0.effect == "effect" }
            .reduce(into: [:]) { $0[$1.step] = Journaled(row: $1, token: .init(rawValue: 0)) }
    }
}
