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
    /// - Parameters:
    ///   - most: How many of them are told of. Each takes a look at all the text before it.
    ///   - duplicateKeys: Set to what was found.
    public init(
        parsingJSON text: String, most: Int = Value.jsonDuplicateKeysMax, duplicateKeys: inout [JSONDuplicateKey]
    ) throws(JSONError) {
        var text = text
        var found: [JSONDuplicateKey] = []
        self = try text.withUTF8 { bytes in
            var parser = JSONParser(bytes, duplicateKeysMax: most)
            defer { found = parser.foundDuplicateKeys }
            return Result { () throws(JSONError) in try parser.document() }
        }.get()
        duplicateKeys = found
    }

    /// The same from bytes, which must be UTF-8.
    public init(
        parsingJSON bytes: [UInt8], most: Int = Value.jsonDuplicateKeysMax, duplicateKeys: inout [JSONDuplicateKey]
    ) throws(JSONError) {
        self = try Value(parsingJSON: Self.jsonText(of: bytes), most: most, duplicateKeys: &duplicateKeys)
    }
}

/// Where a parser is, and what it found.
struct DuplicateKeyFinder {
    let most: Int
    var path: [String] = []
    private(set) var found: [JSONDuplicateKey] = []

    var isFull: Bool { self.found.count >= self.most }

    mutating func note(line: Int) {
        self.found.append(JSONDuplicateKey(path: self.path, line: line))
    }
}
