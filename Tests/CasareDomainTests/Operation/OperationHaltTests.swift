import CasareDomain
import FoundationEssentials
import Testing

/// An operation that stands still, by a person or by itself, and what becomes of it then.
struct OperationHaltTests {
    private static let start = Date(timeIntervalSince1970: 1_767_268_800)

    /// One whose first two jobs have been submitted.
    private static func withCanary() -> OperationState {
        var state = OperationState(plan: Operation.Plan(verb: .replay, canary: 2), count: 10)
        _ = state.next(at: Self.start)
        state.batchDone(.init(pass: .act, succeeded: 2), upTo: 2, at: Self.start)
        return state
    }

    @Test func `a canary that fails while it is paused stops it when it is resumed`() throws {
        var state = Self.withCanary()
        #expect(try state.pauseAsked(by: "ann", reason: "lunch"))
        #expect(state.next(at: Self.start) == .settle)
        state.replaysEnded(completed: 1, failed: 1, firstFailure: "job x failed")
        #expect(state.status == .paused && state.reason == "lunch")
        #expect(try state.resumeAsked())
        #expect(state.status == .stopped && state.by == nil)
        #expect(state.reason == "canary: 1 of the first 2 jobs did not complete")
        #expect(try state.resumeAsked(), "who has seen that may go on")
        #expect(state.next(at: Self.start) == .work(.act, itemsMax: 8))
    }

    @Test func `a canary that completes while it is paused has passed when it is resumed`() throws {
        var state = Self.withCanary()
        #expect(try state.pauseAsked(by: "ann", reason: nil))
        state.replaysEnded(completed: 2, failed: 0, firstFailure: nil)
        #expect(try state.resumeAsked())
        #expect(state.isCanaryPassed && state.next(at: Self.start) == .work(.act, itemsMax: 8))
    }

    @Test func `a canary that has not ended is waited for after a pause`() throws {
        var state = Self.withCanary()
        state.replaysEnded(completed: 1, failed: 0, firstFailure: nil)
        #expect(try state.pauseAsked(by: "ann", reason: nil))
        #expect(try state.resumeAsked())
        #expect(state.status == .running && state.next(at: Self.start) == .settle)
        state.replaysEnded(completed: 0, failed: 1, firstFailure: "job y failed")
        #expect(state.status == .stopped && state.reason == "canary: job y failed")
    }

    @Test func `an error rate that is passed while it is paused stops it when it is resumed`() throws {
        var state = OperationState(plan: Operation.Plan(verb: .replay, stopOnErrorRate: 0.1), count: 100)
        _ = state.next(at: Self.start)
        state.batchDone(.init(pass: .act, succeeded: 20), upTo: 20, at: Self.start)
        #expect(try state.pauseAsked(by: "ann", reason: nil))
        state.replaysEnded(completed: 17, failed: 3, firstFailure: nil)
        #expect(state.status == .paused)
        #expect(try state.resumeAsked())
        #expect(state.status == .stopped)
        #expect(state.reason == "error rate: 3 of 20 failed, which is more than 10 %")
    }

    @Test func `one that is stopped stays so when somebody pauses it`() throws {
        var state = Self.withCanary()
        state.replaysEnded(completed: 1, failed: 1, firstFailure: "job x failed")
        let stopped = state
        #expect(try !state.pauseAsked(by: "ann", reason: "lunch"))
        #expect(state == stopped && state.status == .stopped && state.reason == "canary: job x failed")
        #expect(try state.resumeAsked())
        #expect(state.isCanaryPassed && state.next(at: Self.start) == .work(.act, itemsMax: 8))
    }
}
