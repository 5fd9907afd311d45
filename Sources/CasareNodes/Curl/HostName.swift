import CasareEngine

/// A host as workflows name it, checked so that it can stand in a URL and stays the host there.
struct HostName {
    private let text: String

    /// - Throws: `ServiceFailure` for what is no name or address.
    init(_ text: String) throws(ServiceFailure) {
        // An IPv6 address may come with or without its brackets.
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        let isAddress = bare.contains(":")
        let isValid =
            !bare.isEmpty
            && bare.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
                case ":": isAddress
                default: scalar.value >= 0x80 && !scalar.properties.isWhitespace
                }
            }
        guard isValid else { throw ServiceFailure("ValueError", "Not a host name or address: \(text)") }
        self.text = isAddress ? "[\(bare)]" : bare
    }

    var inURL: String { self.text }
}
