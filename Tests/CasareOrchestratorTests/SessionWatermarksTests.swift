import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import Testing

struct SessionWatermarksTests {
    private static func session(_ number: Int) -> Robot.SessionID { Robot.SessionID(rawValue: Int64(number)) }

    private static let now = ContinuousClock.now
    /// Marks that are told from new ones: new ones begin with a full scan.
    private static let marks: Watermarks = {
        var marks = Watermarks()
        _ = marks.scanBegan(at: Self.now)
        return marks
    }()

    private static func knows(_ session: Int, _ watermarks: SessionWatermarks) -> Bool {
        var marks = watermarks[Self.session(session)]
        return !marks.scanBegan(at: Self.now).isFull
    }

    @Test func `when there are too many sessions those that were used last keep their marks`() {
        let watermarks = SessionWatermarks(sessionsMax: 32)
        for number in 1...32 {
            watermarks[Self.session(number)] = Self.marks
        }
        // Used again, by reading and by writing.
        #expect(Self.knows(1, watermarks))
        watermarks[Self.session(2)] = Self.marks
        watermarks[Self.session(33)] = Self.marks
        let kept = (1...33).filter { Self.knows($0, watermarks) }
        #expect(kept == [1, 2] + Array(5...33))
    }

    @Test func `a session that is known takes nobody's place`() {
        let watermarks = SessionWatermarks(sessionsMax: 2)
        watermarks[Self.session(1)] = Self.marks
        watermarks[Self.session(2)] = Self.marks
        watermarks[Self.session(2)] = Self.marks
        #expect(Self.knows(1, watermarks))
        watermarks.forget(Self.session(1))
        #expect(!Self.knows(1, watermarks) && Self.knows(2, watermarks))
    }
}
