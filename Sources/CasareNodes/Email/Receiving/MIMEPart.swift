/// A mail, or a part of one, taken apart (RFC 2045, RFC 2046). It is read as far as it makes sense; nothing is refused.
struct MIMEPart {
    /// Parts inside parts; what is deeper stays as it is.
    private static let depthMax = 20
    /// Of a mail in all.
    private static let partsMax = 1000
    private static let headerFieldsMax = 1000
    /// Of one field, which becomes several texts; what comes beyond is left out.
    private static let fieldBytesMax = 1 << 20

    private var fields: [(name: String, value: [UInt8])] = []
    /// As it came, encoded.
    private(set) var body: ArraySlice<UInt8> = []
    private(set) var children: [MIMEPart] = []
    let type: HeaderParameters
    let disposition: HeaderParameters

    init(_ bytes: [UInt8]) {
        var partsLeft = Self.partsMax
        self.init(bytes[...], depth: 0, partsLeft: &partsLeft)
    }

    private init(_ bytes: ArraySlice<UInt8>, depth: Int, partsLeft: inout Int) {
        var rest = bytes
        var fields: [(name: String, value: [UInt8])] = []
        while let line = Self.nextLine(&rest), !line.isEmpty {
            if let first = line.first, first == 0x20 || first == 0x09 {
                // Folding is taken back.
                guard let length = fields.last?.value.count else { continue }
                fields[fields.count - 1].value += line.prefix(Self.fieldBytesMax - length)
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), fields.count < Self.headerFieldsMax {
                let name = String(decoding: line[..<colon], as: UTF8.self).trimmed.lowercased()
                fields.append((name, Array(line[(colon + 1)...].prefix(Self.fieldBytesMax))))
            }
        }
        func text(_ name: String) -> String {
            fields.first { $0.name == name }.map { Charset.text($0.value, "") } ?? ""
        }
        self.fields = fields
        self.type = HeaderParameters(text("content-type"))
        self.disposition = HeaderParameters(text("content-disposition"))
        self.body = rest
        guard self.type.value.hasPrefix("multipart/"), depth < Self.depthMax,
            let boundary = self.type["boundary"], !boundary.isEmpty
        else { return }
        for section in Self.sections(rest, boundary: Array(boundary.utf8)) where partsLeft > 0 {
            partsLeft -= 1
            self.children.append(MIMEPart(section, depth: depth + 1, partsLeft: &partsLeft))
        }
    }

    /// The text of the first field of that name, decoded.
    func header(_ name: String) -> String {
        guard let field = self.fields.first(where: { $0.name == name }) else { return "" }
        return EncodedWords.decode(field.value).trimmed
    }

    var content: [UInt8] {
        TransferEncoding.decoded(self.body, self.header("content-transfer-encoding"))
    }

    /// The content as text, with LF at the ends of lines.
    var text: String {
        Charset.text(self.content, self.type["charset"] ?? "").replacing("\r\n", with: "\n")
    }

    /// The part itself and all parts in it, in order.
    var leaves: [MIMEPart] { self.children.isEmpty ? [self] : self.children.flatMap(\.leaves) }

    /// The name of the file that the part is, by whatever header gives it.
    var fileName: String? { self.disposition["filename"] ?? self.type["name"] }

    var isAttachment: Bool {
        self.disposition.value == "attachment" || self.fileName != nil || !self.isText
    }

    private var isText: Bool { self.mediaType.hasPrefix("text/") || self.mediaType.hasPrefix("multipart/") }

    /// `text/plain` unless the mail says otherwise.
    var mediaType: String { self.type.value.contains("/") ? self.type.value : "text/plain" }

    private static func nextLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        let line = rest[rest.startIndex..<end]
        rest = end == rest.endIndex ? rest[end...] : rest[(end + 1)...]
        return line.last == 0x0D ? line.dropLast() : line
    }

    /// What stands between lines of `--boundary`; the line's end before one belongs to it. No more than may be parts.
    private static func sections(_ body: ArraySlice<UInt8>, boundary: [UInt8]) -> [ArraySlice<UInt8>] {
        let mark = [0x2D, 0x2D] + boundary
        var sections: [ArraySlice<UInt8>] = []
        var rest = body
        var start: Int?
        while sections.count < Self.partsMax {
            let lineStart = rest.startIndex
            guard let line = Self.nextLine(&rest) else { break }
            guard line.starts(with: mark) else { continue }
            let after = line.dropFirst(mark.count)
            let isLast = after.starts(with: [0x2D, 0x2D])
            guard isLast || after.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            if let start {
                var section = body[start..<max(start, lineStart)]
                if section.last == 0x0A { section.removeLast() }
                if section.last == 0x0D { section.removeLast() }
                sections.append(section)
            }
            if isLast { return sections }
            start = rest.startIndex
        }
        // Cut off: the last part goes to the end.
        if let start, sections.count < Self.partsMax { sections.append(body[start...]) }
        return sections
    }
}
