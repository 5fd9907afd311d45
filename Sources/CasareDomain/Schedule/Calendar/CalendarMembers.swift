/// The members of a JSON object that a person wrote, each read once. What is not known is refused: it would count for
/// nothing.
struct CalendarMembers {
    private let object: Object
    private let path: [CalendarError.Step]

    /// - Throws: where it is no object, or has a member that is not among `names`.
    init(_ json: Value, _ names: [String], _ path: [CalendarError.Step]) throws(CalendarError) {
        guard case .object(let object) = json else {
            throw CalendarError(
                path, "it is \(json.kindName); expected an object with \(names.joined(separator: ", "))")
        }
        if let unknown = object.keys.first(where: { !names.contains($0) }) {
            let advice =
                Spelling.nearest(to: unknown, among: names).map { "did you mean \($0)?" }
                ?? "the members are \(names.joined(separator: ", "))"
            throw CalendarError(path + [.member(unknown)], "there is no such member; \(advice)")
        }
        self.object = object
        self.path = path
    }

    /// `nil` counts as missing.
    func value(_ name: String) -> Value? {
        guard let value = self.object[name], !value.isNull else { return nil }
        return value
    }

    func has(_ name: String) -> Bool { self.value(name) != nil }

    func place(_ name: String) -> [CalendarError.Step] { self.path + [.member(name)] }

    func fault(_ name: String, _ reason: String) -> CalendarError { CalendarError(self.place(name), reason) }

    /// - Throws: where it is there, and `read` cannot make anything of it.
    func member<Read>(_ name: String, _ expected: String, _ read: (Value) -> Read?) throws(CalendarError) -> Read? {
        guard let value = self.value(name) else { return nil }
        guard let result = read(value) else {
            throw self.fault(name, "expected \(expected), got \(Self.short(value))")
        }
        return result
    }

    func text(_ name: String, max: Int) throws(CalendarError) -> String? {
        try self.member(name, "a text of 1 to \(max) characters") { value in
            guard let text = value.string, !text.isEmpty, text.count <= max, !text.utf8.contains(0) else { return nil }
            return text
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _: Choice.Type = Choice.self
    ) throws(CalendarError) -> Choice? where Choice.RawValue == String {
        try self.member(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))") { value in
            value.string.flatMap { Choice(rawValue: $0) }
        }
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(CalendarError) -> Int? {
        try self.member(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") { value in
            value.int.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func bool(_ name: String) throws(CalendarError) -> Bool? {
        try self.member(name, "true or false") { $0.bool }
    }

    func day(_ name: String) throws(CalendarError) -> CalendarDay? {
        try self.member(name, "a day such as 2026-12-25") { value in value.string.flatMap { CalendarDay($0) } }
    }

    /// Minutes after midnight.
    func timeOfDay(_ name: String) throws(CalendarError) -> Int? {
        try self.member(name, "a time of day such as 09:00, up to 24:00") { value in
            value.string.flatMap(DayHours.minutes)
        }
    }

    func required<Read>(_ name: String, _ value: Read?) throws(CalendarError) -> Read {
        guard let value else { throw self.fault(name, "is required") }
        return value
    }

    /// - Parameter read: is given the place of each element.
    func list<Read>(
        _ name: String, max: Int, _ read: (Value, [CalendarError.Step]) throws(CalendarError) -> Read
    ) throws(CalendarError) -> [Read]? {
        guard let value = self.value(name) else { return nil }
        guard let elements = value.list else {
            throw self.fault(name, "expected a list, got \(Self.short(value))")
        }
        guard elements.count <= max else {
            throw self.fault(name, "it has \(elements.count) elements; at most \(max) are allowed")
        }
        var result: [Read] = []
        for (position, element) in elements.enumerated() {
            result.append(try read(element, self.place(name) + [.position(position)]))
        }
        return result
    }

    /// The longest part of a wrong value that a message repeats.
    private static let charactersShownMax = 60

    private static func short(_ value: Value) -> String {
        switch value {
        case .null, .list, .object: value.kindName
        case .bool, .int, .double, .string:
            String(value.jsonText(.compact).prefix(Self.charactersShownMax))
        }
    }
}
