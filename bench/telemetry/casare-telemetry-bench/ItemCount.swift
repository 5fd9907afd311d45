import GRPCCore

/// What a request carries.
enum Cargo: Sendable { case spans, points, logRecords }

/// Reads a request for the number of its items alone: what is sent is looked through on the way to them, and not taken
/// apart further.
struct ItemCount: MessageDeserializer {
    struct Found: Sendable {
        let items: Int
        let bytes: Int
    }

    let cargo: Cargo

    /// - Throws: where it is no message.
    func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> Found {
        try serializedMessageBytes.withUnsafeBytes { bytes in
            Found(items: try Self.count(bytes, along: self.path[...]), bytes: bytes.count)
        }
    }

    /// The numbers of the fields that lead to an item, one below the other (opentelemetry-proto 1.x): of a resource, of a
    /// scope, and of what it told. Points are in a metric, in the one of its five kinds that it is of.
    private var path: [Set<UInt64>] {
        switch self.cargo {
        case .spans, .logRecords: [[1], [2], [2]]
        case .points: [[1], [2], [2], [5, 7, 9, 10, 11], [1]]
        }
    }

    // MARK: - Protobuf

    private enum WireType {
        static let varint: UInt64 = 0
        static let eightBytes: UInt64 = 1
        static let lengthDelimited: UInt64 = 2
        static let fourBytes: UInt64 = 5
    }

    private static func count(_ message: UnsafeRawBufferPointer, along path: ArraySlice<Set<UInt64>>) throws -> Int {
        guard let fields = path.first else { return 1 }
        var reader = Reader(rest: message[...])
        var count = 0
        while !reader.rest.isEmpty {
            let tag = try reader.varint()
            switch tag & 7 {
            case WireType.varint: _ = try reader.varint()
            case WireType.eightBytes: _ = try reader.take(8)
            case WireType.fourBytes: _ = try reader.take(4)
            case WireType.lengthDelimited:
                let length = try reader.varint()
                let value = try reader.take(length)
                guard fields.contains(tag >> 3) else { continue }
                count += try Self.count(UnsafeRawBufferPointer(rebasing: value), along: path.dropFirst())
            default: throw Self.unreadable
            }
        }
        return count
    }

    private static let unreadable = RPCError(code: .invalidArgument, message: "This is no message of OTLP")

    private struct Reader {
        var rest: Slice<UnsafeRawBufferPointer>

        mutating func varint() throws -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = self.rest.popFirst() {
                guard shift < 64 else { break }
                value |= UInt64(byte & 0x7F) << shift
                if byte & 0x80 == 0 { return value }
                shift += 7
            }
            throw ItemCount.unreadable
        }

        mutating func take(_ length: UInt64) throws -> Slice<UnsafeRawBufferPointer> {
            guard length <= UInt64(self.rest.count) else { throw ItemCount.unreadable }
            defer { self.rest = self.rest.dropFirst(Int(length)) }
            return self.rest.prefix(Int(length))
        }
    }
}

/// The answer of each of the three services that says that all is taken: a message without a field.
struct Taken: MessageSerializer {
    struct Answer: Sendable {}

    func serialize<Bytes: GRPCContiguousBytes>(_ message: Answer) throws -> Bytes { Bytes(repeating: 0, count: 0) }
}
