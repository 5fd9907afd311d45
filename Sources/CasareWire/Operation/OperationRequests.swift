public import CasareDomain
import FoundationEssentials

/// `POST /api/v1/operations/preview` and `POST /api/v1/operations`.
public struct CreateOperationRequest: Hashable, Sendable {
    public var verb: Operation.Verb
    public var selection: Operation.Selection?
    /// A saved selection, as it matches now. Excludes `selection`.
    public var selectionName: String?
    /// Kept with what was done.
    public var reason: String?
    /// Items per second at the most; `nil`: as fast as it goes.
    public var ratePerSecond: Double?
    /// So many jobs run again first, and must complete before the others do.
    public var canary: Int?
    /// It stops when more than this share of what was tried failed, 0 to 1.
    public var stopOnErrorRate: Double?
    /// For how long it can be undone, from its last item on: 1 to 86400. For cancel, purge and pause.
    public var undoWithinSeconds: Double?
    /// The new one, for the verb priority.
    public var priority: Priority?
    /// Nothing is left to do about the dead letters, for the verb acknowledge.
    public var resolve: Bool
    /// Set in the variables of each job that runs again, after `patch`; the others stay as they are.
    public var variables: Object?
    /// Applied to the variables of each job that runs again.
    public var patch: JSONPatch?
    /// Where a job that runs again begins; `nil`: at its start.
    public var from: Job.ResumePoint?
    /// Which version of its workflow it has; `nil`: the same.
    public var version: Job.VersionChoice?
    /// What the preview said. Refused with `SELECTION_CHANGED` where the selection is another one by now.
    public var expect: SelectionMark?
    /// Do not wait for a second person, where the tenant wants two; needs a reason.
    public var breakGlass: Bool

    public init(
        verb: Operation.Verb, selection: Operation.Selection? = nil, selectionName: String? = nil,
        reason: String? = nil, ratePerSecond: Double? = nil, canary: Int? = nil, stopOnErrorRate: Double? = nil,
        undoWithinSeconds: Double? = nil, priority: Priority? = nil, resolve: Bool = false,
        variables: Object? = nil, patch: JSONPatch? = nil, from: Job.ResumePoint? = nil,
        version: Job.VersionChoice? = nil, expect: SelectionMark? = nil, breakGlass: Bool = false
    ) {
        self.verb = verb
        self.selection = selection
        self.selectionName = selectionName
        self.reason = reason
        self.ratePerSecond = ratePerSecond
        self.canary = canary
        self.stopOnErrorRate = stopOnErrorRate
        self.undoWithinSeconds = undoWithinSeconds
        self.priority = priority
        self.resolve = resolve
        self.variables = variables
        self.patch = patch
        self.from = from
        self.version = version
        self.expect = expect
        self.breakGlass = breakGlass
    }

    /// What it asks for, beside the selection.
    public var plan: Operation.Plan {
        Operation.Plan(
            verb: self.verb, reason: self.reason, ratePerSecond: self.ratePerSecond, canary: self.canary,
            stopOnErrorRate: self.stopOnErrorRate, undoWithin: self.undoWithinSeconds.map { .seconds($0) },
            priority: self.priority, resolves: self.resolve,
            changes: Job.RerunChoices(
                patch: self.patch, set: self.variables ?? [:], from: self.from ?? .start,
                version: self.version ?? .same))
    }
}

extension CreateOperationRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case verb, selection, selectionName, reason, ratePerSecond, canary, stopOnErrorRate, undoWithinSeconds, priority
        case resolve, variables, patch, from, version, expect, breakGlass
    }

    /// Refuses what no operation can be, naming the member at fault; whether verb and selection fit is checked where
    /// the selection is known.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            verb: try container.decode(Operation.Verb.self, forKey: .verb),
            selection: try container.decodeIfPresent(Operation.Selection.self, forKey: .selection),
            selectionName: try container.decodeIfPresent(String.self, forKey: .selectionName),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            ratePerSecond: try container.decodeIfPresent(Double.self, forKey: .ratePerSecond),
            canary: try container.decodeIfPresent(Int.self, forKey: .canary),
            stopOnErrorRate: try container.decodeIfPresent(Double.self, forKey: .stopOnErrorRate),
            undoWithinSeconds: try container.decodeIfPresent(Double.self, forKey: .undoWithinSeconds),
            priority: try container.decodeIfPresent(Priority.self, forKey: .priority),
            resolve: try container.decodeIfPresent(Bool.self, forKey: .resolve) ?? false,
            variables: try container.decodeIfPresent(Object.self, forKey: .variables),
            patch: try container.decodeIfPresent(JSONPatch.self, forKey: .patch),
            from: try container.decodeIfPresent(Job.ResumePoint.self, forKey: .from),
            version: try container.decodeIfPresent(Job.VersionChoice.self, forKey: .version),
            expect: try container.decodeIfPresent(SelectionMark.self, forKey: .expect),
            breakGlass: try container.decodeIfPresent(Bool.self, forKey: .breakGlass) ?? false)
        let path = decoder.codingPath
        guard self.selection == nil || self.selectionName == nil else {
            throw WireDecodingError(path + [CodingKeys.selectionName], "give it or a selection, not both")
        }
        guard self.selection != nil || self.selectionName != nil else {
            throw WireDecodingError(
                path + [CodingKeys.selection],
                "select something: say which jobs or dead letters, or give the selection_name of a saved selection")
        }
        if let name = self.selectionName { try SelectionInfo.check(name, path + [CodingKeys.selectionName]) }
        try NumberBounds.check(seconds: self.undoWithinSeconds, in: 1...86_400, path + [CodingKeys.undoWithinSeconds])
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
    }

    /// What is not asked for is left out: repeats of a request are known by its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.verb, forKey: .verb)
        if let selection { try container.encode(selection, forKey: .selection) }
        if let selectionName { try container.encode(selectionName, forKey: .selectionName) }
        if let reason { try container.encode(reason, forKey: .reason) }
        if let ratePerSecond { try container.encode(ratePerSecond, forKey: .ratePerSecond) }
        if let canary { try container.encode(canary, forKey: .canary) }
        if let stopOnErrorRate { try container.encode(stopOnErrorRate, forKey: .stopOnErrorRate) }
        if let undoWithinSeconds { try container.encode(undoWithinSeconds, forKey: .undoWithinSeconds) }
        if let priority { try container.encode(priority, forKey: .priority) }
        if self.resolve { try container.encode(true, forKey: .resolve) }
        if let variables { try container.encode(variables, forKey: .variables) }
        if let patch { try container.encode(patch, forKey: .patch) }
        if let from { try container.encode(from, forKey: .from) }
        if let version { try container.encode(version, forKey: .version) }
        if let expect { try container.encode(expect, forKey: .expect) }
        if self.breakGlass { try container.encode(true, forKey: .breakGlass) }
    }
}

/// By which a selection is known again.
public struct SelectionMark: Hashable, Sendable, Codable {
    public let count: Int
    /// 32 hex digits, of all the jobs' IDs in whatever order.
    public let hash: String

    public init(count: Int, hash: String) {
        self.count = count
        self.hash = hash
    }

    public init(_ mark: Operation.Mark) { self.init(count: mark.count, hash: mark.hash) }
}

/// `POST /api/v1/operations/{id}/pause`, `resume`, `cancel` and `undo`.
public struct SteerOperationRequest: ReasonRequest {
    /// Kept with what was done.
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}

/// `PUT /api/v1/selections/{name}`.
public struct SaveSelectionRequest: Hashable, Sendable, Codable {
    /// Of dead letters or of jobs by what is true of them; not by IDs.
    public var selection: Operation.Selection

    public init(selection: Operation.Selection) { self.selection = selection }
}
