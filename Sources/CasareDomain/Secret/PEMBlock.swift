import FoundationEssentials

/// What stands between `-----BEGIN label-----` and its end (RFC 7468, and the headers of RFC 1421 that encrypted keys
/// of old have).
struct PEMBlock: Hashable {
    private static let opening = "-----BEGIN "
    private static let closing = "-----END "
    private static let dashes = "-----"
    /// How the keys of OpenSSH begin, which are not DER.
    private static let openSSH = Array("openssh-key-v1\0".utf8)

    let label: String
    let content: [UInt8]
    /// Whether headers say that the content is encrypted: it is not DER then.
    let isEncrypted: Bool

    /// - Returns: `nil` where a block is not closed, or is not base64; what stands outside of blocks is skipped.
    static func blocks(in text: String) -> [PEMBlock]? {
        var blocks: [PEMBlock] = []
        var label: String?
        var base64 = ""
        var isEncrypted = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = Self.trimmed(line)
            if let open = label {
                if line == Self.closing + open + Self.dashes {
                    guard let content = Data(base64Encoded: base64), !content.isEmpty else { return nil }
                    blocks.append(PEMBlock(label: open, content: Array(content), isEncrypted: isEncrypted))
                    label = nil
                } else if line.contains(":") {
                    isEncrypted = isEncrypted || line.contains("ENCRYPTED")
                } else {
                    base64 += line
                }
            } else if line.hasPrefix(Self.opening), line.hasSuffix(Self.dashes),
                line.utf8.count > Self.opening.utf8.count + Self.dashes.utf8.count
            {
                label = String(line.dropFirst(Self.opening.count).dropLast(Self.dashes.count))
                base64 = ""
                isEncrypted = false
            }
        }
        return label == nil ? blocks : nil
    }

    private static func trimmed(_ line: Substring) -> String {
        var line = line
        while line.first?.isWhitespace ?? false { line.removeFirst() }
        while line.last?.isWhitespace ?? false { line.removeLast() }
        return String(line)
    }

    /// Whether it is one DER sequence and nothing behind it, or what stands in its place.
    var isWellFormed: Bool {
        if self.isEncrypted { return true }
        if self.content.starts(with: Self.openSSH) { return true }
        guard self.content.count >= 2, self.content[0] == 0x30 else { return false }
        let first = Int(self.content[1])
        guard first >= 0x80 else { return self.content.count == 2 + first }
        let count = first & 0x7F
        guard (1...4).contains(count), self.content.count >= 2 + count else { return false }
        let length = self.content[2..<2 + count].reduce(0) { $0 << 8 | Int($1) }
        return self.content.count == 2 + count + length
    }
}
