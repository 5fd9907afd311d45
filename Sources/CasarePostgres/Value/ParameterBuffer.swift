import FoundationEssentials

/// The parameters of one statement, laid out for libpq in one buffer that a connection uses again and again.
struct ParameterBuffer {
    private enum Format: Int32 {
        case text = 0
        case binary = 1
    }

    /// A rare large value must not hold its memory for ever.
    private static let bytesKeptMax = 1 << 20

    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// Replaces what the buffer holds by `parameters`, in the order of `names` and in the form of `types`.
    mutating func fill(
        with parameters: KeyValuePairs<String, PostgresValue>, names: [String], types: [PostgresType]
    ) throws(PostgresError) {
        self.bytes.removeAll(keepingCapacity: self.bytes.capacity <= Self.bytesKeptMax)
        self.offsets.removeAll(keepingCapacity: true)
        self.lengths.removeAll(keepingCapacity: true)
        self.formats.removeAll(keepingCapacity: true)
        guard types.count == names.count else {
            throw .misuse("The query has numbered parameters; write them as names, such as @name")
        }
        for (index, name) in names.enumerated() {
            try self.append(Self.value(of: name, expectedAt: index, in: parameters), named: name, as: types[index])
        }
        if parameters.count != names.count {
            let extra = parameters.first { !names.contains($0.key) }?.key
            throw .misuse(extra.map { "The query has no parameter @\($0)" } ?? "A parameter is given twice")
        }
    }

    /// Calls `body` with the four arrays that libpq wants. Their pointers are good during the call only.
    mutating func withPointers<Result>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        // An empty value needs an address too: a null pointer means NULL.
        self.bytes.append(0)
        return self.bytes.withUnsafeBytes { bytes in
            self.pointers.removeAll(keepingCapacity: true)
            for (offset, length) in zip(self.offsets, self.lengths) {
                self.pointers.append(
                    length < 0 ? nil : bytes.baseAddress!.advanced(by: offset).assumingMemoryBound(to: CChar.self))
            }
            return body(Int32(self.offsets.count), self.pointers, self.lengths, self.formats)
        }
    }

    private static func value(
        of name: String, expectedAt index: Int, in parameters: KeyValuePairs<String, PostgresValue>
    ) throws(PostgresError) -> PostgresValue {
        // Callers mostly list them in the statement's own order.
        if index < parameters.count, parameters[index].key == name { return parameters[index].value }
        for (key, value) in parameters where key == name { return value }
        throw .misuse("The query's parameter @\(name) has no value")
    }

    private mutating func append(
        _ value: PostgresValue, named name: String, as type: PostgresType
    ) throws(PostgresError) {
        let start = self.bytes.count
        self.offsets.append(start)
        if case .null = value {
            self.lengths.append(-1)
            self.formats.append(Format.binary.rawValue)
            return
        }
        if BinaryEncoding.append(value, as: type, to: &self.bytes) {
            self.formats.append(Format.binary.rawValue)
        } else {
            self.bytes.removeSubrange(start...)
            guard let text = TextEncoding.text(of: value, for: type) else {
                throw .misuse("The value of @\(name) does not fit its place in the query, which takes \(type)")
            }
            self.bytes.append(contentsOf: text.utf8)
            if self.bytes[start...].contains(0) {
                throw .misuse("The value of @\(name) holds a zero byte, which \(type) cannot")
            }
            // libpq ignores the length of a text parameter and looks for its zero byte.
            self.bytes.append(0)
            self.formats.append(Format.text.rawValue)
        }
        guard let length = Int32(exactly: self.bytes.count - start) else {
            throw .misuse("The value of @\(name) is larger than 2 GiB")
        }
        self.lengths.append(length)
    }
}
