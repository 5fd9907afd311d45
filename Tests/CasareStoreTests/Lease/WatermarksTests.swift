import CasareDomain
@testable import CasareStore
import Testing

struct WatermarksTests {
    private let start = ContinuousClock.now
    private var watermarks = Watermarks(rescanInterval: .seconds(2), rescanPause: .milliseconds(20))

    private func places(_ priority: Priority, _ seqs: Int64...) -> [(priority: Priority, seq: Int64)] {
        seqs.map { (priority, $0) }
    }

    /// Where the part of each priority begins that goes on to the end, from the most urgent down.
    private func marks(_ scan: Watermarks.Scan) -> [Int64] {
        scan.parts.filter { $0.until == .max }.map(\.after)
    }

    @Test mutating func `the first scan starts from zero`() {
        let scan = self.watermarks.scanBegan(at: self.start)
        #expect(scan.isFull && self.marks(scan) == [Int64](repeating: 0, count: 21))
        #expect(Watermarks.priorities.first == 20 && Watermarks.priorities.last == 0)
    }

    @Test mutating func `a scan goes on above the highest place of each priority`() {
        let first = self.watermarks.scanBegan(at: self.start)
        let found = self.places(.critical, 7, 3) + self.places(.low, 5)
        #expect(self.watermarks.scanEnded(first, found: found, askedFor: 3, at: self.start) == nil)
        let next = self.watermarks.scanBegan(at: self.start)
        let marks = self.marks(next)
        #expect(!next.isFull && marks[0] == 7 && marks[20] == 5 && marks[15] == 0)
    }

    @Test mutating func `a mark never goes back`() {
        let first = self.watermarks.scanBegan(at: self.start)
        _ = self.watermarks.scanEnded(first, found: self.places(.normal, 9), askedFor: 1, at: self.start)
        let next = self.watermarks.scanBegan(at: self.start)
        _ = self.watermarks.scanEnded(next, found: self.places(.normal, 4), askedFor: 1, at: self.start)
        #expect(self.marks(self.watermarks.scanBegan(at: self.start))[15] == 9)
    }

    @Test(arguments: [(1999, false), (2000, true)])
    mutating func `a scan starts from zero again after a while`(milliseconds: Int, isFull: Bool) {
        _ = self.watermarks.scanBegan(at: self.start)
        #expect(self.watermarks.scanBegan(at: self.start + .milliseconds(milliseconds)).isFull == isFull)
    }

    @Test(arguments: [(19, false), (20, true)])
    mutating func `a scan above the marks that finds nothing is followed by one from zero`(
        milliseconds: Int, follows: Bool
    ) {
        _ = self.watermarks.scanBegan(at: self.start)
        let now = self.start + .milliseconds(milliseconds)
        let scan = self.watermarks.scanBegan(at: now)
        let next = self.watermarks.scanEnded(scan, found: [], askedFor: 2, at: now)
        #expect((next?.isFull ?? false) == follows)
    }

    @Test(arguments: [(19, false), (20, true)])
    mutating func `after a short scan that found something the next begins from zero, once`(
        milliseconds: Int, follows: Bool
    ) {
        _ = self.watermarks.scanBegan(at: self.start)
        let now = self.start + .milliseconds(milliseconds)
        let scan = self.watermarks.scanBegan(at: now)
        #expect(self.watermarks.scanEnded(scan, found: self.places(.normal, 1), askedFor: 2, at: now) == nil)
        #expect(self.watermarks.scanBegan(at: now).isFull == follows)
        #expect(!self.watermarks.scanBegan(at: now).isFull)
    }

    @Test mutating func `a full batch needs no second scan`() {
        _ = self.watermarks.scanBegan(at: self.start)
        let now = self.start + .seconds(1)
        let scan = self.watermarks.scanBegan(at: now)
        #expect(self.watermarks.scanEnded(scan, found: self.places(.normal, 1, 2), askedFor: 2, at: now) == nil)
    }

    @Test mutating func `a short scan from zero is the last word`() {
        let scan = self.watermarks.scanBegan(at: self.start)
        let next = self.watermarks.scanEnded(scan, found: [], askedFor: 2, at: self.start + .seconds(9))
        #expect(next == nil)
    }

    @Test mutating func `what has aged comes first, the oldest before the others, and nothing comes twice`() {
        self.watermarks.aged([.low: 40, .normal: 90])
        let scan = self.watermarks.scanBegan(at: self.start)
        #expect(
            Array(scan.parts.prefix(3)) == [
                Watermarks.Part(priority: 0, after: 0, until: 40), Watermarks.Part(priority: 5, after: 0, until: 90),
                Watermarks.Part(priority: 20, after: 0, until: .max),
            ])
        #expect(scan.parts.count == 23)
        #expect(scan.parts.last == Watermarks.Part(priority: 0, after: 40, until: .max))
    }

    @Test mutating func `what has aged and was leased is not looked for again`() {
        self.watermarks.aged([.low: 40])
        let first = self.watermarks.scanBegan(at: self.start)
        _ = self.watermarks.scanEnded(first, found: self.places(.low, 12), askedFor: 1, at: self.start)
        #expect(self.watermarks.scanBegan(at: self.start).parts[0].after == 12)
        let next = self.watermarks.scanBegan(at: self.start)
        _ = self.watermarks.scanEnded(next, found: self.places(.low, 40), askedFor: 1, at: self.start)
        #expect(self.watermarks.scanBegan(at: self.start).parts.count == 21)
    }

    @Test mutating func `without aged jobs a scan has one part for each priority`() {
        self.watermarks.aged([.low: 40])
        self.watermarks.aged([:])
        #expect(self.watermarks.scanBegan(at: self.start).parts.map(\.priority) == Watermarks.priorities)
    }
}
