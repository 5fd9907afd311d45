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

    @Test func `renewals are counted by session, whatever becomes of its cursor`() {
        let cursors = SessionCursors(sessionsMax: 2)
        #expect((0..<3).map { _ in cursors.noteRenewal(of: Self.session(1)) } == [0, 1, 2])
        cursors[Self.session(1)] = Self.used
        #expect(cursors.noteRenewal(of: Self.session(1)) == 3 && Self.knows(1, cursors))
        #expect(cursors.noteRenewal(of: Self.session(2)) == 0)
        cursors.forget(Self.session(1))
        #expect(cursors.noteRenewal(of: Self.session(1)) == 0)
    }
}
