/// A key that an object in JSON text has more than once. The last of its values counts.
public struct JSONDuplicateKey: Hashable, Sendable {
    /// The keys from the outermost object down to this one; lists on the way are passed through.
    public let path: [String]
    /// Where it comes again, counted from 1.
    public let line: Int

    public init(path: [String], line: Int) {
        self.path = path
        self.line = line
    }
}

extension Value {
    /// How many duplicate keys are told of one by one.
    public static let jsonDuplicateKeysMax = 100

    /// Reads JSON as `init(parsingJSON:)` does, and finds the keys that a person has written twice.
    ///
    /// - Parameter duplicateKeys: Set to what was found, at most `jsonDuplicateKeysMax` of them.
    public init(parsingJSON text: String, duplicateKeys: inout [JSONDuplicateKey]) throws(JSONError) {
        var text = text
        var found: [JSONDuplicateKey] = []
        self = try text.withUTF8 { bytes in
            var parser = JSONParser(bytes, findsDuplicateKeys: true)
            defer { found = parser.foundDuplicateKeys }
            return Result { () throws(JSONError) in try parser.document() }
        }.get()
        duplicateKeys = found
    }
}

/// Where a parser is, and what it found.
struct DuplicateKeyFinder {
    var path: [String] = []
    private(set) var found: [JSONDuplicateKey] = []

    mutating func note(line: Int) {
        guard self.found.count < Value.jsonDuplicateKeysMax else { return }
        self.found.append(JSONDuplicateKey(path: self.path, line: line))
    }
}
