import CasareEngine

/// A path on a server, as the server understands it.
struct RemotePath: Sendable, CustomStringConvertible {
    let text: String

    /// - Throws: `ValueError` for what would end the command that it stands in.
    init(_ text: String) throws(NodeFailure) {
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .value("A remote path must not contain control characters such as line breaks")
        }
        self.text = text
    }

    var description: String { self.text }
    var isAbsolute: Bool { self.text.utf8.first == UInt8(ascii: "/") }

    /// The directory above; `nil` at the top, and for a bare name.
    var parent: RemotePath? {
        get throws(NodeFailure) {
            let trimmed = self.withoutTrailingSlashes
            guard let slash = trimmed.lastIndex(of: "/"), slash > trimmed.startIndex else { return nil }
            return try RemotePath(String(trimmed[..<slash]))
        }
    }

    /// This path and every directory above it, the highest first.
    var levels: [RemotePath] {
        get throws(NodeFailure) {
            var levels = [try RemotePath(self.withoutTrailingSlashes)]
            while let parent = try levels[0].parent { levels.insert(parent, at: 0) }
            return levels.filter { $0.text != "." && $0.text != ".." && !$0.text.isEmpty }
        }
    }

    private var withoutTrailingSlashes: String {
        var text = self.text
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// - Parameter leadingSlash: What stands for the slash that begins an absolute path.
    func percentEncoded(leadingSlash: String = "/") -> String {
        let encoded = PercentCoding.encoded(self.text, allowing: "/")
        return encoded.hasPrefix("/") ? "\(leadingSlash)\(encoded.dropFirst())" : encoded
    }
}
