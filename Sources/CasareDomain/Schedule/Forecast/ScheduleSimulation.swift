public import FoundationEssentials

/// What all schedules together will do in a span of time: how many jobs begin at once, and whether there are robots for
/// them. Nothing is random: the same schedules make the same forecast.
public struct ScheduleSimulation: Hashable, Sendable {
    /// One schedule, as far as this needs it.
    package struct Entry: Sendable {
        package let id: Schedule.ID
        package let name: String
        package let workflow: String
        /// How long one of its jobs takes.
        package let expectedSeconds: Double
        /// What it spreads its ticks by already.
        package let jitterSeconds: Double
        /// The first start strictly later than a moment, without jitter.
        package let next: @Sendable (Date) -> Date?

        package init(
            id: Schedule.ID, name: String, workflow: String, expectedSeconds: Double, jitterSeconds: Double = 0,
            next: @escaping @Sendable (Date) -> Date?
        ) {
            self.id = id
            self.name = name
            self.workflow = workflow
            self.expectedSeconds = expectedSeconds
            self.jitterSeconds = jitterSeconds
            self.next = next
        }
    }

    /// A minute in which several jobs begin.
    public struct Collision: Hashable, Sendable {
        /// Its beginning.
        public let minute: Date
        public let starts: Int
        /// The first `schedulesShownMax` by name.
        public let schedules: [String]
    }

    /// How many jobs run at once.
    public struct Load: Hashable, Sendable {
        public let peak: Int
        /// When the peak is reached first; `nil`: nothing runs.
        public let peakAt: Date?
        /// Minutes of the clock in which there are more jobs than slots, for a moment at least.
        public let minutesOver: Int
    }

    /// What a schedule should have for its jitter.
    public struct Suggestion: Hashable, Sendable {
        public let schedule: String
        public let jitterSeconds: Double
    }

    public static let collisionsMax = 20
    public static let schedulesShownMax = 10
    public static let suggestionsMax = 200
    /// So many starts are looked at; then the forecast ends earlier than was asked for.
    public static let startsMax = 100_000
    /// In this order.
    public static let jitters = [15.0, 30, 60, 300]
    /// How long a span may be.
    public static let spanSecondsMax = 31.0 * 86_400

    public let from: Date
    /// The end of what was looked at.
    public let to: Date
    /// There were too many starts to go on to the end that was asked for.
    public let isPartial: Bool
    public let schedules: Int
    public let starts: Int
    /// `nil`: not known; then nothing is over, and nothing is suggested.
    public let slots: Int?
    /// How many minutes have two starts or more.
    public let collidingMinutes: Int
    /// Those with most starts first.
    public let collisions: [Collision]
    public let load: Load
    /// For the schedules of which jobs run while there are more than slots; those that have as much already are not
    /// among them.
    public let suggestions: [Suggestion]
    /// The load with what is suggested; `nil`: nothing is.
    public let suggestedLoad: Load?

    /// - Parameter to: after `from`, by `spanSecondsMax` at most.
    package init(_ entries: [Entry], from: Date, to: Date, slots: Int?) {
        let starts = Starts(entries, from: from, to: to)
        let base = starts.runs { entries[$0].jitterSeconds }
        let sweep = Sweep(base, until: starts.to, slots: slots)
        let (colliding, collisions) = Self.collisions(base, entries)
        self.from = from
        self.to = starts.to
        self.isPartial = starts.to < to
        self.schedules = entries.count
        self.starts = base.count
        self.slots = slots
        self.collidingMinutes = colliding
        self.collisions = collisions
        self.load = sweep.load
        guard let slots, sweep.load.peak > slots else {
            self.suggestions = []
            self.suggestedLoad = nil
            return
        }
        let involved = Set(base.filter { sweep.isOver(during: $0) }.map(\.entry))
        for jitter in Self.jitters {
            let spread = starts.runs { index in
                involved.contains(index) ? max(jitter, entries[index].jitterSeconds) : entries[index].jitterSeconds
            }
            let load = Sweep(spread, until: starts.to, slots: slots).load
            guard load.peak <= slots else { continue }
            self.suggestions = involved.sorted().prefix(Self.suggestionsMax).compactMap { index in
                entries[index].jitterSeconds < jitter
                    ? Suggestion(schedule: entries[index].name, jitterSeconds: jitter) : nil
            }
            self.suggestedLoad = load
            return
        }
        self.suggestions = []
        self.suggestedLoad = nil
    }

    private static func collisions(_ runs: [Run], _ entries: [Entry]) -> (minutes: Int, top: [Collision]) {
        var byMinute: [Int: [Int]] = [:]
        for run in runs {
            byMinute[Int((run.start / 60).rounded(.down)), default: []].append(run.entry)
        }
        let colliding = byMinute.filter { $0.value.count > 1 }
        let top = colliding.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(Self.collisionsMax)
        return (
            colliding.count,
            top.map { minute, found in
                let names = Set(found).map { entries[$0].name }.sorted().prefix(Self.schedulesShownMax)
                return Collision(
                    minute: Date(timeIntervalSince1970: Double(minute) * 60), starts: found.count,
                    schedules: Array(names))
            }
        )
    }
}

extension ScheduleSimulation {
    /// One job, in seconds after 1970.
    struct Run: Sendable {
        let entry: Int
        let start: Double
        let end: Double
    }

    /// The starts of all schedules in a span.
    private struct Starts {
        private let entries: [Entry]
        /// Ascending, of each entry, in seconds after 1970.
        private var starts: [[Double]]
        /// How far all of them were looked at.
        private(set) var to: Date

        /// They are looked at hour by hour, so that it is the end that is missing where there are too many.
        private static let stepSeconds = 3600.0

        init(_ entries: [Entry], from: Date, to: Date) {
            self.entries = entries
            self.starts = Array(repeating: [], count: entries.count)
            self.to = from
            var upcoming = entries.map { $0.next(from.addingTimeInterval(-1)) }
            for index in entries.indices {
                while let next = upcoming[index], next < from { upcoming[index] = entries[index].next(next) }
            }
            var count = 0
            while self.to < to {
                let step = min(self.to.addingTimeInterval(Self.stepSeconds), to)
                for index in entries.indices {
                    while let next = upcoming[index], next < step {
                        count += 1
                        guard count <= ScheduleSimulation.startsMax else {
                            self.forgetUnfinishedHour()
                            return
                        }
                        self.starts[index].append(next.timeIntervalSince1970)
                        upcoming[index] = entries[index].next(next)
                    }
                }
                self.to = step
            }
        }

        private mutating func forgetUnfinishedHour() {
            let end = self.to.timeIntervalSince1970
            for index in self.starts.indices { self.starts[index].removeAll { $0 >= end } }
        }

        /// - Parameter jitter: of an entry, in seconds. No start is moved past the one that follows.
        func runs(_ jitter: (Int) -> Double) -> [Run] {
            var runs: [Run] = []
            for (index, times) in self.starts.enumerated() {
                let entry = self.entries[index]
                let jitter = jitter(index)
                for (position, time) in times.enumerated() {
                    let gap = position + 1 < times.count ? times[position + 1] - time : jitter
                    let delay = entry.id.jitter(
                        ofTickAt: Date(timeIntervalSince1970: time), within: min(jitter, gap))
                    let start = time + delay
                    runs.append(Run(entry: index, start: start, end: start + max(entry.expectedSeconds, 0)))
                }
            }
            return runs
        }
    }

    /// How many jobs run at each moment.
    private struct Sweep {
        let load: Load
        /// When there are more than slots; ascending, apart from each other, in seconds after 1970.
        private let over: [Range<Double>]

        init(_ runs: [Run], until end: Date, slots: Int?) {
            let limit = end.timeIntervalSince1970
            var changes: [(at: Double, by: Int)] = []
            changes.reserveCapacity(runs.count * 2)
            for run in runs where run.end > run.start {
                changes.append((run.start, 1))
                changes.append((run.end, -1))
            }
            // A job that ends makes room for one that begins at the same moment.
            changes.sort { ($0.at, $0.by) < ($1.at, $1.by) }
            var (running, peak) = (0, 0)
            var peakAt: Double?
            var over: [Range<Double>] = []
            var overSince: Double?
            for change in changes {
                running += change.by
                if running > peak { (peak, peakAt) = (running, change.at) }
                guard let slots else { continue }
                if running > slots {
                    overSince = overSince ?? change.at
                } else if let since = overSince {
                    if since < change.at { over.append(since..<change.at) }
                    overSince = nil
                }
            }
            self.over = over
            self.load = Load(
                peak: peak, peakAt: peakAt.map(Date.init(timeIntervalSince1970:)),
                minutesOver: Self.minutes(over, until: limit))
        }

        private static func minutes(_ over: [Range<Double>], until limit: Double) -> Int {
            var (count, last) = (0, Int.min)
            for range in over where range.lowerBound < limit {
                let first = max(Int((range.lowerBound / 60).rounded(.down)), last == .min ? .min : last + 1)
                let final = Int((min(range.upperBound, limit) / 60).rounded(.up)) - 1
                guard final >= first else { continue }
                count += final - first + 1
                last = final
            }
            return count
        }

        /// Whether a job runs while there are more than slots.
        func isOver(during run: Run) -> Bool {
            // The first stretch that ends after the job begins.
            var (low, high) = (0, self.over.count)
            while low < high {
                let middle = (low + high) / 2
                if self.over[middle].upperBound <= run.start { low = middle + 1 } else { high = middle }
            }
            return low < self.over.count && self.over[low].lowerBound < run.end
        }
    }
}
