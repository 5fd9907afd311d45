@testable import CasareOTLP
import Testing

/// How often somebody is told that telemetry does not go through.
struct TroubleTallyTests {
    private static let start = ContinuousClock.now

    /// - Parameter events: kinds of trouble, how much each cost, and when it came, in seconds.
    private static func actions(
        _ events: [(kind: ExporterTrouble, lost: Int, second: Int)], in tally: inout TroubleTally
    ) -> [TroubleTally.Action] {
        var actions: [TroubleTally.Action] = []
        for event in events {
            actions.append(tally.happened(event.kind, lost: event.lost, at: Self.start + .seconds(event.second)))
        }
        return actions
    }

    @Test(arguments: [(59, TroubleTally.Action.stayQuiet), (60, .tell(lost: 5))])
    func `a kind of trouble is told of once a minute, with all that was lost since`(
        second: Int, action: TroubleTally.Action
    ) {
        var tally = TroubleTally()
        let actions = Self.actions([(.unsent, 10, 0), (.unsent, 2, 30), (.unsent, 3, second)], in: &tally)
        #expect(actions == [.tell(lost: 10), .stayQuiet, action])
    }

    @Test func `another kind is told of at once`() {
        var tally = TroubleTally()
        let actions = Self.actions(ExporterTrouble.allCases.map { ($0, 1, 0) }, in: &tally)
        #expect(actions == Array(repeating: .tell(lost: 1), count: 4))
    }

    @Test func `its end is told of once`() {
        var tally = TroubleTally()
        let before = tally.wentWell()
        _ = Self.actions([(.unsent, 1, 0)], in: &tally)
        let first = tally.wentWell()
        let second = tally.wentWell()
        #expect(!before && first && !second)
    }

    @Test func `the end of what nobody was told of is not told of either`() {
        var tally = TroubleTally()
        _ = Self.actions([(.unsent, 1, 0)], in: &tally)
        _ = tally.wentWell()
        let again = Self.actions([(.unsent, 1, 10)], in: &tally)
        let end = tally.wentWell()
        #expect(again == [.stayQuiet] && !end)
    }

    @Test func `a warning has no end`() {
        var tally = TroubleTally()
        _ = Self.actions([(.warning, 0, 0)], in: &tally)
        let end = tally.wentWell()
        #expect(!end)
    }
}
