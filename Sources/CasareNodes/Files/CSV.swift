import CasareEngine

/// Comma-separated values per RFC 4180, with any delimiter and quote character.
struct CSV: Sendable {
    /// As UTF-8.
    let delimiter: [UInt8]
    /// As UTF-8; empty: nothing quotes.
    let quote: [UInt8]
    /// Whether text after a quoted field and a quote that is never closed are errors, or taken as they come.
    let isStrict: Bool

    /// - Parameter delimiter: One character; `\t` and `tab` are accepted for a tabulator.
    init(delimiter: String, quote: String = "\"", isStrict: Bool = false) throws(NodeFailure) {
        let delimiter = delimiter == "\\t" || delimiter.lowercased() == "tab" ? "\t" : delimiter
        guard delimiter.unicodeScalars.count == 1, delimiter != "\n", delimiter != "\r" else {
            throw .value("delimiter must be one character, not '\(delimiter)'")
        }
        guard quote.unicodeScalars.count <= 1, quote != delimiter, quote != "\n", quote != "\r" else {
            throw .value("quotechar must be one character other than the delimiter, not '\(quote)'")
        }
        self.delimiter = Array(delimiter.utf8)
        self.quote = Array(quote.utf8)
        self.isStrict = isStrict
    }

    /// - Parameters:
    ///   - skip: Lines passed over before the first row.
    ///   - limit: Rows to return; 0: all.
    func rows(of text: String, skip: Int = 0, limit: Int = 0) throws(NodeFailure) -> [[String]] {
        var parser = CSVParser(csv: self, bytes: Array(text.utf8))
        parser.skipLines(skip)
        var rows: [[String]] = []
        while let row = try parser.nextRow() {
            rows.append(row)
            if limit > 0, rows.count == limit { break }
        }
        return rows
    }

    /// One line with its end, CR LF as the RFC has it.
    func line(_ fields: [String]) -> String {
        var line: [UInt8] = []
        for (position, field) in fields.enumerated() {
            if position > 0 { line += self.delimiter }
            // A lone empty field would read back as a line with nothing on it.
            self.write(field, isForced: fields.count == 1 && field.isEmpty, to: &line)
        }
        return String(decoding: line, as: UTF8.self) + "\r\n"
    }

    private func write(_ field: String, isForced: Bool, to line: inout [UInt8]) {
        let bytes = Array(field.utf8)
        let needsQuotes =
            isForced
            || bytes.indices.contains { index in
                bytes[index] == 0x0A || bytes[index] == 0x0D || bytes[index...].starts(with: self.delimiter)
                    || (!self.quote.isEmpty && bytes[index...].starts(with: self.quote))
            }
        guard needsQuotes, !self.quote.isEmpty else {
            line += bytes
            return
        }
        line += self.quote
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: self.quote) {
                line += self.quote + self.quote
                index += self.quote.count
            } else {
                line.append(bytes[index])
                index += 1
            }
        }
        line += self.quote
    }
}

private struct CSVParser {
    let csv: CSV
    let bytes: [UInt8]
    var position = 0
    var line = 1

    init(csv: CSV, bytes: [UInt8]) {
        self.csv = csv
        self.bytes = bytes
    }

    mutating func skipLines(_ count: Int) {
        for _ in 0..<max(count, 0) {
            while self.position < self.bytes.count, !self.isAtLineEnd { self.position += 1 }
            self.passLineEnd()
        }
    }

    mutating func nextRow() throws(NodeFailure) -> [String]? {
        guard self.position < self.bytes.count else { return nil }
        var fields: [String] = []
        if !self.isAtLineEnd {
            fields.append(try self.nextField())
            while self.isAt(self.csv.delimiter) {
                self.position += self.csv.delimiter.count
                fields.append(try self.nextField())
            }
        }
        self.passLineEnd()
        return fields
    }

    /// Stops at the delimiter, the line's end or the end.
    private mutating func nextField() throws(NodeFailure) -> String {
        guard self.isAt(self.csv.quote) else { return self.plainText() }
        let openedAt = self.line
        var field: [UInt8] = []
        self.position += self.csv.quote.count
        while true {
            guard self.position < self.bytes.count else {
                if self.csv.isStrict { throw .value("CSV line \(openedAt): a quoted field is not closed") }
                break
            }
            guard self.isAt(self.csv.quote) else {
                let byte = self.bytes[self.position]
                if byte == 0x0A { self.line += 1 }
                field.append(byte)
                self.position += 1
                continue
            }
            self.position += self.csv.quote.count
            guard self.isAt(self.csv.quote) else { break }
            field += self.csv.quote
            self.position += self.csv.quote.count
        }
        let after = self.plainText()
        if !after.isEmpty, self.csv.isStrict { throw .value("CSV line \(self.line): text after a quoted field") }
        return String(decoding: field, as: UTF8.self) + after
    }

    private mutating func plainText() -> String {
        let start = self.position
        while self.position < self.bytes.count, !self.isAtLineEnd, !self.isAt(self.csv.delimiter) {
            self.position += 1
        }
        return String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    }

    private func isAt(_ mark: [UInt8]) -> Bool {
        guard let first = mark.first, self.position < self.bytes.count, self.bytes[self.position] == first else {
            return false
        }
        return mark.count == 1 || self.bytes[self.position...].starts(with: mark)
    }

    private var isAtLineEnd: Bool {
        self.position < self.bytes.count
            && (self.bytes[self.position] == 0x0A || self.bytes[self.position] == 0x0D)
    }

    private mutating func passLineEnd() {
        guard self.isAtLineEnd else { return }
        let isReturn = self.bytes[self.position] == 0x0D
        self.position += 1
        if isReturn, self.position < self.bytes.count, self.bytes[self.position] == 0x0A { self.position += 1 }
        self.line += 1
    }
}
