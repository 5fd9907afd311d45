import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Synchronization
import Testing

@testable import CasareStore

/// A tick fires once, or says why not, whoever is killed or stands still in the middle of it.
struct ScheduleOnceTests {
    private static let schedules = 20
    private static let seconds = 700.0
    private static let workers = 3
    /// What a worker that stands still waits for, with its rows locked.
    fileprivate static let gate = 7018

    /// Each second one tick; by the number, the policies take turns.
    private static func spec(_ number: Int) -> ScheduleSpec {
        var spec = ScheduleSpec(timing: .interval(ScheduleSpec.Interval(seconds: 1)), workflow: "orders")
        spec.overlap = number % 4 == 3 ? .skip : .allowAll
        let policies: [ScheduleSpec.CatchUp.Policy] = [.none, .latest, .all, .latest]
        spec.catchUp.policy = policies[number % policies.count]
        if number % 5 == 0 { spec.jitterSeconds = 0.5 }
        return spec
    }

    @Test(arguments: [1])
    func `every tick has fired one job or has a reason, with three who are killed and frozen`(
        seed: UInt64
    ) async throws {
        try await withFixture(connectionsMax: 8) { store in
            var ids: [Schedule.ID] = []
            for number in 0..<Self.schedules {
                ids.append(try await store.schedule("s\(number)") { $0 = Self.spec(number) }.id)
            }
            // Half a second for the jitter of the last tick.
            let floor = Floor(start: noon, end: noon + Self.seconds + 0.5)
            let keeper = try await Keeper(store.database.configuration, gate: Self.gate)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<Self.workers {
                    group.addTask {
                        var worker = Worker(
                            store: store, floor: floor, keeper: keeper, number: number,
                            seed: seed &* 1000 &+ UInt64(number))
                        try await worker.run()
                    }
                }
                try await group.waitForAll()
            }
            await keeper.close()
            let faults = floor.faults.withLock { $0 }
            #expect(Set(faults.keys) == Set(Worker.Fault.allCases), "each of them has happened: \(faults)")
            try await Self.check(ids, in: store)
        }
    }

    private static func check(_ ids: [Schedule.ID], in store: StoreFixture) async throws {
        var jobs: [Job.ID] = []
        var fired = 0
        for id in ids {
            let ticks = try await store.ticks(id)
            var next = noon + 1
            for tick in ticks {
                #expect(tick.at == next, "nothing between two entries, and nothing twice")
                #expect(tick.lastAt == tick.at + Double(tick.count - 1))
                switch tick.result {
                case .fired:
                    #expect(tick.count == 1)
                    jobs.append(try #require(tick.job))
                    fired += 1
                case .skipped: #expect(tick.reason == .overlap || tick.reason == .missed)
                case .buffered: Issue.record("a tick waits that was not asked to")
                }
                next = tick.lastAt + 1
            }
            #expect(next == noon + Self.seconds + 1, "to the end")
        }
        #expect(Set(jobs).count == fired)
        // How many are late, or find the one before them running, is a matter of how fast the machine is.
        #expect(fired > 500, "many of them fire")
        let stored = try await store.database.asSystem { connection in
            try connection.execute(
                "SELECT count(*) AS jobs, count(DISTINCT idempotency_key) AS keys FROM jobs"
            ).only().ints(of: ["jobs", "keys"])
        }
        #expect(stored == [fired, fired], "and no job is there that no tick has made")
        #expect(try await store.jobsAreInOnePlaceEach())
    }
}

/// What the workers share: the clock, and what was done to them.
private final class Floor: Sendable {
    private let clock: Mutex<Date>
    let end: Date
    let processes = Mutex<[Int: Int]>([:])
    let isFrozen = Mutex(false)
    let faults = Mutex<[Worker.Fault: Int]>([:])

    init(start: Date, end: Date) {
        self.clock = Mutex(start)
        self.end = end
    }

    /// - Returns: the time, which is never later than the end.
    func moveClock(by seconds: Double) -> Date {
        self.clock.withLock { clock in
            clock = min(clock + seconds, self.end)
            return clock
        }
    }

    func count(_ fault: Worker.Fault) { self.faults.withLock { $0[fault, default: 0] += 1 } }
}

/// Holds the lock that a frozen worker waits for, and has sessions killed.
private actor Keeper {
    private let connection: PostgresConnection
    private let gate: Int
    private var isBusy = false

    init(_ configuration: PostgresConfiguration, gate: Int) async throws {
        self.connection = try await PostgresConnection.connect(configuration)
        self.gate = gate
        try await self.connection.script("SELECT pg_advisory_lock(\(gate))")
    }

    /// Lets whoever is frozen go on.
    func release() async throws {
        guard !self.isBusy else { return }
        self.isBusy = true
        defer { self.isBusy = false }
        try await self.connection.script("SELECT pg_advisory_unlock(\(self.gate))")
        try await self.connection.script("SELECT pg_advisory_lock(\(self.gate))")
    }

    func kill(_ process: Int) async throws {
        guard !self.isBusy else { return }
        self.isBusy = true
        defer { self.isBusy = false }
        try await self.connection.script("SELECT pg_terminate_backend(\(process))")
    }

    func close() async { await self.connection.close() }
}

/// One that does what an orchestrator's loop does, on a connection of its own, and is hindered.
private struct Worker {
    enum Fault: CaseIterable {
        /// It dies before its commit.
        case crash
        /// It stands still before its commit, with its rows locked.
        case freeze
        /// Another one's session ends, whatever it does just then.
        case kill
        /// Nobody looks for longer than a schedule may be late.
        case outage
    }

    private struct Crash: Error {}

    let store: StoreFixture
    let floor: Floor
    let keeper: Keeper
    let number: Int
    private var random: SeededNumbers
    private static let batch = 7
    private static let waitAtGate = Query(assembled: "SELECT pg_advisory_xact_lock(\(ScheduleOnceTests.gate))")
    /// The first worker's rounds between two outages.
    private static let roundsBetweenOutages = 150
    private var rounds = 0

    init(store: StoreFixture, floor: Floor, keeper: Keeper, number: Int, seed: UInt64) {
        self.store = store
        self.floor = floor
        self.keeper = keeper
        self.number = number
        self.random = SeededNumbers(seed: seed)
    }

    mutating func run() async throws {
        var connection = try await self.connect()
        while true {
            let step = Double.random(in: 0..<0.5, using: &self.random)
            var now = self.floor.moveClock(by: step)
            let isOver = now == self.floor.end
            let fault = isOver ? nil : self.nextFault()
            if let fault { self.floor.count(fault) }
            if fault == .outage { now = self.floor.moveClock(by: 75) }
            do {
                let isDone = try await self.round(at: now, fault, on: connection)
                if fault == .freeze { self.floor.isFrozen.withLock { $0 = false } }
                if isOver && isDone { break }
            } catch is Crash {
                // Nothing of it is left.
            } catch is PostgresError {
                if fault == .freeze { self.floor.isFrozen.withLock { $0 = false } }
                await connection.close()
                connection = try await self.connect()
            }
            if fault == .kill, let victim = self.victim() { try await self.keeper.kill(victim) }
            let isReleasing = isOver || Int.random(in: 0..<6, using: &self.random) == 0
            if isReleasing, self.floor.isFrozen.withLock({ $0 }) { try await self.keeper.release() }
        }
        await connection.close()
    }

    /// - Returns: whether nothing is due any more.
    private func round(at now: Date, _ fault: Fault?, on connection: PostgresConnection) async throws -> Bool {
        try await Database.asTenant(self.store.tenant, on: connection) { connection in
            let round = try ScheduleStore.due(limit: Self.batch, now: now, on: connection)
            guard let due = round.due.first else { return true }
            _ = try ScheduleStore.fire(due.schedules, zones: StoreFixture.zones, now: now, on: connection)
            switch fault {
            case .crash: throw Crash()
            case .freeze: try connection.execute(Self.waitAtGate)
            case .kill, .outage, nil: break
            }
            return false
        }
    }

    private mutating func nextFault() -> Fault? {
        self.rounds += 1
        if self.number == 0, self.rounds.isMultiple(of: Self.roundsBetweenOutages) { return .outage }
        switch Int.random(in: 0..<1000, using: &self.random) {
        case 0..<60: return .crash
        case 60..<100: return .kill
        case 100..<140:
            // One at a time: somebody must be there to go on.
            let isFirst = self.floor.isFrozen.withLock { isFrozen in
                defer { isFrozen = true }
                return !isFrozen
            }
            return isFirst ? .freeze : nil
        default: return nil
        }
    }

    private mutating func victim() -> Int? {
        let others = self.floor.processes.withLock { processes in
            processes.filter { $0.key != self.number }.values.sorted()
        }
        return others.randomElement(using: &self.random)
    }

    private func connect() async throws -> PostgresConnection {
        let connection = try await self.store.database.connect()
        let process = try await Database.asTenant(self.store.tenant, on: connection) { connection in
            try connection.execute("SELECT pg_backend_pid() AS process").only().int("process")
        }
        self.floor.processes.withLock { $0[self.number] = process }
        return connection
    }
}

extension Row {
    fileprivate func ints(of columns: [String]) throws -> [Int] { try columns.map { try self.int($0) } }
}
