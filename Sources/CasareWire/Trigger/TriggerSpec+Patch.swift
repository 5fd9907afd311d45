public import CasareDomain

extension TriggerSpec {
    /// The members that a spec may have.
    public static let shape = RequestShape(of: TriggerSpec.self)

    /// Reads a spec as strictly as a request's body is read.
    ///
    /// - Throws: for the first member that is not known, cannot be read, or is not allowed.
    public init(json members: Object) throws(WireDecodingError) {
        try Self.shape.check(.object(members))
        self = try ValueDecoder.decode(TriggerSpec.self, from: .object(members))
    }

    /// As it is written.
    public var json: Object {
        // Nothing in a spec can fail to be encoded.
        (try? ValueEncoder.encode(self))?.object ?? [:]
    }

    /// The same with what a patch changes (RFC 7396): members that are null go, objects are merged, and others take the
    /// place of what was there.
    ///
    /// - Throws: as `init(json:)`.
    public func changed(by patch: Object) throws(WireDecodingError) -> TriggerSpec {
        try TriggerSpec(json: Self.merged(patch, into: self.json))
    }

    /// A JSON Merge Patch, applied.
    public static func merged(_ patch: Object, into object: Object) -> Object {
        var merged = object
        for (name, value) in patch {
            switch value {
            case .null: merged[name] = nil
            case .object(let members): merged[name] = .object(self.merged(members, into: object[name]?.object ?? [:]))
            case .bool, .int, .double, .string, .list: merged[name] = value
            }
        }
        return merged
    }
}
