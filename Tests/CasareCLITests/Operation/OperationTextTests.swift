import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What a person sees while an operation goes on.
struct OperationTextTests {
    private static func line(
        _ operation: OperationInfo, secondsLeft: Double? = nil, awaitsReplays: Bool = false
    ) -> String {
        OperationText.line(operation, secondsLeft: secondsLeft, awaitsReplays: awaitsReplays)
    }

    private static func bar(_ operation: OperationInfo, awaitsReplays: Bool = false) -> String {
        String(OperationText.bar(operation, secondsLeft: nil, awaitsReplays: awaitsReplays).prefix { $0 != " " })
    }

    @Test func `the line says how far it is, what went wrong, and how long it goes on`() {
        #expect(Self.line(.sample(count: 2000)) == "replaying: 0 of 2000 (0 %)")
        let under = OperationInfo.sample(
            count: 2000, .init(done: 900, succeeded: 885, failed: 3, skipped: 12, replaysEnded: 5, replaysCompleted: 4))
        #expect(
            Self.line(under, secondsLeft: 21.2)
                == "replaying: 900 of 2000 (45 %), 3 failed, 12 skipped, 1 new job ended badly, 22 s left")
    }

    @Test(arguments: [
        (0, "[....................]"), (99, "[....................]"), (100, "[#...................]"),
        (1999, "[###################.]"), (2000, "[####################]"), (2001, "[####################]"),
    ])
    func `the bar is full when all is done, and not before`(done: Int, bar: String) {
        #expect(Self.bar(.sample(count: 2000, .init(done: done))) == bar)
    }

    @Test func `of nothing all is done`() {
        #expect(Self.line(.sample(count: 0)) == "replaying: 0 of 0 (100 %)")
    }

    @Test func `who stands in the way is named, and text of others cannot drive the terminal`() {
        let paused = OperationInfo.sample(
            .cancel, .paused, count: 10, .init(done: 4, succeeded: 4), statusReason: "lunch\u{1B}[2J\n",
            statusBy: "ann")
        #expect(Self.line(paused) == "paused by ann (lunch\\u{1b}[2J\\n): 4 of 10 (40 %)")
        let stopped = OperationInfo.sample(
            .replay, .stopped, count: 10, .init(done: 3, succeeded: 3, replaysEnded: 3), statusReason: "canary")
        #expect(Self.line(stopped) == "stopped (canary): 3 of 10 (30 %), 3 new jobs ended badly")
    }

    @Test func `while it waits for its canary it says so`() {
        func line(_ progress: Operation.Progress, count: Int = 10) -> String {
            Self.line(.sample(count: count, progress, plan: { $0.canary = 3 }))
        }
        #expect(line(.init(done: 2, succeeded: 2)) == "replaying: 2 of 10 (20 %)")
        #expect(
            line(.init(done: 3, succeeded: 3, replaysEnded: 2, replaysCompleted: 2))
                == "replaying: 3 of 10 (30 %), waits for its canary")
        #expect(line(.init(done: 3, succeeded: 3, replaysEnded: 3, replaysCompleted: 3)) == "replaying: 3 of 10 (30 %)")
        // One that was skipped is not among them; and where nothing follows them there is nothing to wait with.
        #expect(line(.init(done: 4, succeeded: 3, skipped: 1)).hasSuffix(", waits for its canary"))
        #expect(line(.init(done: 3, succeeded: 3), count: 3) == "replaying: 3 of 3 (100 %)")
    }

    @Test func `who waits for the new jobs sees how many have ended`() {
        let replayed = OperationInfo.sample(
            .replay, .completed, count: 10,
            .init(done: 10, succeeded: 8, skipped: 2, replaysEnded: 4, replaysCompleted: 4))
        #expect(
            Self.line(replayed, awaitsReplays: true) == "all run again: 4 of 8 new jobs ended (50 %), 2 skipped")
        #expect(Self.bar(replayed, awaitsReplays: true) == "[##########..........]")
        #expect(Self.line(replayed) == "all run again: 10 of 10 (100 %), 2 skipped")
    }

    @Test func `what is undone is counted as it is undone`() {
        let undoing = OperationInfo.sample(
            .pause, .undoing, count: 10, .init(done: 10, succeeded: 8, skipped: 2, undone: 2))
        #expect(Self.line(undoing) == "undoing: 2 of 8 (25 %), 2 skipped")
    }
}

struct OperationPaceTests {
    private static let start = ContinuousClock.now

    private static func pace(_ seen: [(done: Int?, second: Double)]) -> OperationPace {
        var pace = OperationPace()
        for (done, second) in seen { pace.saw(done, at: Self.start + .seconds(second)) }
        return pace
    }

    @Test func `the time left follows from what was seen`() {
        #expect(Self.pace([(0, 0), (100, 10)]).secondsLeft(of: 1000) == 90)
        #expect(Self.pace([(500, 0), (600, 10)]).secondsLeft(of: 1000) == 40)
    }

    @Test func `nobody can say how long it takes at once, when nothing moves, or when all is done`() {
        #expect(Self.pace([]).secondsLeft(of: 10) == nil)
        #expect(Self.pace([(0, 0), (5, 1.9)]).secondsLeft(of: 10) == nil)
        #expect(Self.pace([(0, 0), (5, 2)]).secondsLeft(of: 10) == 2)
        #expect(Self.pace([(5, 0), (5, 60)]).secondsLeft(of: 10) == nil)
        #expect(Self.pace([(0, 0), (10, 60)]).secondsLeft(of: 10) == nil)
    }

    @Test func `a pause does not count`() {
        #expect(Self.pace([(0, 0), (10, 10), (nil, 20), (10, 1000), (20, 1010)]).secondsLeft(of: 30) == 10)
    }
}

struct OperationLinesTests {
    private static let start = ContinuousClock.now

    @Test func `off a terminal there is a line every ten seconds, and one when it stands still`() {
        var lines = OperationLines()
        func saw(_ status: Operation.Status, _ done: Int, second: Double) -> String? {
            lines.saw(
                .sample(.cancel, status, count: 100, .init(done: done)), secondsLeft: nil, awaitsReplays: false,
                at: Self.start + .seconds(second))
        }
        #expect(saw(.running, 0, second: 0) == nil)
        #expect(saw(.running, 50, second: 9.9) == nil)
        #expect(saw(.running, 50, second: 10) == "cancelling: 50 of 100 (50 %)")
        #expect(saw(.running, 60, second: 15) == nil)
        #expect(saw(.paused, 60, second: 16) == "paused: 60 of 100 (60 %)")
        #expect(saw(.paused, 60, second: 17) == nil)
        #expect(saw(.paused, 60, second: 26) == "paused: 60 of 100 (60 %)")
        #expect(saw(.running, 60, second: 27) == "cancelling: 60 of 100 (60 %)")
        // How it ends is the result.
        #expect(saw(.completed, 100, second: 28) == nil)
    }
}
