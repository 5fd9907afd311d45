import CasareDomain
import FoundationEssentials
import Testing

/// Where an item of a queue goes.
struct WorkItemStateTests {
    private static let start = Date(timeIntervalSince1970: 1_767_268_800)
    private static let applicationFailure = WorkItem.Failure(type: .application, message: "the site is down")
    private static let businessFailure = WorkItem.Failure(type: .business, message: "there is no such customer")

    private static func at(_ seconds: Double) -> Date { Self.start.addingTimeInterval(seconds) }

    /// - Parameter token: `nil`: nobody has it.
    private static func state(
        _ status: WorkItem.Status = .inProgress, retries: Int = 0, deadline: Date? = nil, postponeUntil: Date? = nil,
        token: Int64? = 7, maxRetries: Int = 2
    ) -> WorkItemState {
        let hold = token.map {
            WorkItem.Hold(token: $0, by: "ann", job: nil, robot: nil, since: Self.start, until: Self.at(300))
        }
        return WorkItemState(
            WorkItem(
                id: .new(at: Self.start), queue: "q", reference: "R-1", data: [:], output: nil, status: status,
                priority: .normal, retries: retries, deadline: deadline, postponeUntil: postponeUntil, failure: nil,
                hold: hold, createdAt: Self.start, createdBy: "ann", updatedAt: Self.start, finishedAt: nil),
            isReady: status.isWaiting && postponeUntil == nil, maxRetries: maxRetries, retryDelaySeconds: 60)
    }

    @Test func `an item that is done keeps what came of it`() throws {
        var state = Self.state()
        try state.completed(token: 7, output: ["sum": 3], at: Self.at(10))
        #expect(state.status == .completed && state.output == ["sum": 3] && state.finishedAt == Self.at(10))
        #expect(state.lookAt == nil && !state.isReady)
    }

    @Test func `an application failure is tried again until the retries are used up`() throws {
        var state = Self.state()
        try state.failed(Self.applicationFailure, token: 7, at: Self.start)
        #expect(state.status == .retry && state.retries == 1 && !state.isReady)
        #expect(state.postponeUntil == Self.at(60) && state.lookAt == Self.at(60))
        var last = Self.state(retries: 2)
        try last.failed(Self.applicationFailure, token: 7, at: Self.start)
        #expect(last.status == .failed && last.retries == 2 && last.failure == Self.applicationFailure)
        #expect(last.finishedAt == Self.start)
    }

    @Test func `a business failure ends the item at once`() throws {
        var state = Self.state()
        try state.failed(Self.businessFailure, token: 7, at: Self.start)
        #expect(state.status == .failed && state.retries == 0 && state.failure == Self.businessFailure)
    }

    @Test func `a token that is not the lease's changes nothing`() {
        for token in [6, 8] as [Int64] {
            var state = Self.state()
            let before = state
            #expect(throws: WorkItemState.Refusal.notHeld) {
                try state.completed(token: token, output: nil, at: Self.start)
            }
            #expect(throws: WorkItemState.Refusal.notHeld) {
                try state.failed(Self.businessFailure, token: token, at: Self.start)
            }
            #expect(throws: WorkItemState.Refusal.notHeld) {
                try state.postponed(until: Self.at(9), token: token, at: Self.start)
            }
            #expect(throws: WorkItemState.Refusal.notHeld) {
                try state.renewed(token: token, until: Self.at(9))
            }
            #expect(state == before)
        }
        for status in [WorkItem.Status.new, .retry, .completed, .failed, .abandoned, .deleted] {
            var state = Self.state(status)
            #expect(throws: WorkItemState.Refusal.notHeld) {
                try state.completed(token: 7, output: nil, at: Self.start)
            }
        }
    }

    @Test func `a person may speak for whoever has the item, but not about one that has ended`() throws {
        var state = Self.state()
        try state.completed(token: nil, output: nil, at: Self.start)
        #expect(state.status == .completed)
        #expect(throws: WorkItemState.Refusal.wrongStatus(.completed, action: "failed")) {
            try state.failed(Self.businessFailure, token: nil, at: Self.start)
        }
    }

    @Test(arguments: [299.0, 300.0])
    func `a lease that runs out counts as an application failure`(second: Double) {
        var state = Self.state()
        #expect(state.lookAt == Self.at(300))
        let isChanged = state.timePassed(at: Self.at(second))
        #expect(isChanged == (second == 300))
        #expect(state.status == (second == 300 ? .retry : .inProgress))
        #expect(state.retries == (second == 300 ? 1 : 0))
    }

    @Test func `an item whose performers never say anything is abandoned`() {
        var state = Self.state(retries: 2)
        let isChanged = state.timePassed(at: Self.at(300))
        #expect(isChanged)
        #expect(state.status == .abandoned && state.finishedAt == Self.at(300) && state.failure?.type == .application)
    }

    @Test(arguments: [59.0, 60.0])
    func `an item that waits is ready at its time`(second: Double) {
        var state = Self.state(.retry, retries: 1, postponeUntil: Self.at(60), token: nil)
        let isChanged = state.timePassed(at: Self.at(second))
        #expect(isChanged == (second == 60))
        #expect(state.isReady == (second == 60))
    }

    @Test(arguments: [99.0, 100.0])
    func `an item that nobody has taken by its deadline fails`(second: Double) {
        for postponeUntil in [nil, Self.at(60)] as [Date?] {
            var state = Self.state(.new, deadline: Self.at(100), postponeUntil: postponeUntil, token: nil)
            #expect(state.lookAt == (postponeUntil ?? Self.at(100)))
            _ = state.timePassed(at: Self.at(second))
            #expect(state.status == (second == 100 ? .failed : .new))
            #expect(state.failure?.type == (second == 100 ? .business : nil))
        }
        var taken = Self.state(deadline: Self.at(100))
        let isLate = taken.timePassed(at: Self.at(200))
        #expect(!isLate, "whoever has it may go on")
    }

    @Test func `an item that is given back waits, and no longer than to its deadline`() throws {
        var state = Self.state(deadline: Self.at(100))
        #expect(throws: WorkItemState.Refusal.beyondDeadline(Self.at(100))) {
            try state.postponed(until: Self.at(100), token: 7, at: Self.start)
        }
        try state.postponed(until: Self.at(99), token: 7, at: Self.start)
        #expect(state.status == .new && state.retries == 0 && state.postponeUntil == Self.at(99) && !state.isReady)
        var past = Self.state(retries: 1)
        try past.postponed(until: Self.at(-1), token: 7, at: Self.start)
        #expect(past.status == .retry && past.isReady && past.postponeUntil == nil)
    }

    @Test func `what has failed is tried again by a person's word, with its retries counted anew`() throws {
        for status in [WorkItem.Status.failed, .abandoned] {
            var state = Self.state(status, retries: 2, deadline: Self.at(-1))
            try state.retried(at: Self.start)
            #expect(state.status == .new && state.retries == 0 && state.isReady && state.finishedAt == nil)
            #expect(state.deadline == nil, "nobody could take it otherwise")
        }
        for status in [WorkItem.Status.new, .inProgress, .completed, .retry, .deleted] {
            var state = Self.state(status)
            #expect(throws: WorkItemState.Refusal.wrongStatus(status, action: "retried")) {
                try state.retried(at: Self.start)
            }
        }
    }

    @Test func `only an item that somebody works on cannot be deleted`() throws {
        for status in WorkItem.Status.allCases where status != .inProgress {
            var state = Self.state(status)
            try state.deleted(at: Self.start)
            #expect(state.status == .deleted && !state.isReady && state.lookAt == nil)
        }
        var state = Self.state()
        #expect(throws: WorkItemState.Refusal.self) { try state.deleted(at: Self.start) }
    }

    @Test func `a lease is renewed, and the item taken by somebody else has another token`() throws {
        var state = Self.state()
        try state.renewed(token: 7, until: Self.at(900))
        #expect(state.lookAt == Self.at(900) && state.hold?.token == 7)
        let hasRunOut = state.timePassed(at: Self.at(900))
        let hasWaited = state.timePassed(at: Self.at(960))
        #expect(hasRunOut && hasWaited && state.isReady)
        state.taken(
            WorkItem.Hold(token: 8, by: "bob", job: nil, robot: nil, since: Self.at(960), until: Self.at(970)))
        #expect(throws: WorkItemState.Refusal.notHeld) {
            try state.completed(token: 7, output: nil, at: Self.at(961))
        }
        try state.completed(token: 8, output: nil, at: Self.at(961))
    }
}
