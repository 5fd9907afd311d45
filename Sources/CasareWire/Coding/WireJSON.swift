public import CasareDomain

/// Bodies on the wire: `Codable` types as JSON text.
public enum WireJSON {
    /// Why a body is not what was expected.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case notJSON(JSONError)
        case unexpected(WireDecodingError)

        public var description: String {
            switch self {
            case .notJSON(let error): "the body is not JSON: \(error)"
            case .unexpected(let error): error.description
            }
        }
    }

    /// - Parameter shape: refuses members that it does not have, and what is there twice. Without one, members that are
    ///   not known are ignored, and of two with one name the last counts.
    public static func decode<T: Decodable>(
        _ type: T.Type = T.self, from bytes: [UInt8], shape: RequestShape? = nil
    ) throws(Failure) -> T {
        var duplicates: [JSONDuplicateKey] = []
        let value: Value
        do throws(JSONError) {
            value =
                if shape == nil {
                    try Value(parsingJSON: bytes)
                } else {
                    try Value(parsingJSON: bytes, most: 1, duplicateKeys: &duplicates)
                }
        } catch {
            throw .notJSON(error)
        }
        do throws(WireDecodingError) {
            if let duplicate = duplicates.first { throw WireDecodingError(duplicate) }
            try shape?.check(value)
            return try ValueDecoder.decode(type, from: value)
        } catch {
            throw .unexpected(error)
        }
    }

    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        Array(try ValueEncoder.encode(value).jsonText(.compact).utf8)
    }
}
