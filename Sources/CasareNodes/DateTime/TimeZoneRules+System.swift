import CasareDomain
import Glibc

extension TimeZoneRules {
    /// The zone of this machine, by the rules of tzset(3): `TZ`, else /etc/localtime. Read once.
    static let local: TimeZoneRules = {
        if let variable = getenv("TZ") {
            let name = String(cString: variable).drop { $0 == ":" }
            if name.isEmpty { return .utc }
            if name.hasPrefix("/") {
                return TimeZoneRules(path: String(name)) ?? .utc
            }
            return TimeZoneRules(named: String(name)) ?? PosixZone(String(name)).map(TimeZoneRules.init(posix:)) ?? .utc
        }
        return TimeZoneRules(path: "/etc/localtime") ?? .utc
    }()

    /// - Parameter name: An IANA name such as `Europe/Berlin`, `UTC`, or a fixed offset such as `+02:00`.
    init?(named name: String) {
        if let seconds = Self.fixedOffset(name) {
            self.init(fixed: Offset(seconds: seconds, abbreviation: "UTC" + DateTimeText.offsetText(seconds, ":")))
            return
        }
        let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/_+-".contains($0)) }
        guard isName, !name.isEmpty, !name.hasPrefix("/") else { return nil }
        if ["UTC", "GMT", "Z"].contains(name.uppercased()) {
            self.init(fixed: Offset(seconds: 0, abbreviation: name.uppercased() == "GMT" ? "GMT" : "UTC"))
            return
        }
        let directory = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
        self.init(path: "\(directory)/\(name)")
    }

    private init?(path: String) {
        guard let content = try? FileAccess.read(PathPolicy.canonical(path)) else { return nil }
        self.init(file: content)
    }

    private static func fixedOffset(_ text: String) -> Int? {
        guard let first = text.first, first == "+" || first == "-" else { return nil }
        return DateTimeText.parseOffset(text[...])?.seconds
    }

    func civil(_ moment: Moment) -> CivilTime {
        CivilTime(
            wallSeconds: moment.seconds + self.offset(at: moment.seconds).seconds, microsecond: moment.microseconds)
    }

    func moment(of civil: CivilTime) -> Moment {
        let wall = civil.wallSeconds
        return Moment(seconds: wall - self.offset(ofWallSeconds: wall).seconds, microseconds: civil.microsecond)
    }
}
