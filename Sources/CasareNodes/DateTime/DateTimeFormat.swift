import CasareDomain
import CasareEngine

/// A strftime format, for writing and for reading.
struct DateTimeFormat: Sendable {
    private enum Piece: Sendable {
        case literal(String)
        case field(Character)
    }

    /// Fields that stand for several others.
    private static let compounds: [Character: String] = [
        "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "c": "%a %b %e %H:%M:%S %Y",
        "x": "%m/%d/%y", "X": "%H:%M:%S",
    ]
    private static let fields = "YmdHMSfaAbBhjpIyZzuwes"
    private static let halves = ["AM", "PM"]

    private let pieces: [Piece]

    /// - Throws: `ValueError` for a field that is not known.
    init(_ format: String) throws(NodeFailure) {
        var pieces: [Piece] = []
        var literal = ""
        func flush() {
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = ""
        }
        var rest = format[...]
        while let character = rest.popFirst() {
            if character.isWhitespace {
                // Kept as written, but read as any white space.
                flush()
                pieces.append(.literal(String(character)))
                continue
            }
            guard character == "%" else {
                literal.append(character)
                continue
            }
            guard let field = rest.popFirst() else { throw .value("The format ends in a single %: \(format)") }
            switch field {
            case "%": literal.append("%")
            case "n": literal.append("\n")
            case "t": literal.append("\t")
            default:
                flush()
                if let compound = Self.compounds[field] {
                    pieces += try DateTimeFormat(compound).pieces
                } else if Self.fields.contains(field) {
                    pieces.append(.field(field))
                } else {
                    throw .value("Unknown field %\(field) in the format \(format)")
                }
            }
        }
        flush()
        self.pieces = pieces
    }

    func text(of value: DateTimeValue) -> String {
        self.pieces.map { piece in
            switch piece {
            case .literal(let text): text
            case .field(let field): Self.text(of: field, value)
            }
        }.joined()
    }

    private static func text(of field: Character, _ value: DateTimeValue) -> String {
        let civil = value.civil
        let hour12 = (civil.hour + 11) % 12 + 1
        switch field {
        case "Y": return CivilTime.padded(civil.year, 4)
        case "y": return CivilTime.padded(civil.year % 100)
        case "m": return CivilTime.padded(civil.month)
        case "d": return CivilTime.padded(civil.day)
        case "e": return (civil.day < 10 ? " " : "") + String(civil.day)
        case "H": return CivilTime.padded(civil.hour)
        case "I": return CivilTime.padded(hour12)
        case "M": return CivilTime.padded(civil.minute)
        case "S": return CivilTime.padded(civil.second)
        case "f": return CivilTime.padded(civil.microsecond, 6)
        case "p": return Self.halves[civil.hour < 12 ? 0 : 1]
        case "A": return CivilTime.weekdays[civil.weekday - 1]
        case "a": return String(CivilTime.weekdays[civil.weekday - 1].prefix(3))
        case "B": return CivilTime.months[civil.month - 1]
        case "b", "h": return String(CivilTime.months[civil.month - 1].prefix(3))
        case "j": return CivilTime.padded(civil.dayOfYear, 3)
        case "u": return String(civil.weekday)
        case "w": return String(civil.weekday % 7)
        case "s": return String(value.moment.seconds)
        case "z": return DateTimeText.offsetText(self.offset(of: value).seconds, "")
        case "Z": return self.offset(of: value).abbreviation
        default: return ""
        }
    }

    private static func offset(of value: DateTimeValue) -> TimeZoneRules.Offset {
        value.offset ?? TimeZoneRules.local.offset(ofWallSeconds: value.civil.wallSeconds)
    }

    /// Reads a text that has this format. What the format leaves out is as on 1900-01-01 at midnight.
    ///
    /// - Throws: `ValueError` when the text does not fit.
    func parse(_ text: String) throws(NodeFailure) -> DateTimeValue {
        var scanner = DigitScanner(text)
        var reading = Reading()
        for piece in self.pieces {
            let fits: Bool
            switch piece {
            case .literal(let literal):
                if literal.allSatisfy(\.isWhitespace) { scanner.skipBlanks() }
                fits = literal.allSatisfy { $0.isWhitespace || scanner.take($0) }
            case .field(let field):
                fits = reading.take(field, from: &scanner)
            }
            guard fits else { throw Self.mismatch(text) }
        }
        guard scanner.isAtEnd, let value = reading.value else { throw Self.mismatch(text) }
        return value
    }

    private static func mismatch(_ text: String) -> NodeFailure {
        .value("'\(text.prefix(100))' does not have the format of a date and time that was asked for")
    }

    /// What the fields read so far say.
    private struct Reading {
        var civil = CivilTime(year: 1900)
        var hour12: Int?
        var isAfternoon: Bool?
        var dayOfYear: Int?
        var seconds: Int?
        var offset: TimeZoneRules.Offset?

        mutating func take(_ field: Character, from scanner: inout DigitScanner) -> Bool {
            switch field {
            case "Y": return Self.set(&self.civil.year, scanner.number(4))
            case "y": return Self.set(&self.civil.year, scanner.number(2).map { $0 < 69 ? 2000 + $0 : 1900 + $0 })
            case "m": return Self.set(&self.civil.month, scanner.number(widths: 1...2))
            case "d", "e":
                if field == "e" { scanner.skipBlanks() }
                return Self.set(&self.civil.day, scanner.number(widths: 1...2))
            case "H": return Self.set(&self.civil.hour, scanner.number(widths: 1...2))
            case "M": return Self.set(&self.civil.minute, scanner.number(widths: 1...2))
            case "S": return Self.set(&self.civil.second, scanner.number(widths: 1...2))
            case "f": return Self.set(&self.civil.microsecond, scanner.fraction())
            case "I":
                self.hour12 = scanner.number(widths: 1...2)
                return self.hour12.map((1...12).contains) ?? false
            case "p":
                self.isAfternoon = scanner.name(of: DateTimeFormat.halves).map { $0 == 1 }
                return self.isAfternoon != nil
            case "j":
                self.dayOfYear = scanner.number(widths: 1...3)
                return self.dayOfYear != nil
            case "B", "b", "h":
                let names = CivilTime.months
                let found = scanner.name(of: names) ?? scanner.name(of: names.map { String($0.prefix(3)) })
                return Self.set(&self.civil.month, found.map { $0 + 1 })
            case "A", "a":
                let names = CivilTime.weekdays
                return (scanner.name(of: names) ?? scanner.name(of: names.map { String($0.prefix(3)) })) != nil
            case "u", "w": return scanner.number(1) != nil
            case "s":
                self.seconds = scanner.number(widths: 1...12)
                return self.seconds != nil
            case "z":
                guard let (seconds, count) = DateTimeText.parseOffset(scanner.rest) else { return false }
                scanner.take(offset: count)
                self.offset = TimeZoneRules.Offset(seconds: seconds, abbreviation: DateTimeText.name(seconds))
                return true
            case "Z": return self.takeZone(scanner.letters())
            default: return false
            }
        }

        /// Abbreviations name no zone for sure; these do.
        private mutating func takeZone(_ name: String) -> Bool {
            if ["UTC", "GMT", "Z"].contains(name.uppercased()) {
                self.offset = TimeZoneRules.Offset(seconds: 0, abbreviation: "UTC")
                return true
            }
            return false
        }

        private static func set(_ field: inout Int, _ number: Int?) -> Bool {
            guard let number else { return false }
            field = number
            return true
        }

        var value: DateTimeValue? {
            if let seconds = self.seconds {
                return DateTimeValue(civil: TimeZoneRules.local.civil(Moment(seconds: seconds)), offset: nil)
            }
            var civil = self.civil
            if let hour12 = self.hour12 { civil.hour = hour12 % 12 + (self.isAfternoon == true ? 12 : 0) }
            if let dayOfYear = self.dayOfYear {
                guard (1...(CivilTime.isLeap(civil.year) ? 366 : 365)).contains(dayOfYear) else { return nil }
                let date = CivilTime(dayNumber: CivilTime(year: civil.year).dayNumber + dayOfYear - 1)
                (civil.month, civil.day) = (date.month, date.day)
            }
            return civil.isValid ? DateTimeValue(civil: civil, offset: self.offset) : nil
        }
    }
}
