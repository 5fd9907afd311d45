import CasareDomain
import FoundationEssentials

/// What a clock on the wall shows, as ISO 8601 has it: `2026-03-29T03:00:00+02:00`.
enum LocalTime {
    static func text(_ moment: Date, _ rules: TimeZoneRules) -> String {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down))
        let offset = rules.offset(at: seconds).seconds
        let minutes = abs(offset) / 60
        return CivilTime(wallSeconds: seconds + offset).isoText + (offset < 0 ? "-" : "+")
            + CivilTime.padded(minutes / 60) + ":" + CivilTime.padded(minutes % 60)
    }
}
