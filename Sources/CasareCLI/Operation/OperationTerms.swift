import CasareDomain
import CasareWire

/// How an operation is to be done, as its command's options say it.
struct OperationTerms: Sendable {
    var ratePerSecond: Double?
    var canary: Int?
    var stopOnErrorRate: Double?
    var undoWithinSeconds: Double?
    var reason: String?
    /// The command ends once the server has the operation.
    var detaches: Bool
    /// The command follows the operation for so long.
    var timeout: TimeSpan?
    /// The command stays until the jobs have ended too that were run again.
    var awaitsReplays = false
    var isDryRun: Bool
    /// `--yes`.
    var isConfirmed: Bool

    init(
        pace: PaceOptions, reason: String?, timeout: TimeSpan?, bulk: BulkOptions, caution: CautionOptions? = nil,
        undo: UndoOption? = nil
    ) {
        self.ratePerSecond = pace.rate?.perSecond
        self.canary = caution?.canary
        self.stopOnErrorRate = caution?.stopOnErrorRate?.share
        self.undoWithinSeconds = undo?.undoWithin?.seconds
        self.reason = reason
        self.detaches = pace.detach
        self.timeout = timeout
        self.isDryRun = bulk.dryRun
        self.isConfirmed = bulk.yes
    }

    /// Whether they ask for what only an operation does, also where things are named by their IDs.
    var needOperation: Bool {
        self.ratePerSecond != nil || self.canary != nil || self.stopOnErrorRate != nil
            || self.undoWithinSeconds != nil || self.detaches || self.timeout != nil
    }

    /// What is asked of the server; the members that only some verbs have are left to the caller.
    func request(_ verb: Operation.Verb, _ selection: BulkSelection) -> CreateOperationRequest {
        var request = CreateOperationRequest(
            verb: verb, selection: selection.selection, selectionName: selection.savedName)
        request.reason = self.reason
        request.ratePerSecond = self.ratePerSecond
        request.canary = self.canary
        request.stopOnErrorRate = self.stopOnErrorRate
        request.undoWithinSeconds = self.undoWithinSeconds
        return request
    }
}
