/// Hides in a line of text what its own words say is secret: `password=…`, `"token": "…"`, `Authorization: Bearer …`.
enum KeyedText {
    private static let quotes: Set<UInt8> = [UInt8(ascii: "\""), UInt8(ascii: "'")]
    /// What a value without quotes ends before.
    private static let ends = Set(" \t\r\n,;&|<>(){}[]\"'".utf8)
    /// What stands before the value itself.
    private static let schemes: Set<String> = ["basic", "bearer", "apikey", "token"]

    static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var ranges: [Range<Int>] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "=") || bytes[position] == UInt8(ascii: ":"),
                let name = Self.name(before: position, in: bytes), SecretNames.contains(name),
                let range = Self.value(after: position, in: bytes)
            {
                ranges.append(range)
                position = range.upperBound
            } else {
                position += 1
            }
        }
        guard !ranges.isEmpty else { return Userinfo.masked(text) }
        var shown: [UInt8] = []
        position = 0
        for range in ranges {
            shown += bytes[position..<range.lowerBound]
            shown += Array(Masking.mask.utf8)
            position = range.upperBound
        }
        shown += bytes[position...]
        return Userinfo.masked(String(decoding: shown, as: UTF8.self))
    }

    private static func name(before position: Int, in bytes: [UInt8]) -> String? {
        var end = position
        while end > 0, bytes[end - 1] == UInt8(ascii: " ") || Self.quotes.contains(bytes[end - 1]) { end -= 1 }
        var start = end
        while start > 0, PathScanner.continuesName(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: "-") {
            start -= 1
        }
        // `{{$secret:name}}` names one and holds none.
        if start > 0, bytes[start - 1] == UInt8(ascii: "$") { return nil }
        return start < end ? String(decoding: bytes[start..<end], as: UTF8.self) : nil
    }

    /// - Returns: `nil` where nothing follows.
    private static func value(after position: Int, in bytes: [UInt8]) -> Range<Int>? {
        var start = position + 1
        func skipSpaces() { while start < bytes.count, bytes[start] == UInt8(ascii: " ") { start += 1 } }
        skipSpaces()
        guard start < bytes.count else { return nil }
        if Self.quotes.contains(bytes[start]) {
            let quote = bytes[start]
            var end = start + 1
            while end < bytes.count, bytes[end] != quote {
                end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            end = min(end, bytes.count)
            return start + 1 < end ? start + 1..<end : nil
        }
        func wordEnd() -> Int { bytes[start...].firstIndex(where: Self.ends.contains) ?? bytes.count }
        var end = wordEnd()
        if Self.schemes.contains(String(decoding: bytes[start..<end], as: UTF8.self).lowercased()), end < bytes.count {
            start = end
            skipSpaces()
            end = start < bytes.count ? wordEnd() : start
        }
        return start < end ? start..<end : nil
    }
}
