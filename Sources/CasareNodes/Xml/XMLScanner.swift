/// Why a text is not XML that is accepted here.
struct XMLParseError: Error, Hashable, CustomStringConvertible {
    let message: String
    let line: Int
    let column: Int

    var description: String { "\(self.message) (line \(self.line), column \(self.column))" }
}

/// Reads the tokens of XML from a text, and says where something is wrong.
struct XMLScanner {
    private let scalars: [Unicode.Scalar]
    private(set) var position = 0

    init(_ text: String) {
        // Line ends are read as line feeds (§2.11).
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        var afterReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\n", afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = scalar == "\r"
            scalars.append(afterReturn ? "\n" : scalar)
        }
        self.scalars = scalars
    }

    var isAtEnd: Bool { self.position >= self.scalars.count }
    /// The next character.
    var next: Unicode.Scalar? { self.isAtEnd ? nil : self.scalars[self.position] }

    /// Passes over the next character, whatever it is.
    mutating func skip() { self.position += 1 }

    /// Text up to the next mark.
    mutating func characters() throws(XMLParseError) -> String {
        var text = String.UnicodeScalarView()
        while self.position < self.scalars.count, self.scalars[self.position] != "<" {
            let scalar = self.scalars[self.position]
            if scalar == "&" {
                text.append(try self.reference())
            } else {
                if scalar == "]", self.looking(at: "]]>") { throw self.error("Text must not contain ]]>") }
                text.append(try self.allowed(scalar))
            }
        }
        return String(text)
    }

    mutating func reference() throws(XMLParseError) -> Unicode.Scalar {
        let end = self.scalars[self.position...].prefix(12).firstIndex(of: ";")
        guard let end else { throw self.error("& must be written as &amp;") }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: self.scalars[(self.position + 1)..<end])
        let text = String(name)
        let scalar: Unicode.Scalar?
        switch text {
        case "lt": scalar = "<"
        case "gt": scalar = ">"
        case "amp": scalar = "&"
        case "quot": scalar = "\""
        case "apos": scalar = "'"
        default:
            let digits = text.hasPrefix("#x") ? text.dropFirst(2) : text.dropFirst()
            let isNumber = text.hasPrefix("#") && digits.allSatisfy(\.isHexDigit)
            scalar = isNumber ? UInt32(digits, radix: text.hasPrefix("#x") ? 16 : 10).flatMap(Unicode.Scalar.init) : nil
        }
        guard let scalar, XMLCharacters.isAllowed(scalar) else { throw self.error("Unknown entity &\(text);") }
        self.position = end + 1
        return scalar
    }

    mutating func name() throws(XMLParseError) -> String {
        guard self.position < self.scalars.count, XMLCharacters.startsName(self.scalars[self.position]) else {
            throw self.error("A name was expected")
        }
        var name = String.UnicodeScalarView()
        while self.position < self.scalars.count, XMLCharacters.continuesName(self.scalars[self.position]) {
            name.append(self.scalars[self.position])
            self.position += 1
        }
        return String(name)
    }

    /// Everything up to a mark, which is passed over.
    mutating func text(upTo mark: String, of what: String) throws(XMLParseError) -> String {
        var text = String.UnicodeScalarView()
        while self.position < self.scalars.count {
            if self.take(mark) { return String(text) }
            text.append(try self.allowed(self.scalars[self.position]))
        }
        throw self.error("A \(what) is not closed")
    }

    /// Passes over one character that must be one XML allows.
    mutating func allowed(_ scalar: Unicode.Scalar) throws(XMLParseError) -> Unicode.Scalar {
        guard XMLCharacters.isAllowed(scalar) else {
            throw self.error("The character U+\(String(scalar.value, radix: 16, uppercase: true)) is not allowed")
        }
        self.position += 1
        return scalar
    }

    func looking(at mark: String) -> Bool { self.scalars[self.position...].starts(with: mark.unicodeScalars) }

    mutating func take(_ mark: String) -> Bool {
        guard self.looking(at: mark) else { return false }
        self.position += mark.unicodeScalars.count
        return true
    }

    static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\n" || scalar == "\t" || scalar == "\r"
    }

    mutating func skipBlanks() -> Bool {
        let start = self.position
        while self.position < self.scalars.count, Self.isBlank(self.scalars[self.position]) { self.position += 1 }
        return self.position > start
    }

    func error(_ message: String) -> XMLParseError {
        let before = self.scalars.prefix(self.position)
        let lineStart = before.lastIndex(of: "\n").map { $0 + 1 } ?? 0
        return XMLParseError(
            message: message, line: before.count { $0 == "\n" } + 1, column: self.position - lineStart + 1)
    }
}
