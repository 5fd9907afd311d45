import CasareDomain
import FoundationEssentials
import Testing

struct OperationStateTests {
    private static let start = Date(timeIntervalSince1970: 1_767_268_800)

    private static func at(_ seconds: Double) -> Date { self.start.addingTimeInterval(seconds) }

    private static func state(
        _ verb: Operation.Verb = .replay, count: Int = 100, _ change: (inout Operation.Plan) -> Void = { _ in }
    ) -> OperationState {
        var plan = Operation.Plan(verb: verb)
        change(&plan)
        return OperationState(plan: plan, count: count)
    }

    /// Does what the state asks for, as if all of it went well.
    @discardableResult
    private static func perform(
        _ state: inout OperationState, succeeded: Int, failed: Int = 0, skipped: Int = 0, error: String? = nil,
        at now: Date
    ) -> Operation.Status {
        var pass = OperationState.Pass.act
        if case .passing(let current) = state.phase { pass = current }
        state.batchDone(
            .init(pass: pass, succeeded: succeeded, failed: failed, skipped: skipped, firstError: error),
            upTo: state.position + succeeded + failed + skipped, at: now)
        return state.status
    }

    // MARK: - Its course

    @Test func `all items are asked for, and the last one completes it`() {
        var state = Self.state(.acknowledge, count: 3)
        #expect(state.next(at: Self.at(0)) == .work(.act, itemsMax: 3))
        #expect(state.startedAt == Self.at(0))
        Self.perform(&state, succeeded: 1, skipped: 1, at: Self.at(1))
        #expect(state.status == .running && state.next(at: Self.at(1)) == .work(.act, itemsMax: 1))
        Self.perform(&state, succeeded: 0, failed: 1, error: "no", at: Self.at(2))
        #expect(state.status == .completed && state.finishedAt == Self.at(2))
        #expect(state.progress == .init(done: 3, succeeded: 1, failed: 1, skipped: 1))
        #expect(state.next(at: Self.at(3)) == .rest)
    }

    @Test func `new jobs are counted after its end, and not for ever`() {
        var state = Self.state(count: 2)
        _ = state.next(at: Self.at(0))
        Self.perform(&state, succeeded: 2, at: Self.at(0))
        #expect(state.status == .completed && state.openReplays == 2)
        #expect(state.next(at: Self.at(86_399)) == .settle)
        #expect(state.next(at: Self.at(86_400)) == .rest)
        state.replaysEnded(completed: 1, failed: 1, firstFailure: "job x failed")
        #expect(state.openReplays == 0 && state.next(at: Self.at(10)) == .rest)
        #expect(state.status == .completed, "what has ended is not stopped")
    }

    // MARK: - Rate

    @Test func `a rate spaces the items from the first one on`() {
        var state = Self.state { $0.ratePerSecond = 10 }
        #expect(state.next(at: Self.at(0)) == .work(.act, itemsMax: 1))
        Self.perform(&state, succeeded: 1, at: Self.at(0))
        #expect(state.next(at: Self.at(0)) == .wait(until: Self.at(0.1)))
        #expect(state.next(at: Self.at(0.0999)) == .wait(until: Self.at(0.1)))
        #expect(state.next(at: Self.at(0.1001)) == .work(.act, itemsMax: 1))
        #expect(state.next(at: Self.at(0.5001)) == .work(.act, itemsMax: 5))
    }

    @Test func `a second of a rate is caught up on, and no more`() {
        var state = Self.state { $0.ratePerSecond = 10 }
        _ = state.next(at: Self.at(0))
        Self.perform(&state, succeeded: 1, at: Self.at(0))
        #expect(state.next(at: Self.at(1000)) == .work(.act, itemsMax: 11))
        Self.perform(&state, succeeded: 11, at: Self.at(1000))
        #expect(state.next(at: Self.at(1000)) == .wait(until: Self.at(1000.1)))
    }

    @Test(arguments: [0.5, 7, 10, 50, 10_000])
    func `in no time more items are done than the rate and its burst allow`(rate: Double) {
        var state = Self.state(.acknowledge, count: 1_000_000) { $0.ratePerSecond = rate }
        var done = 0
        for tick in 0..<200 {
            let now = Self.at(Double(tick) * 0.25)
            if case .work(_, let items) = state.next(at: now) {
                done += items
                Self.perform(&state, succeeded: items, at: now)
            }
            #expect(Double(done) <= rate * Double(tick) * 0.25 + 1.001)
        }
        #expect(Double(done) > rate * 199 * 0.25 - 1)
    }

    @Test func `what it was paused for is not caught up on`() throws {
        var state = Self.state { $0.ratePerSecond = 10 }
        _ = state.next(at: Self.at(0))
        Self.perform(&state, succeeded: 1, at: Self.at(0))
        #expect(try state.pauseAsked(by: "ann", reason: "lunch"))
        #expect(state.status == .paused && state.reason == "lunch" && state.by == "ann")
        #expect(try !state.pauseAsked(by: "bob", reason: nil), "it is paused already")
        #expect(try state.resumeAsked())
        #expect(state.next(at: Self.at(60)) == .work(.act, itemsMax: 1))
        #expect(try !state.resumeAsked())
    }

    // MARK: - Canary

    @Test func `nothing follows the canary before all of it has completed`() {
        var state = Self.state { $0.canary = 3 }
        #expect(state.next(at: Self.at(0)) == .work(.act, itemsMax: 3))
        Self.perform(&state, succeeded: 3, at: Self.at(0))
        #expect(state.next(at: Self.at(1)) == .settle)
        state.replaysEnded(completed: 2, failed: 0, firstFailure: nil)
        #expect(!state.isCanaryPassed && state.next(at: Self.at(2)) == .settle)
        state.replaysEnded(completed: 1, failed: 0, firstFailure: nil)
        #expect(state.isCanaryPassed && state.next(at: Self.at(3)) == .work(.act, itemsMax: 97))
    }

    @Test func `items that are skipped are no canary`() {
        var state = Self.state { $0.canary = 3 }
        _ = state.next(at: Self.at(0))
        Self.perform(&state, succeeded: 1, skipped: 2, at: Self.at(0))
        #expect(state.next(at: Self.at(1)) == .work(.act, itemsMax: 2))
    }

    @Test func `a canary that fails stops it, and says why`() throws {
        var state = Self.state { $0.canary = 2 }
        _ = state.next(at: Self.at(0))
        Self.perform(&state, succeeded: 2, at: Self.at(0))
        state.replaysEnded(completed: 1, failed: 1, firstFailure: "job x failed: refused")
        #expect(state.status == .stopped && state.reason == "canary: job x failed: refused" && state.by == nil)
        #expect(state.next(at: Self.at(1)) == .rest)
        #expect(try state.resumeAsked(), "a person may go on all the same")
        #expect(state.next(at: Self.at(2)) == .work(.act, itemsMax: 98))
    }

    @Test func `a canary that cannot even be submitted stops it`() {
        var state = Self.state { $0.canary = 2 }
        _ = state.next(at: Self.at(0))
        #expect(Self.perform(&state, succeeded: 1, failed: 1, error: "no such step", at: Self.at(0)) == .stopped)
        #expect(state.reason == "canary: no such step")
    }

    @Test func `a canary of all that there is ends with it`() {
        var state = Self.state(count: 2) { $0.canary = 2 }
        _ = state.next(at: Self.at(0))
        #expect(Self.perform(&state, succeeded: 2, at: Self.at(0)) == .completed)
    }

    // MARK: - Error rate

    @Test func `the error rate counts from twenty on, and stops beyond its limit`() {
        var state = Self.state(count: 1000) { $0.stopOnErrorRate = 0.05 }
        #expect(state.next(at: Self.at(0)) == .work(.act, itemsMax: 20), "few are under way at first")
        Self.perform(&state, succeeded: 20, at: Self.at(0))
        #expect(state.next(at: Self.at(0)) == .settle)
        state.replaysEnded(completed: 17, failed: 2, firstFailure: nil)
        #expect(state.status == .running, "19 say nothing")
        state.replaysEnded(completed: 1, failed: 0, firstFailure: nil)
        #expect(state.status == .stopped)
        #expect(state.reason == "error rate: 2 of 20 failed, which is more than 5 %")
    }

    @Test func `an error rate at its limit goes on`() {
        var state = Self.state(count: 1000) { $0.stopOnErrorRate = 0.05 }
        _ = state.next(at: Self.at(0))
        Self.perform(&state, succeeded: 20, at: Self.at(0))
        state.replaysEnded(completed: 19, failed: 1, firstFailure: nil)
        #expect(state.status == .running)
        let next = state.next(at: Self.at(1))
        #expect(next == .work(.act, itemsMax: 60), "with each that has ended more may be under way")
    }

    @Test func `items that are refused count for the error rate`() {
        var state = Self.state(count: 1000) { $0.stopOnErrorRate = 0 }
        _ = state.next(at: Self.at(0))
        Self.perform(&state, succeeded: 0, failed: 19, error: "no", at: Self.at(0))
        #expect(state.status == .running)
        Self.perform(&state, succeeded: 0, failed: 1, error: "no", at: Self.at(0))
        #expect(state.status == .stopped)
    }

    @Test func `after a person resumed it the error rate counts anew`() throws {
        var state = Self.state(count: 1000) { $0.stopOnErrorRate = 0.5 }
        Self.perform(&state, succeeded: 0, failed: 20, error: "no", at: Self.at(0))
        #expect(state.status == .stopped)
        #expect(try state.resumeAsked())
        Self.perform(&state, succeeded: 0, failed: 19, error: "no", at: Self.at(1))
        #expect(state.status == .running)
        Self.perform(&state, succeeded: 0, failed: 1, error: "no", at: Self.at(1))
        #expect(state.status == .stopped)
    }

    // MARK: - Undoing

    @Test func `a cancellation with a time to undo holds its jobs first and cancels them when that is over`() {
        var state = Self.state(.cancel, count: 3) { $0.undoWithin = .seconds(600) }
        _ = state.next(at: Self.at(0))
        #expect(Self.perform(&state, succeeded: 2, skipped: 1, at: Self.at(10)) == .holding)
        #expect(state.undoUntil == Self.at(610) && state.next(at: Self.at(11)) == .wait(until: Self.at(610)))
        #expect(state.next(at: Self.at(609.999)) == .wait(until: Self.at(610)))
        #expect(state.next(at: Self.at(610)) == .work(.release, itemsMax: 3) && state.status == .running)
        state.batchDone(.init(pass: .release, succeeded: 1, skipped: 1), upTo: 3, at: Self.at(611))
        #expect(state.status == .completed && state.undoUntil == nil)
        #expect(state.progress == .init(done: 3, succeeded: 1, failed: 0, skipped: 2))
    }

    @Test func `a held cancellation is undone until its time is over`() throws {
        var state = Self.state(.cancel, count: 3) { $0.undoWithin = .seconds(600) }
        Self.perform(&state, succeeded: 3, at: Self.at(0))
        var late = state
        #expect(throws: OperationState.Refusal.self) { try late.undoAsked(by: "ann", reason: nil, at: Self.at(600)) }
        #expect(try state.undoAsked(by: "ann", reason: "wrong ones", at: Self.at(599)))
        #expect(state.status == .undoing && state.next(at: Self.at(599)) == .work(.undo, itemsMax: 3))
        state.batchDone(.init(pass: .undo, succeeded: 3), upTo: 3, at: Self.at(600))
        #expect(state.status == .undone && state.progress.undone == 3 && state.by == "ann")
        #expect(try !state.undoAsked(by: "bob", reason: nil, at: Self.at(601)), "it is undone already")
    }

    @Test func `a purge is undone while it goes on, and for so long after its end`() throws {
        var state = Self.state(.purge, count: 4) { $0.undoWithin = .seconds(60) }
        Self.perform(&state, succeeded: 2, at: Self.at(0))
        var early = state
        #expect(try early.undoAsked(by: "ann", reason: nil, at: Self.at(1)))
        #expect(early.next(at: Self.at(1)) == .work(.undo, itemsMax: 2), "what was not tried is not undone")
        Self.perform(&state, succeeded: 2, at: Self.at(100))
        #expect(state.status == .completed && state.undoUntil == Self.at(160))
        var late = state
        #expect(throws: OperationState.Refusal.self) { try late.undoAsked(by: "ann", reason: nil, at: Self.at(160)) }
        #expect(try state.undoAsked(by: "ann", reason: nil, at: Self.at(159.9)))
    }

    @Test func `without a time to undo nothing is undone`() {
        for verb in Operation.Verb.allCases {
            var state = Self.state(verb)
            #expect(throws: OperationState.Refusal.self) { try state.undoAsked(by: "ann", reason: nil, at: Self.at(0)) }
        }
    }

    // MARK: - Ending it

    @Test func `one that is cancelled keeps what it has done`() throws {
        var state = Self.state()
        Self.perform(&state, succeeded: 5, at: Self.at(0))
        #expect(try state.cancelAsked(by: "ann", reason: "enough", at: Self.at(1)))
        #expect(state.status == .cancelled && state.progress.done == 5 && state.reason == "enough")
        #expect(try !state.cancelAsked(by: "ann", reason: nil, at: Self.at(2)))
        #expect(throws: OperationState.Refusal.self) { try state.resumeAsked() }
        #expect(throws: OperationState.Refusal.self) { try state.pauseAsked(by: "ann", reason: nil) }
    }

    @Test func `to cancel a cancellation that only holds its jobs lets them go on`() throws {
        var state = Self.state(.cancel, count: 3) { $0.undoWithin = .seconds(600) }
        Self.perform(&state, succeeded: 3, at: Self.at(0))
        #expect(try state.cancelAsked(by: "ann", reason: nil, at: Self.at(1)))
        #expect(state.status == .undoing)
    }

    @Test func `a held cancellation that is paused waits beyond its time`() throws {
        var state = Self.state(.cancel, count: 1) { $0.undoWithin = .seconds(60) }
        Self.perform(&state, succeeded: 1, at: Self.at(0))
        #expect(try state.pauseAsked(by: "ann", reason: nil))
        #expect(state.next(at: Self.at(1000)) == .rest)
        #expect(try state.resumeAsked())
        #expect(state.next(at: Self.at(1000)) == .work(.release, itemsMax: 1))
    }
}
