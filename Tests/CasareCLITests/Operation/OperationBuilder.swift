import CasareDomain
import CasareWire
import FoundationEssentials

extension OperationInfo {
    static let sampleID = Operation.ID("01890000-0000-7000-8000-00000000000a")!

    /// One as a server would show it.
    static func sample(
        _ verb: Operation.Verb = .replay, _ status: Operation.Status = .running, count: Int = 2000,
        _ progress: Operation.Progress = .init(), plan: (inout Operation.Plan) -> Void = { _ in },
        statusReason: String? = nil, statusBy: String? = nil, undoUntil: Date? = nil, selectionName: String? = nil,
        selection: Operation.Selection = .deadLetters(DeadLetterFilter(statuses: [.open], workflow: "invoices"))
    ) -> OperationInfo {
        var made = Operation.Plan(verb: verb)
        plan(&made)
        return OperationInfo(
            Operation(
                id: self.sampleID, plan: made, selection: [:], selectionName: selectionName,
                mark: Operation.Mark(count: count, hash: "00ff"), status: status, progress: progress,
                createdAt: Date(timeIntervalSince1970: 0), createdBy: "ann", startedAt: nil, finishedAt: nil,
                statusReason: statusReason, statusBy: statusBy, undoUntil: undoUntil, revision: 1),
            selection: selection)
    }
}
