package import CasareDomain

/// How long a text may get that is made by putting texts together.
///
/// Without it a few nodes in a row ask for more memory than there is, and the robot dies with every job that it runs.
package enum TextLimit {
    /// Bytes of UTF-8.
    package static let bytesMax = 16 << 20

    /// Call it before the text is made.
    ///
    /// - Parameters:
    ///   - bytes: How long the text would be.
    ///   - given: The length of the text that it is made from: what does not grow may stay as long as it is.
    package static func check(_ bytes: Int, madeFrom given: Int = 0) throws(NodeFailure) {
        guard bytes <= max(Self.bytesMax, given) else {
            throw .value(
                "The text would be longer than \(Self.bytesMax >> 20) MiB of UTF-8, the most that texts are joined or "
                    + "filled to")
        }
    }

    /// The displayed values one after another.
    package static func joined(_ values: [Value], separator: String = "") throws(NodeFailure) -> String {
        var result = ""
        for (position, value) in values.enumerated() {
            let text = value.displayText
            try Self.check(result.utf8.count + separator.utf8.count + text.utf8.count)
            if position > 0 { result += separator }
            result += text
        }
        return result
    }
}
