extension StringProtocol {
    /// The text without white space at its ends.
    var trimmed: String {
        let scalars = self.unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(self[start...last])
    }

    var isBlank: Bool { self.unicodeScalars.allSatisfy { $0.properties.isWhitespace } }
}
