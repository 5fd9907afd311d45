import CasareDomain

/// One `{{path}}`, `${path}` or `%path%` in a text.
struct TemplateReference: Sendable {
    let path: TemplatePath
    /// `%path%`: per cent signs are common in ordinary text, so it counts only while the variable exists.
    let isPercent: Bool
    /// As it was written: what stays where it does not resolve.
    let source: String

    func value(in variables: Variables, clock: ClockReading?) -> Value? {
        if self.isPercent {
            return variables.variable(self.path.root).flatMap { self.path.descend(into: $0) }
        }
        return self.path.value(in: variables, clock: clock)
    }

    /// The value; where there is none, that is noted in `variables`.
    ///
    /// - Throws: For a secret that the run does not have: its reference is never left as text.
    func resolved(in variables: Variables, clock: ClockReading?) throws(NodeFailure) -> Value? {
        if let value = self.value(in: variables, clock: clock) { return value }
        if let secret = self.path.secret { throw variables.problem(ofSecret: secret).failure }
        if !self.isPercent { variables.noteMiss(self.source) }
        return nil
    }

    /// A text cut at its templates.
    enum Part: Sendable {
        case text(String)
        case reference(TemplateReference)
    }

    static func parts(of text: String) -> [Part] {
        guard text.utf8.contains(where: Self.mayBegin) else { return [.text(text)] }
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var textStart = 0
        var position = 0
        while position < bytes.count {
            guard Self.mayBegin(bytes[position]), let (reference, end) = Self.reference(in: bytes, at: position) else {
                position += 1
                continue
            }
            if textStart < position {
                parts.append(.text(String(decoding: bytes[textStart..<position], as: UTF8.self)))
            }
            parts.append(.reference(reference))
            position = end
            textStart = end
        }
        if textStart < bytes.count {
            parts.append(.text(String(decoding: bytes[textStart...], as: UTF8.self)))
        }
        return parts
    }

    private static func mayBegin(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "{") || byte == UInt8(ascii: "$") || byte == UInt8(ascii: "%")
    }

    /// The template that begins at a position, and where it ends.
    static func reference(in bytes: [UInt8], at start: Int) -> (reference: TemplateReference, end: Int)? {
        var scanner = PathScanner(bytes, at: start)
        let path: TemplatePath?
        let isClosed: Bool
        if scanner.skip(UInt8(ascii: "%")) {
            path = scanner.path()
            isClosed = scanner.skip(UInt8(ascii: "%"))
        } else if scanner.skip(UInt8(ascii: "$")), scanner.skip(UInt8(ascii: "{")) {
            path = scanner.path()
            isClosed = scanner.skip(UInt8(ascii: "}"))
        } else if scanner.skip(UInt8(ascii: "{")), scanner.skip(UInt8(ascii: "{")) {
            scanner.skipWhitespace()
            if let secret = scanner.secret() {
                path = TemplatePath(secret: secret)
                isClosed = true
            } else {
                path = scanner.path()
                scanner.skipWhitespace()
                isClosed = scanner.skip(UInt8(ascii: "}")) && scanner.skip(UInt8(ascii: "}"))
            }
        } else {
            return nil
        }
        guard let path, isClosed else { return nil }
        let reference = TemplateReference(
            path: path, isPercent: bytes[start] == UInt8(ascii: "%"), source: scanner.text(from: start))
        return (reference, scanner.position)
    }
}
