/// Decides when a batching processor exports what, and what it drops.
///
/// Items wait in the order in which they came, so many at most. A batch goes when it is full, when the first of those
/// that wait has waited for the delay, when somebody wants to see all of it gone, and when the end has come.
struct BatchState<Item: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    private enum Stage: Sendable {
        case open
        /// Nothing is taken any more. Moves to `ended` when all is exported, and at the latest when the time is up.
        case finishing(until: Instant)
        /// Final.
        case ended
    }

    /// Somebody waits until what was there then is gone.
    private struct Flush: Sendable {
        /// The number of the last item that it is about.
        let last: Int
        var isDone = false
        /// Whether all of it was sent so far.
        var isClean = true
    }

    /// What becomes of an item that came.
    enum Intake: Hashable, Sendable {
        case kept
        /// And whoever exports has to know of it.
        case keptAndCalls
        case dropped(ProcessorMeter.Drop)
    }

    /// What is to be done now by whoever exports.
    enum Step: Sendable {
        /// To be followed by `exportEnded`.
        case export([Item])
        /// `nil`: until somebody calls.
        case wait(until: Instant?)
        /// - Parameter lost: how many items were left when the time was up.
        case end(lost: Int)
    }

    /// An export of a batch takes milliseconds where a collector is well.
    static var patience: Duration { .seconds(1) }

    private let settings: BatchSettings
    private var stage = Stage.open
    private var waiting: ItemRing<Item>
    /// When the first of those that wait goes, full batch or not; `nil`: nobody has looked since it came.
    private var dueAt: Instant?
    /// What is on its way.
    private var export: (count: Int, since: Instant)?
    /// Whether something of the last batch that was exported is lost.
    private var hasLost = false
    /// Items are numbered from 1 on in the order in which they were kept: the last one, and the last that is gone.
    private var lastKept = 0
    private var lastGone = 0
    private var flushes: [Int: Flush] = [:]
    private var flushesBegun = 0

    /// - Precondition: there is room for an item, and in a batch too.
    init(_ settings: BatchSettings) {
        precondition(settings.queueMax > 0 && settings.batchMax > 0, "No item can wait, or none be sent")
        self.settings = settings
        self.waiting = ItemRing(countMax: settings.queueMax)
    }

    /// How many items wait; those that are on their way do not.
    var count: Int { self.waiting.count }

    private var batchMax: Int { min(self.settings.batchMax, self.settings.queueMax) }

    // MARK: - Items

    /// Why an item that comes now is dropped; `nil`: it is kept.
    var refusal: ProcessorMeter.Drop? {
        switch self.stage {
        case .open: self.waiting.isFull ? .queueFull : nil
        case .finishing, .ended: .alreadyShutDown
        }
    }

    /// Whether what comes is dropped now, and will be for some time to come: nothing more can wait, and the exporter does
    /// not get rid of what does.
    func isStuck(at now: @autoclosure () -> Instant) -> Bool {
        guard self.refusal == .queueFull else { return false }
        if self.hasLost { return true }
        guard let export else { return false }
        return now() - export.since >= Self.patience
    }

    mutating func came(_ item: Item) -> Intake {
        if let refusal { return .dropped(refusal) }
        self.waiting.append(item)
        self.lastKept += 1
        // With the first the delay begins, and at a full batch it ends early. Whoever is exporting looks by themselves.
        return self.waiting.count == 1 || self.waiting.count == self.batchMax ? .keptAndCalls : .kept
    }

    /// - Precondition: no export is on its way.
    mutating func next(at now: Instant) -> Step {
        precondition(self.export == nil, "Two exports at once")
        switch self.stage {
        case .ended: return .end(lost: 0)
        case .finishing(let until):
            guard self.waiting.isEmpty || now >= until else { return self.exportBatch(at: now) }
            return self.end()
        case .open:
            guard !self.waiting.isEmpty else {
                self.dueAt = nil
                return .wait(until: nil)
            }
            let dueAt = self.dueAt ?? now + self.settings.delay
            self.dueAt = dueAt
            let isWanted = self.flushes.values.contains { !$0.isDone }
            guard isWanted || self.waiting.count >= self.batchMax || now >= dueAt else { return .wait(until: dueAt) }
            return self.exportBatch(at: now)
        }
    }

    private mutating func exportBatch(at now: Instant) -> Step {
        let batch = self.waiting.takeFirst(self.batchMax)
        self.export = (batch.count, now)
        self.dueAt = nil
        return .export(batch)
    }

    private mutating func end() -> Step {
        let lost = self.waiting.takeFirst(.max).count
        self.stage = .ended
        _ = self.gone(lost, allSent: lost == 0)
        return .end(lost: lost)
    }

    /// When the export that is on its way is to be cancelled; `nil`: never, as far as is known yet.
    var exportEndsAt: Instant? {
        guard let export else { return nil }
        let ownEnd = self.settings.exportTimeout.map { export.since + $0 }
        switch self.stage {
        case .open, .ended: return ownEnd
        case .finishing(let until): return min(until, ownEnd ?? until)
        }
    }

    /// - Parameter allSent: whether nothing of it is lost.
    /// - Returns: the flushes that are done.
    mutating func exportEnded(allSent: Bool) -> [Int] {
        guard let export else { preconditionFailure("An export ended that was never begun") }
        self.export = nil
        self.hasLost = !allSent
        return self.gone(export.count, allSent: allSent)
    }

    private mutating func gone(_ count: Int, allSent: Bool) -> [Int] {
        self.lastGone += count
        var done: [Int] = []
        for (number, var flush) in self.flushes where !flush.isDone {
            // Items go in their order, so that this one had some of those that the flush is about.
            flush.isClean = flush.isClean && allSent
            flush.isDone = self.lastGone >= flush.last
            self.flushes[number] = flush
            if flush.isDone { done.append(number) }
        }
        return done.sorted()
    }

    // MARK: - Flushes

    /// - Returns: its number, to be given back with `flushEnded`; `nil`: there is nothing to wait for.
    mutating func flushAsked() -> Int? {
        guard self.lastGone < self.lastKept else { return nil }
        self.flushesBegun += 1
        self.flushes[self.flushesBegun] = Flush(last: self.lastKept)
        return self.flushesBegun
    }

    /// Whoever asked for it waits no longer.
    ///
    /// - Returns: whether all that was there when it was asked for was sent.
    mutating func flushEnded(_ number: Int) -> Bool {
        guard let flush = self.flushes.removeValue(forKey: number) else { return false }
        return flush.isDone && flush.isClean
    }

    // MARK: - The end

    /// Asked again, the earlier end counts.
    mutating func finish(at now: Instant, within limit: Duration) {
        switch self.stage {
        case .open: self.stage = .finishing(until: now + limit)
        case .finishing(let until): self.stage = .finishing(until: min(until, now + limit))
        case .ended: break
        }
    }
}

extension BatchState.Step: Equatable where Item: Equatable {}

/// Items in the order in which they came. There are as many places as it takes: many may be allowed, and few needed.
struct ItemRing<Item: Sendable>: Sendable {
    /// Places that it begins with, and that it keeps when it is empty.
    static var placesKept: Int { 2048 }

    private let countMax: Int
    private var places: [Item?] = []
    private var first = 0
    private(set) var count = 0

    init(countMax: Int) { self.countMax = countMax }

    var isEmpty: Bool { self.count == 0 }
    var isFull: Bool { self.count == self.countMax }
    /// How many items there is memory for now.
    var placeCount: Int { self.places.count }

    /// - Precondition: there is room left.
    mutating func append(_ item: Item) {
        precondition(!self.isFull, "There is no room left")
        if self.count == self.places.count { self.grow() }
        self.places[(self.first + self.count) % self.places.count] = item
        self.count += 1
    }

    /// Twice as many places: so each item is moved once on the average, however many come.
    private mutating func grow() {
        let placeCount = min(max(Self.placesKept, self.places.count * 2), self.countMax)
        self.places = Array(self.places[self.first...] + self.places[..<self.first])
        self.first = 0
        self.places.append(contentsOf: repeatElement(nil, count: placeCount - self.places.count))
    }

    mutating func takeFirst(_ countMax: Int) -> [Item] {
        let taken = min(countMax, self.count)
        var items: [Item] = []
        items.reserveCapacity(taken)
        for _ in 0..<taken {
            if let item = self.places[self.first] { items.append(item) }
            self.places[self.first] = nil
            self.first = (self.first + 1) % self.places.count
        }
        self.count -= taken
        // Those of a flood are given back.
        if self.isEmpty, self.places.count > Self.placesKept {
            self.places = []
            self.first = 0
        }
        return items
    }
}
