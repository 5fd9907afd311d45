import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// How a command ends that followed an operation.
struct OperationEndTests {
    private static func status(
        _ operation: OperationInfo, naming: Bool = false, awaitsReplays: Bool = false
    ) -> ExitReason? {
        do throws(CommandFailure) {
            try operation.check(naming: naming, awaitsReplays: awaitsReplays)
            return nil
        } catch {
            return error.status
        }
    }

    @Test(
        arguments: [
            (.completed, nil), (.holding, nil), (.stopped, .partOfBulkFailed), (.cancelled, .partOfBulkFailed),
            (.undone, .partOfBulkFailed),
        ] as [(Operation.Status, ExitReason?)])
    func `only what has come to its own end is a success`(status: Operation.Status, exit: ExitReason?) {
        #expect(Self.status(.sample(.cancel, status, count: 2, .init(done: 2, succeeded: 2))) == exit)
    }

    @Test func `one item that failed makes it 7`() {
        let failed = OperationInfo.sample(.cancel, .completed, count: 2, .init(done: 2, succeeded: 1, failed: 1))
        #expect(Self.status(failed) == .partOfBulkFailed)
        let failure = #expect(throws: CommandFailure.self) { try failed.check(naming: false) }
        #expect(
            failure?.message
                == "1 of 2 failed; casarectl op items \(OperationInfo.sampleID) --state failed lists them")
    }

    @Test func `an item that is as wanted already is no failure, unless a person named it`() {
        let skipped = OperationInfo.sample(.cancel, .completed, count: 2, .init(done: 2, succeeded: 1, skipped: 1))
        #expect(Self.status(skipped) == nil)
        #expect(Self.status(skipped, naming: true) == .partOfBulkFailed)
    }

    @Test func `a new job that ended badly makes it 9, where the new jobs were waited for`() {
        let replayed = OperationInfo.sample(
            .replay, .completed, count: 2, .init(done: 2, succeeded: 2, replaysEnded: 2, replaysCompleted: 1))
        #expect(Self.status(replayed) == nil)
        #expect(Self.status(replayed, awaitsReplays: true) == .jobEndedBadly)
    }

    @Test func `one that was stopped says why, and what goes on with it`() {
        let stopped = OperationInfo.sample(
            .replay, .stopped, count: 10, .init(done: 3, succeeded: 3), statusReason: "canary: job 1 failed: refused")
        let failure = #expect(throws: CommandFailure.self) { try stopped.check(naming: false) }
        #expect(failure?.message.contains("after 3 of 10: canary: job 1 failed: refused; ") == true)
        #expect(failure?.message.contains("casarectl op resume \(OperationInfo.sampleID)") == true)
    }

    @Test func `a sheet says what it is, how far it is, and what comes next`() throws {
        let held = OperationInfo.sample(
            .cancel, .holding, count: 2, .init(done: 2, succeeded: 1, skipped: 1), plan: { $0.ratePerSecond = 0.1 },
            undoUntil: Date(timeIntervalSince1970: 600), selectionName: "stuck",
            selection: .jobs(JobSelection(statuses: [.pending], workflow: "invoices")))
        let context = RenderContext(width: nil, usesColour: false, now: Date(timeIntervalSince1970: 0))
        let text = try OutputOptions.parse([]).render(try held.presentation(), in: context)
        #expect(text.contains("selected") && text.contains("selection stuck, jobs: pending, of workflow invoices"))
        #expect(text.contains("cancel 2 jobs") && text.contains("2 of 2: 1 skipped"), "\(text)")
        #expect(text.contains("1 every 10 s") && text.contains("casarectl op undo"), "\(text)")
        let many = OperationInfo.sample(
            .cancel, count: 5000, selection: .ids([Job.ID("01890000-0000-7000-8000-000000000001")!]))
        #expect(many.selected == "5000 jobs by ID")
    }
}
