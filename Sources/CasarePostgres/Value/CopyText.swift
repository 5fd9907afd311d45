import FoundationEssentials

/// COPY's text format (manual, "COPY", "Text Format"): `\N` for NULL, and escapes for what separates columns and rows.
enum CopyText {
    static func append(_ value: PostgresValue, to bytes: inout [UInt8]) {
        guard let text = TextEncoding.text(of: value, for: .text) else {
            bytes.append(contentsOf: "\\N".utf8)
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
            default: bytes.append(byte)
            }
        }
    }
}
