import CasareEngine

/// A host as workflows name it, checked so that it can stand in a URL and stays the host there.
struct HostName: Sendable {
    /// Of an address of IP version 6 without the brackets that URLs have around it.
    let text: String

    /// - Throws: `ValueError` for what is no name or address.
    init(_ text: String) throws(NodeFailure) {
        // An IPv6 address may come with or without its brackets.
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        guard bare.unicodeScalars.allSatisfy(\.isASCII) else {
            throw .value("Not a host name or address: \(text). Write names in other letters as DNS has them (xn--…)")
        }
        let isAddress = bare.contains(":")
        let isValid =
            !bare.isEmpty
            && bare.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
                default: scalar == ":" && isAddress
                }
            }
        guard isValid else { throw .value("Not a host name or address: \(text)") }
        self.text = bare
    }

    var inURL: String { self.text.contains(":") ? "[\(self.text)]" : self.text }
}
