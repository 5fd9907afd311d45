extension Value {
    /// How deep lists and objects may be nested in JSON text, so that hostile text cannot exhaust the stack.
    public static let jsonDepthMax = 200

    /// Reads JSON (RFC 8259).
    ///
    /// Integers that fit 64 bits become `.int`; larger ones and those with a fraction or an exponent become `.double`.
    /// The order of keys is kept; of a key that comes twice the last value counts. Half of a surrogate pair, which a
    /// Swift string cannot hold, is read as U+FFFD. A leading byte order mark is skipped.
    public init(parsingJSON text: String) throws(JSONError) {
        var text = text
        self = try text.withUTF8 { bytes in
            var parser = JSONParser(bytes)
            return Result { () throws(JSONError) in try parser.document() }
        }.get()
    }

    /// Reads JSON from bytes, which must be UTF-8.
    public init(parsingJSON bytes: [UInt8]) throws(JSONError) {
        self = try Value(parsingJSON: Self.jsonText(of: bytes))
    }

    static func jsonText(of bytes: [UInt8]) throws(JSONError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw bytes.withUnsafeBufferPointer { JSONError(.notUTF8, at: Self.firstInvalidOffset(of: $0), in: $0) }
        }
        return text
    }

    private static func firstInvalidOffset(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) {
            offset += scalar.count
        }
        return offset
    }
}
