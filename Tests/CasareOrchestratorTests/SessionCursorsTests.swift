import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import Testing

struct SessionCursorsTests {
    private static func session(_ number: Int) -> Robot.SessionID { Robot.SessionID(rawValue: Int64(number)) }

    private static let now = ContinuousClock.now
    /// A cursor that is told from a new one: a new one begins with a full scan.
    private static let used: LeaseCursor = {
        var watermarks = Watermarks()
        _ = watermarks.scanBegan(at: Self.now)
        return LeaseCursor(watermarks: watermarks)
    }()

    private static func knows(_ session: Int, _ cursors: SessionCursors) -> Bool {
        var watermarks = cursors[Self.session(session)].watermarks
        return !watermarks.scanBegan(at: Self.now).isFull
    }

    @Test func `when there are too many sessions those that were used last keep their cursors`() {
        let cursors = SessionCursors(sessionsMax: 32)
        for number in 1...32 {
            cursors[Self.session(number)] = Self.used
        }
        // Used again, by reading and by writing.
        #expect(Self.knows(1, cursors))
        cursors[Self.session(2)] = Self.used
        cursors[Self.session(33)] = Self.used
        let kept = (1...33).filter { Self.knows($0, cursors) }
        #expect(kept == [1, 2] + Array(5...33))
    }

    @Test func `a session that is known takes nobody's place`() {
        let cursors = SessionCursors(sessionsMax: 2)
        cursors[Self.session(1)] = Self.used
        cursors[Self.session(2)] = Self.used
        cursors[Self.session(2)] = Self.used
        #expect(Self.knows(1, cursors))
        cursors.forget(Self.session(1))
        #expect(!Self.knows(1, cursors) && Self.knows(2, cursors))
    }
}
