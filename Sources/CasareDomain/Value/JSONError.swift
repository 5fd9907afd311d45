/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// Something else stands where this should, or the text ends there.
        case expected(String)
        case trailingText
        case malformedNumber
        /// The number is beyond what a double can hold.
        case numberOutOfRange
        case malformedEscape
        /// A raw line break, tab or other control character inside a string.
        case controlCharacter
        case unterminatedString
        case tooDeep
        case notUTF8
    }

    public let reason: Reason
    /// Counted from 1.
    public let line: Int
    /// Counted from 1, in Unicode scalars.
    public let column: Int

    public init(_ reason: Reason, line: Int, column: Int) {
        self.reason = reason
        self.line = line
        self.column = column
    }

    /// Finds line and column of a byte offset.
    init(_ reason: Reason, at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        for byte in bytes[..<Swift.min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0b1100_0000 != 0b1000_0000 {
                // Continuation bytes of UTF-8 belong to the scalar before them.
                column += 1
            }
        }
        self.init(reason, line: line, column: column)
    }

    public var message: String {
        switch self.reason {
        case .expected(let what): "expected \(what)"
        case .trailingText: "unexpected text after the JSON value"
        case .malformedNumber: "malformed number"
        case .numberOutOfRange: "number too large"
        case .malformedEscape: "malformed escape sequence in a string"
        case .controlCharacter: "control character in a string; write it as an escape such as \\n"
        case .unterminatedString: "string without a closing quote"
        case .tooDeep: "lists and objects nested more than \(Value.jsonDepthMax) levels deep"
        case .notUTF8: "the text is not UTF-8"
        }
    }

    public var description: String { "line \(self.line), column \(self.column): \(self.message)" }
}
