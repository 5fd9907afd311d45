/// Texts that would matter if they were run as code (workflow format §11).
enum CodePatterns {
    private static let patterns = [
        "__import__", "eval(", "exec(", "compile(", "os.system", "subprocess.", "open(", "pickle.", "marshal.",
        "__builtins__", "__globals__",
    ]
    private static let bytes = Self.patterns.map { Array($0.utf8) }
    /// By byte, whether a pattern begins with it.
    private static let isFirst = (0...UInt8.max).map { byte in
        Self.bytes.contains { $0.first == Self.lowercased(byte) }
    }

    /// The first pattern of the list that a text holds, in whatever case.
    ///
    /// Every text of every node is searched, so it is done byte by byte and in one pass.
    static func first(in text: String) -> String? {
        let (patterns, isFirst) = (Self.bytes, Self.isFirst)
        var text = text
        let found = text.withUTF8 { text in
            var found = patterns.count
            for start in text.indices where isFirst[Int(text[start])] {
                for rank in 0..<found where Self.matches(patterns[rank], text[start...]) {
                    found = rank
                    break
                }
            }
            return found
        }
        return found < patterns.count ? Self.patterns[found] : nil
    }

    private static func matches(_ pattern: [UInt8], _ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        text.count >= pattern.count && zip(pattern, text).allSatisfy { $0 == Self.lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
