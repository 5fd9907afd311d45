@testable import CasareTelemetry
import Testing

/// When a batching processor exports what, as lists of events.
struct BatchStateTests {
    private typealias State = BatchState<Int>

    private static let start = ContinuousClock.now

    private static func settings(queueMax: Int = 5, batchMax: Int = 3) -> BatchSettings {
        BatchSettings(delay: .seconds(5), exportTimeout: .seconds(30), queueMax: queueMax, batchMax: batchMax)
    }

    private var state = State(Self.settings())

    private static func time(_ seconds: Int) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    private mutating func come(_ items: ClosedRange<Int>) -> [State.Intake] { items.map { self.state.came($0) } }

    private mutating func next(_ seconds: Int = 0) -> State.Step { self.state.next(at: Self.time(seconds)) }

    /// Exports the next batch, all of which is sent.
    private mutating func export(_ seconds: Int = 0) -> State.Step {
        let step = self.next(seconds)
        if case .export = step { _ = self.state.exportEnded(allSent: true) }
        return step
    }

    // MARK: - Batches

    @Test mutating func `while nothing waits nobody does anything`() {
        #expect(self.next() == .wait(until: nil))
        #expect(self.next(1000) == .wait(until: nil))
    }

    @Test mutating func `the first item begins the delay, and calls`() {
        let intake = self.come(1...2)
        #expect(intake == [.keptAndCalls, .kept])
        #expect(self.next(10) == .wait(until: Self.time(15)))
        #expect(self.next(14) == .wait(until: Self.time(15)))
        #expect(self.export(15) == .export([1, 2]))
        #expect(self.next(16) == .wait(until: nil))
        let later = self.come(3...3)
        #expect(later == [.keptAndCalls])
        #expect(self.next(100) == .wait(until: Self.time(105)), "Each batch has a delay of its own")
    }

    @Test mutating func `a full batch goes at once, and what is left of it waits`() {
        let intake = self.come(1...4)
        #expect(intake == [.keptAndCalls, .kept, .keptAndCalls, .kept])
        #expect(self.export() == .export([1, 2, 3]))
        #expect(self.next(1) == .wait(until: Self.time(6)))
        #expect(self.export(6) == .export([4]))
    }

    @Test mutating func `what has come meanwhile goes in the order in which it came`() {
        var sent: [Int] = []
        var number = 0
        for round in 1...50 {
            for _ in 0..<(round % 5 + 1) where self.state.count < 5 {
                number += 1
                let intake = self.state.came(number)
                #expect(intake != .dropped(.queueFull))
            }
            if case .export(let batch) = self.export(round * 5) { sent += batch }
        }
        _ = self.state.flushAsked()
        while case .export(let batch) = self.export(1000) { sent += batch }
        #expect(sent == Array(1...number) && number > 50)
    }

    @Test mutating func `what comes while the queue is full is dropped, until an export begins`() {
        let intake = self.come(1...7)
        #expect(intake.prefix(5) == [.keptAndCalls, .kept, .keptAndCalls, .kept, .kept])
        #expect(intake.suffix(2) == [.dropped(.queueFull), .dropped(.queueFull)])
        #expect(self.state.count == 5)
        #expect(self.next() == .export([1, 2, 3]))
        #expect(self.state.count == 2)
        let meanwhile = self.come(8...11)
        #expect(meanwhile == [.keptAndCalls, .kept, .kept, .dropped(.queueFull)])
        _ = self.state.exportEnded(allSent: true)
        #expect(self.export() == .export([4, 5, 8]))
    }

    @Test mutating func `a batch is no larger than the queue, and may be of one`() {
        self.state = State(Self.settings(queueMax: 2, batchMax: 9))
        let two = self.come(1...3)
        #expect(two == [.keptAndCalls, .keptAndCalls, .dropped(.queueFull)])
        #expect(self.export() == .export([1, 2]))
        self.state = State(Self.settings(queueMax: 2, batchMax: 1))
        let ones = self.come(1...2)
        #expect(ones == [.keptAndCalls, .kept])
        #expect(self.export() == .export([1]))
        #expect(self.export() == .export([2]))
    }

    // MARK: - No room

    private func isStuck(_ seconds: Int) -> Bool { self.state.isStuck(at: Self.time(seconds)) }

    @Test mutating func `what is dropped is known before it comes`() {
        #expect(self.state.refusal == nil)
        _ = self.come(1...4)
        #expect(self.state.refusal == nil)
        _ = self.come(5...5)
        #expect(self.state.refusal == .queueFull)
        #expect(self.next() == .export([1, 2, 3]))
        #expect(self.state.refusal == nil)
        self.state.finish(at: Self.time(0), within: .seconds(10))
        #expect(self.state.refusal == .alreadyShutDown)
    }

    @Test mutating func `it is stuck while it is full and an export takes long`() {
        _ = self.come(1...5)
        #expect(self.isStuck(1000) == false, "Nobody has tried")
        #expect(self.next(2) == .export([1, 2, 3]))
        #expect(self.isStuck(1000) == false, "There is room")
        _ = self.come(6...8)
        #expect(self.isStuck(2) == false)
        #expect(self.isStuck(3) == true)
        _ = self.state.exportEnded(allSent: true)
        #expect(self.isStuck(3) == false)
    }

    @Test mutating func `it is stuck while it is full and the last batch was lost, until one gets through`() {
        _ = self.come(1...5)
        #expect(self.next() == .export([1, 2, 3]))
        _ = self.come(6...8)
        _ = self.state.exportEnded(allSent: false)
        #expect(self.isStuck(0) == true)
        #expect(self.next() == .export([4, 5, 6]))
        #expect(self.isStuck(0) == false, "There is room")
        _ = self.come(9...11)
        #expect(self.isStuck(0) == true)
        _ = self.state.exportEnded(allSent: true)
        #expect(self.isStuck(0) == false)
    }

    // MARK: - Flushes

    @Test mutating func `a flush lets go of all that is there, full batches or not`() throws {
        _ = self.come(1...4)
        let asked = self.state.flushAsked()
        let flush = try #require(asked)
        _ = self.come(5...5)
        #expect(self.next() == .export([1, 2, 3]))
        #expect(self.state.exportEnded(allSent: true) == [])
        #expect(self.next() == .export([4, 5]))
        #expect(self.state.exportEnded(allSent: true) == [flush])
        #expect(self.state.flushEnded(flush) == true)
        _ = self.come(6...6)
        #expect(self.next() == .wait(until: Self.time(5)), "It is over")
    }

    @Test mutating func `a flush waits for what is on its way, and not for what comes later`() throws {
        _ = self.come(1...3)
        #expect(self.next() == .export([1, 2, 3]))
        let asked = self.state.flushAsked()
        let flush = try #require(asked)
        _ = self.come(4...4)
        #expect(self.state.exportEnded(allSent: true) == [flush])
        #expect(self.next() == .wait(until: Self.time(5)))
        #expect(self.state.flushEnded(flush) == true)
    }

    @Test mutating func `where nothing is there a flush has nothing to do`() {
        #expect(self.state.flushAsked() == nil)
        _ = self.come(1...1)
        #expect(self.export(0) == .wait(until: Self.time(5)))
        #expect(self.export(5) == .export([1]))
        #expect(self.state.flushAsked() == nil)
    }

    @Test(arguments: [[false, true], [true, false], [true, true]])
    mutating func `a flush knows whether all was sent`(sent: [Bool]) throws {
        _ = self.come(1...4)
        let asked = self.state.flushAsked()
        let flush = try #require(asked)
        for allSent in sent {
            _ = self.next()
            _ = self.state.exportEnded(allSent: allSent)
        }
        #expect(self.state.flushEnded(flush) == (sent == [true, true]))
    }

    @Test mutating func `a flush that is given up hurries nobody, and others go on`() throws {
        _ = self.come(1...1)
        let asked = self.state.flushAsked()
        let one = try #require(asked)
        _ = self.come(2...2)
        let askedAgain = self.state.flushAsked()
        let two = try #require(askedAgain)
        #expect(one != two)
        #expect(self.state.flushEnded(one) == false)
        #expect(self.state.flushEnded(one) == false, "It is not known any more")
        #expect(self.next() == .export([1, 2]))
        #expect(self.state.exportEnded(allSent: true) == [two])
        #expect(self.state.flushEnded(two) == true)
        _ = self.come(3...3)
        let askedLast = self.state.flushAsked()
        let last = try #require(askedLast)
        #expect(self.state.flushEnded(last) == false)
        #expect(self.next() == .wait(until: Self.time(5)))
    }

    // MARK: - Ends

    @Test mutating func `at the end all goes that is there, and nothing is taken any more`() {
        _ = self.come(1...4)
        self.state.finish(at: Self.time(0), within: .seconds(10))
        let late = self.come(5...5)
        #expect(late == [.dropped(.alreadyShutDown)])
        #expect(self.export(1) == .export([1, 2, 3]))
        #expect(self.export(2) == .export([4]))
        #expect(self.next(3) == .end(lost: 0))
        #expect(self.next(3) == .end(lost: 0))
        let after = self.come(6...6)
        #expect(after == [.dropped(.alreadyShutDown)])
        #expect(self.state.flushAsked() == nil)
    }

    @Test(arguments: [9, 10])
    mutating func `what is left when the time is up is lost`(second: Int) throws {
        _ = self.come(1...4)
        self.state.finish(at: Self.time(0), within: .seconds(10))
        let asked = self.state.flushAsked()
        let flush = try #require(asked)
        #expect(self.export(0) == .export([1, 2, 3]))
        #expect(self.export(second) == (second < 10 ? .export([4]) : .end(lost: 1)))
        #expect(self.state.count == 0)
        #expect(self.state.flushEnded(flush) == (second < 10))
    }

    @Test mutating func `of two ends the earlier one counts`() {
        _ = self.come(1...1)
        self.state.finish(at: Self.time(0), within: .seconds(10))
        self.state.finish(at: Self.time(1), within: .seconds(20))
        self.state.finish(at: Self.time(2), within: .seconds(3))
        #expect(self.next(5) == .end(lost: 1))
    }

    @Test mutating func `an export ends by its own limit, or with all the rest`() {
        #expect(self.state.exportEndsAt == nil)
        _ = self.come(1...3)
        #expect(self.next(7) == .export([1, 2, 3]))
        #expect(self.state.exportEndsAt == Self.time(37))
        self.state.finish(at: Self.time(8), within: .seconds(60))
        #expect(self.state.exportEndsAt == Self.time(37))
        self.state.finish(at: Self.time(9), within: .seconds(10))
        #expect(self.state.exportEndsAt == Self.time(19))
        _ = self.state.exportEnded(allSent: false)
        #expect(self.state.exportEndsAt == nil)
    }

    @Test mutating func `without a limit an export ends with all the rest`() {
        self.state = State(BatchSettings(delay: .zero, exportTimeout: nil, queueMax: 3, batchMax: 3))
        _ = self.come(1...1)
        #expect(self.next() == .export([1]), "Without a delay nothing waits")
        #expect(self.state.exportEndsAt == nil)
        self.state.finish(at: Self.time(9), within: .seconds(10))
        #expect(self.state.exportEndsAt == Self.time(19))
    }

    // MARK: - Memory

    @Test func `a ring has as many places as it takes, and keeps the order`() {
        let most = ItemRing<Int>.placesKept
        var ring = ItemRing<Int>(countMax: 1_000_000)
        #expect(ring.isEmpty && ring.placeCount == 0)
        for number in 0..<most { ring.append(number) }
        #expect(ring.placeCount == most)
        #expect(ring.takeFirst(10) == Array(0..<10))
        // They lie around the end when there are more of them.
        for number in most..<(most + 11) { ring.append(number) }
        #expect(ring.placeCount == 2 * most && ring.count == most + 1)
        #expect(ring.takeFirst(.max) == Array(10..<(most + 11)))
        #expect(ring.isEmpty && ring.placeCount == 0, "Those of a flood are given back")
        ring.append(7)
        #expect(ring.takeFirst(1) == [7])
        #expect(ring.placeCount == most)
    }

    @Test(arguments: [1, 5, ItemRing<Int>.placesKept, ItemRing<Int>.placesKept + 1])
    func `a ring has no more places than there may be items`(countMax: Int) {
        var ring = ItemRing<Int>(countMax: countMax)
        for number in 0..<countMax {
            #expect(!ring.isFull)
            ring.append(number)
        }
        #expect(ring.isFull && ring.placeCount == countMax)
        #expect(ring.takeFirst(.max) == Array(0..<countMax))
    }
}
