@testable import CasareOTLP
import Testing

struct ConnectionHealthTests {
    private static let start = ContinuousClock.now

    /// - Parameter calls: from when until when, in seconds.
    private static func actions(_ calls: [(from: Int, until: Int)]) -> [ConnectionHealth.Action] {
        var health = ConnectionHealth()
        return calls.map { call in
            health.failed(callFrom: Self.start + .seconds(call.from), at: Self.start + .seconds(call.until))
        }
    }

    @Test(arguments: [(9, ConnectionHealth.Action.keep), (10, .renew)])
    func `a connection through which nothing goes is given up after ten seconds`(
        second: Int, action: ConnectionHealth.Action
    ) {
        #expect(Self.actions([(0, 1), (second, second)]) == [.keep, action])
    }

    @Test func `one call that waited in vain for so long is enough`() {
        #expect(Self.actions([(0, 10)]) == [.renew])
    }

    @Test func `an answer, whatever it is, begins the time anew`() {
        var health = ConnectionHealth()
        let first = health.failed(callFrom: Self.start, at: Self.start + .seconds(9))
        health.answered()
        let second = health.failed(callFrom: Self.start + .seconds(30), at: Self.start + .seconds(39))
        #expect(first == .keep && second == .keep)
    }

    @Test func `a new one has its own time`() {
        #expect(Self.actions([(0, 10), (10, 19), (19, 20)]) == [.renew, .keep, .renew])
    }

    @Test func `only what a connection may be at fault for counts against it`() {
        let ofConnection = GRPCStatus.allCases.filter(\.mayBeOfConnection)
        #expect(Set(ofConnection) == [.cancelled, .unknown, .deadlineExceeded, .unavailable])
    }
}
