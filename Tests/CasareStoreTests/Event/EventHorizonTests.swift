import CasareDomain
@testable import CasareStore
import Testing

/// How far events may be read, without a database.
struct EventHorizonTests {
    private static func look(_ last: Int64, _ writers: Set<String> = [], mark: Int64 = 0) -> EventLook {
        EventLook(last: EventCursor(number: last), writers: writers, mark: EventCursor(number: mark))
    }

    private var horizon = EventHorizon()

    private mutating func looked(_ look: EventLook) -> Int64 {
        self.horizon.looked(look)
        return self.horizon.final.number
    }

    @Test mutating func `while nobody writes, everything may be read`() {
        #expect(self.looked(Self.look(7)) == 7)
        #expect(!self.horizon.isBehind)
        #expect(self.looked(Self.look(9)) == 9)
    }

    @Test mutating func `what a writer may have been given is held back until that writer has ended`() {
        #expect(self.looked(Self.look(7)) == 7)
        #expect(self.looked(Self.look(9, ["3/1"])) == 7)
        #expect(self.horizon.isBehind)
        // Another one has begun meanwhile; the first one goes on.
        #expect(self.looked(Self.look(12, ["3/1", "4/1"])) == 7)
        // The first one has ended: up to 9 all is there. What came later is held back by the other one.
        #expect(self.looked(Self.look(15, ["4/1"])) == 9)
        #expect(self.horizon.isBehind)
        #expect(self.looked(Self.look(15, ["5/1"])) == 15)
        #expect(self.looked(Self.look(15)) == 15)
        #expect(!self.horizon.isBehind)
    }

    @Test mutating func `writers that follow each other without a pause hold nothing back for long`() {
        for turn in 1...100 {
            let last = Int64(turn * 10)
            let final = self.looked(Self.look(last, ["3/\(turn)"]))
            #expect(final == last - 10)
        }
    }

    @Test mutating func `a reader that begins while somebody writes begins with the mark`() {
        #expect(self.looked(Self.look(9, ["3/1"], mark: 6)) == 6)
        #expect(self.looked(Self.look(9, ["3/1"], mark: 6)) == 6)
        #expect(self.looked(Self.look(9, [], mark: 6)) == 9)
    }

    @Test mutating func `a mark that others have left further on counts`() {
        #expect(self.looked(Self.look(9, ["3/1"], mark: 6)) == 6)
        #expect(self.looked(Self.look(20, ["4/1"], mark: 8)) == 9)
        #expect(self.looked(Self.look(30, ["4/1"], mark: 25)) == 25)
        #expect(self.looked(Self.look(30, ["4/1"], mark: 2)) == 25)
    }

    @Test mutating func `after a crash numbers are given out again, and looking begins anew`() {
        #expect(self.looked(Self.look(9)) == 9)
        // 8 and 9 were given to nobody who has committed. Who is given 6 now writes for a while.
        #expect(self.looked(Self.look(7, ["3/1"], mark: 5)) == 5)
        #expect(self.looked(Self.look(12, ["3/1"], mark: 5)) == 5)
        #expect(self.looked(Self.look(12)) == 12)
        // The same with a look that waits.
        #expect(self.looked(Self.look(20, ["4/1"], mark: 12)) == 12)
        #expect(self.looked(Self.look(15, ["1/1"], mark: 12)) == 12)
        #expect(self.looked(Self.look(18, ["1/2"], mark: 12)) == 15)
    }

    @Test mutating func `a writer that was given no number yet holds nothing back`() {
        #expect(self.looked(Self.look(9)) == 9)
        #expect(self.looked(Self.look(9, ["3/1"])) == 9)
        #expect(!self.horizon.isBehind)
    }
}

struct EventCursorTests {
    @Test(arguments: [0, 1, 35, 36, 1_000_000, Int64.max])
    func `a cursor is read as it was written`(number: Int64) {
        let cursor = EventCursor(number: number)
        #expect(EventCursor(cursor.description) == cursor)
    }

    @Test(arguments: ["", "1", "1-", "2-5", "1--5", "1-05", "1-A", "1-+5", "1- 5", "5", "1-zzzzzzzzzzzzzzzz", "1-5-5"])
    func `other texts are none`(text: String) {
        #expect(EventCursor(text) == nil)
    }

    @Test func `everything that the program writes as an event can be asked for`() {
        for kind in MemoryQueue.Record.Event.Kind.allCases {
            #expect(EventKind(rawValue: kind.rawValue) != nil, "\(kind.rawValue)")
        }
    }
}
