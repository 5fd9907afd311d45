import CasareDomain
import CasareStore
import FoundationEssentials

/// What the queue must do, as plain data: where each job is, and what each operation does to that. The store is held
/// against it.
struct QueueModel {
    enum Place: Equatable {
        /// The number grows with every job that becomes ready.
        case ready(Int)
        case scheduled(due: Date)
        case leased(Lease, session: Int)
        case blocked
        case paused(due: Date?)
        case ended(Job.Status)
    }

    struct Entry {
        let priority: Priority
        let key: String?
        var place: Place
        /// Attempts that were begun and count.
        var attempts = 0
        var crashes = 0
        /// Attempts that failed by themselves.
        var failures = 0
        /// Whether the attempt that runs has recorded a result.
        var hasJournaled = false
        /// The attempt that runs is followed by a pause, unless it ends the job.
        var isToPause = false
        var replayedAs: Job.ID?

        var status: Job.Status {
            switch self.place {
            case .ready, .scheduled: .pending
            case .leased: .running
            case .blocked: .blocked
            case .paused: .paused
            case .ended(let status): status
            }
        }
    }

    /// Every job is retried twice, ten seconds after each failure.
    static let attemptsMax = 3
    static let retrySeconds = 10.0
    static let leaseSeconds = 30.0

    private(set) var entries: [Job.ID: Entry] = [:]
    /// By session, until when it is alive; `nil` once it has ended.
    private(set) var aliveUntil: [Date?] = []
    private(set) var now: Date
    private(set) var isPaused = false
    /// `nil`: the queue never had any.
    private(set) var limits: QueueLimits?
    /// Until when what passed a rate is paid for: of the queue, and of each key.
    private var busyUntil: Date?
    private var keyBusyUntil: [String: Date] = [:]
    private var places = 0

    init(at now: Date) { self.now = now }

    // MARK: - What there is

    var jobs: [Job.ID] { self.entries.keys.sorted { $0.isBefore($1) } }

    func leases(of session: Int? = nil) -> [Lease] {
        self.jobs.compactMap { job in
            guard case .leased(let lease, let holder)? = self.entries[job]?.place, session == nil || holder == session
            else { return nil }
            return lease
        }
    }

    private func holds(_ lease: Lease) -> Bool {
        if case .leased(lease, _)? = self.entries[lease.job]?.place { true } else { false }
    }

    var hasLimits: Bool { self.limits != nil }
    var hasKeys: Bool { self.entries.values.contains { $0.key != nil } }

    /// The first of those that wait, in the order of their priorities, where no key is in the way.
    func next(_ count: Int, for session: Int) -> [Job.ID] {
        let ready = self.entries.compactMap { job, entry -> (Job.ID, Entry, Int)? in
            if case .ready(let place) = entry.place { (job, entry, place) } else { nil }
        }
        return ready.sorted { ($1.1.priority, $0.2) < ($0.1.priority, $1.2) }.prefix(count).map(\.0)
    }

    /// How many of `limit` a session gets.
    func room(_ limit: Int, for session: Int) -> Int {
        guard self.aliveUntil[session] != nil, !self.isPaused else { return 0 }
        let ready = self.entries.values.filter { if case .ready = $0.place { true } else { false } }
        let ofKeys = Dictionary(grouping: ready, by: \.key).reduce(0) { sum, group in
            sum + min(group.value.count, self.room(ofKey: group.key))
        }
        return min(limit, self.roomOfQueue, ofKeys)
    }

    /// How many of `limit` jobs like this one may begin.
    func room(_ limit: Int, of job: Job.ID) -> Int {
        min(limit, self.roomOfQueue, self.room(ofKey: self.entries[job]?.key))
    }

    private var roomOfQueue: Int {
        let running = self.entries.values.filter { $0.status == .running }.count
        return min(
            self.limits?.concurrency.map { max(0, $0 - running) } ?? .max,
            self.room(self.limits?.rate, busyUntil: self.busyUntil))
    }

    private func room(ofKey key: String?) -> Int {
        guard let key else { return .max }
        let running = self.entries.values.filter { $0.status == .running && $0.key == key }.count
        return min(
            self.limits?.keyConcurrency.map { max(0, $0 - running) } ?? .max,
            self.room(self.limits?.keyRate, busyUntil: self.keyBusyUntil[key]))
    }

    private func room(_ rate: QueueRate?, busyUntil: Date?) -> Int {
        guard let rate else { return .max }
        let busySeconds = max(0, (busyUntil ?? self.now).timeIntervalSince(self.now))
        return max(0, Int((Double(rate.burst) - busySeconds / rate.everySeconds + 1e-6).rounded(.down)))
    }

    /// Of the jobs of one priority and key the first goes first, whatever rules the queue has.
    func isNextOfItsLane(_ job: Job.ID, attempt: Int) -> Bool {
        guard let entry = self.entries[job], case .ready(let place) = entry.place else { return false }
        return entry.attempts + 1 == attempt
            && self.entries.values.allSatisfy { other in
                guard case .ready(let earlier) = other.place, other.priority == entry.priority, other.key == entry.key
                else { return true }
                return earlier >= place
            }
    }

    // MARK: - Operations

    mutating func pass(_ seconds: Double) { self.now += seconds }

    mutating func open() -> Int {
        self.aliveUntil.append(self.now + Self.leaseSeconds)
        return self.aliveUntil.count - 1
    }

    mutating func pause(_ isPaused: Bool) { self.isPaused = isPaused }

    /// Those that run go on and count. Under a new rate nothing is owed.
    mutating func limit(_ limits: QueueLimits) {
        if limits.rate != self.limits?.rate { self.busyUntil = nil }
        if limits.keyRate != self.limits?.keyRate { self.keyBusyUntil = [:] }
        self.limits = limits
    }

    mutating func submit(_ job: Job.ID, _ priority: Priority, key: String? = nil, delay: Double?) {
        self.entries[job] = Entry(
            priority: priority, key: key, place: delay.map { .scheduled(due: self.now + $0) } ?? self.last())
    }

    mutating func lease(_ lease: Lease, session: Int) {
        self.change(lease.job) { entry in
            entry.place = .leased(lease, session: session)
            entry.attempts += 1
            entry.hasJournaled = false
            entry.isToPause = false
        }
        if let rate = self.limits?.rate {
            self.busyUntil = max(self.busyUntil ?? self.now, self.now) + rate.everySeconds
        }
        if let rate = self.limits?.keyRate, let key = self.entries[lease.job]?.key {
            self.keyBusyUntil[key] = max(self.keyBusyUntil[key] ?? self.now, self.now) + rate.everySeconds
        }
    }

    /// - Returns: Whether the lease is held; of one that is not, nothing changes. So for the following.
    mutating func checkpoint(_ lease: Lease) -> Bool {
        self.change(lease) { $0.hasJournaled = true }
    }

    mutating func complete(_ lease: Lease) -> Bool {
        self.change(lease) { $0.place = .ended(.completed) }
    }

    mutating func fail(_ lease: Lease, isRetryable: Bool) -> Bool {
        let due = self.now + Self.retrySeconds
        return self.change(lease) { entry in
            entry.failures += 1
            entry.crashes = 0
            let isLast = !isRetryable || entry.failures >= Self.attemptsMax
            entry.place = isLast ? .ended(.failed) : entry.isToPause ? .paused(due: due) : .scheduled(due: due)
        }
    }

    mutating func release(_ lease: Lease) -> Bool {
        guard self.holds(lease) else { return false }
        self.release([lease.job])
        return true
    }

    mutating func block(_ lease: Lease) -> Bool {
        self.change(lease) { $0.place = .blocked }
    }

    /// - Returns: Whether the job had not ended yet.
    mutating func cancel(_ job: Job.ID) -> Bool {
        guard let status = self.entries[job]?.status, !status.isTerminal else { return false }
        self.change(job) { $0.place = .ended(.cancelled) }
        return true
    }

    /// - Returns: Whether the job may be paused.
    mutating func pause(_ job: Job.ID) -> Bool {
        switch self.entries[job]?.place {
        case .ready: self.change(job) { $0.place = .paused(due: nil) }
        case .scheduled(let due): self.change(job) { $0.place = .paused(due: due) }
        case .leased: self.change(job) { $0.isToPause = true }
        case .paused: break
        case .blocked, .ended, nil: return false
        }
        return true
    }

    /// - Returns: Whether the job was paused, or was to be.
    mutating func resume(_ job: Job.ID) -> Bool {
        switch self.entries[job]?.place {
        case .paused(let due):
            let place: Place
            if let due, due > self.now { place = .scheduled(due: due) } else { place = self.last() }
            self.change(job) { $0.place = place }
            return true
        case .leased:
            guard self.entries[job]?.isToPause == true else { return false }
            self.change(job) { $0.isToPause = false }
            return true
        case .ready, .scheduled, .blocked, .ended, nil: return false
        }
    }

    /// - Returns: Whether the job asked something.
    mutating func resolve(_ job: Job.ID) -> Bool {
        guard self.entries[job]?.place == .blocked else { return false }
        let place = self.last()
        self.change(job) { entry in
            entry.place = place
            entry.crashes = 0
        }
        return true
    }

    func mayRetry(_ job: Job.ID) -> Bool {
        switch self.entries[job]?.status {
        case .failed: self.replay(of: job)?.status.isTerminal ?? true
        case .completed, .cancelled: true
        case .pending, .running, .blocked, .paused, nil: false
        }
    }

    private func replay(of job: Job.ID) -> Entry? {
        self.entries[job]?.replayedAs.flatMap { self.entries[$0] }
    }

    mutating func retry(_ job: Job.ID, as new: Job.ID) {
        guard let entry = self.entries[job] else { return }
        // A letter whose replay completed is done with: its job runs again beside that.
        if self.replay(of: job)?.status != .completed { self.change(job) { $0.replayedAs = new } }
        self.submit(new, entry.priority, key: entry.key, delay: nil)
    }

    /// - Returns: Which of the leases are lost; `nil` when the session has ended.
    mutating func renew(_ session: Int, held: [Lease]) -> Set<Job.ID>? {
        guard self.aliveUntil[session] != nil else { return nil }
        self.aliveUntil[session] = self.now + Self.leaseSeconds
        return Set(held.filter { self.entries[$0.job]?.place != .leased($0, session: session) }.map(\.job))
    }

    mutating func close(_ session: Int) -> Set<Job.ID> {
        self.aliveUntil[session] = nil
        let jobs = self.leases(of: session).map(\.job)
        self.release(jobs)
        return Set(jobs)
    }

    /// - Returns: How many jobs became ready.
    mutating func promote() -> Int {
        let due = self.entries.compactMap { job, entry -> (job: Job.ID, due: Date)? in
            if case .scheduled(let due) = entry.place, due <= self.now { (job, due) } else { nil }
        }
        for (job, _) in due.sorted(by: { $0.due != $1.due ? $0.due < $1.due : $0.job.isBefore($1.job) }) {
            let place = self.last()
            self.change(job) { $0.place = place }
        }
        return due.count
    }

    /// - Returns: The jobs that are ready again, and those of which that happened too often.
    mutating func sweep() -> (requeued: Set<Job.ID>, deadLettered: Set<Job.ID>) {
        var (requeued, deadLettered): (Set<Job.ID>, Set<Job.ID>) = ([], [])
        for session in self.aliveUntil.indices {
            if let until = self.aliveUntil[session], until <= self.now { self.aliveUntil[session] = nil }
            guard self.aliveUntil[session] == nil else { continue }
            for job in self.leases(of: session).map(\.job) {
                let crashes = self.entries[job].map { $0.hasJournaled ? 0 : $0.crashes + 1 } ?? 0
                if crashes < LeaseStore.crashesMax { requeued.insert(job) } else { deadLettered.insert(job) }
                self.change(job) { $0.crashes = crashes }
            }
        }
        // The sweep goes by job, whichever session had it.
        for job in self.jobs where requeued.contains(job) || deadLettered.contains(job) {
            let place = deadLettered.contains(job) ? .ended(.failed) : self.last()
            self.change(job) { $0.place = $0.isToPause && requeued.contains(job) ? .paused(due: nil) : place }
        }
        return (requeued, deadLettered)
    }

    // MARK: - Helpers

    private mutating func last() -> Place {
        self.places += 1
        return .ready(self.places)
    }

    private mutating func release(_ jobs: [Job.ID]) {
        for job in jobs {
            let place = self.last()
            self.change(job) { entry in
                entry.place = entry.isToPause ? .paused(due: nil) : place
                entry.attempts -= 1
            }
        }
    }

    private mutating func change(_ job: Job.ID, _ body: (inout Entry) -> Void) {
        guard var entry = self.entries[job] else { return }
        body(&entry)
        self.entries[job] = entry
    }

    private mutating func change(_ lease: Lease, _ body: (inout Entry) -> Void) -> Bool {
        guard self.holds(lease) else { return false }
        self.change(lease.job, body)
        return true
    }
}

extension Job.ID {
    /// In the order in which PostgreSQL has them.
    fileprivate func isBefore(_ other: Job.ID) -> Bool { self.rawValue.uuidString < other.rawValue.uuidString }
}
