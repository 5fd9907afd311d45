/// Takes apart what a server of events sends (HTML §9.2.6), piece by piece.
struct EventStreamParser: Sendable {
    struct Event: Hashable, Sendable {
        var type: String
        var data: String
        /// `nil`: the event has none of its own.
        var id: String?
    }

    /// Of one line, and of all lines of an event; the rest of it is left out.
    static let eventBytesMax = 196_608

    /// Where the stream has got to: the server is told so when the robot comes back.
    private(set) var lastID: String?
    /// How long to wait before coming back, where the server says so. Milliseconds.
    private(set) var retryMilliseconds: Int?

    private var line: [UInt8] = []
    private var isAtStart = true
    private var endedWithReturn = false
    private var type = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var id: String?

    init(lastID: String?) { self.lastID = lastID }

    /// - Returns: the events that are whole by now. One that the connection ends in the middle of never is.
    mutating func receive(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            // A return and a line feed are one end, also when a piece ends between them.
            let isSecondOfPair = byte == 0x0A && self.endedWithReturn
            self.endedWithReturn = byte == 0x0D
            if isSecondOfPair { continue }
            guard byte == 0x0A || byte == 0x0D else {
                if self.line.count < Self.eventBytesMax { self.line.append(byte) }
                continue
            }
            if let event = self.endLine() { events.append(event) }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        var line = self.line[...]
        if self.isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        self.isAtStart = false
        defer { self.line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return self.endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == 0x20 { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": self.type = String(decoding: value, as: UTF8.self)
        case "data":
            if self.hasData { self.data.append(0x0A) }
            self.hasData = true
            self.data += value.prefix(max(0, Self.eventBytesMax - self.data.count))
        case "id":
            if !value.contains(0) { self.id = String(decoding: value, as: UTF8.self) }
        case "retry":
            // Digits and nothing else.
            if !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) {
                self.retryMilliseconds = Int(String(decoding: value, as: UTF8.self))
            }
        // A comment, whose name is empty, or what is not known.
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> Event? {
        if let id = self.id { self.lastID = id.isEmpty ? nil : id }
        defer { (self.type, self.data, self.hasData, self.id) = ("", [], false, nil) }
        guard self.hasData else { return nil }
        let id = self.id.flatMap { $0.isEmpty ? nil : $0 }
        return Event(
            type: self.type.isEmpty ? "message" : self.type, data: String(decoding: self.data, as: UTF8.self), id: id)
    }
}
