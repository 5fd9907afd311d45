public import CasareDomain

/// How `PATCH /api/v1/schedules/{name}` changes a spec: a JSON Merge Patch (RFC 7396), in which another way to say when
/// it fires takes the place of the one there was.
public enum ScheduleSpecPatch {
    /// - Parameters:
    ///   - patch: members that are null go, objects are merged, and others take the place of what was there.
    ///   - spec: as JSON.
    public static func applying(_ patch: Object, to spec: Object) -> Object {
        var spec = spec
        let timings = ScheduleSpec.Timing.Kind.allCases.map(\.rawValue)
        let given = timings.filter { patch[$0].map { !$0.isNull } ?? false }
        if given.count == 1 {
            for name in timings where name != given[0] { spec[name] = nil }
        }
        return self.merge(patch, into: spec)
    }

    private static func merge(_ patch: Object, into object: Object) -> Object {
        var merged = object
        for (name, value) in patch {
            switch value {
            case .null: merged[name] = nil
            case .object(let members): merged[name] = .object(self.merge(members, into: object[name]?.object ?? [:]))
            case .bool, .int, .double, .string, .list: merged[name] = value
            }
        }
        return merged
    }
}

extension ScheduleSpec {
    /// The members that a spec may have.
    public static let shape = RequestShape(of: ScheduleSpec.self)

    /// Reads a spec as strictly as a request's body is read.
    ///
    /// - Throws: for the first member that is not known, cannot be read, or is not allowed.
    public init(json members: Object) throws(WireDecodingError) {
        try Self.shape.check(.object(members))
        self = try ValueDecoder.decode(ScheduleSpec.self, from: .object(members))
    }

    /// The same with what a patch changes.
    ///
    /// - Throws: as `init(json:)`.
    public func changed(by patch: Object) throws(WireDecodingError) -> ScheduleSpec {
        // Nothing in a spec can fail to be encoded.
        let members = (try? ValueEncoder.encode(self))?.object ?? [:]
        return try ScheduleSpec(json: ScheduleSpecPatch.applying(patch, to: members))
    }
}

extension WireDecodingError {
    /// What is wrong with a spec, in a request that has it as `spec`.
    public init(_ invalid: ScheduleSpec.Invalid) {
        self.init(path: invalid.member.isEmpty ? "spec" : "spec.\(invalid.member)", message: invalid.reason)
    }

    /// The same as one in a member of a request.
    public func within(_ member: String) -> WireDecodingError {
        WireDecodingError(
            path: self.path.isEmpty ? member : "\(member).\(self.path)", message: self.message, kind: self.kind)
    }
}
