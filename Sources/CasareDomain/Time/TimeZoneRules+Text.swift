package import FoundationEssentials

extension TimeZoneRules {
    /// What the zone's clock shows at a moment, with its offset from UTC, in ISO 8601: `2026-03-29T03:00:00+02:00`.
    /// Fractions of a second and of an offset's minute are left out.
    package func isoText(at moment: Date) -> String {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down))
        let offset = self.offset(at: seconds).seconds
        let minutes = abs(offset) / 60
        return CivilTime(wallSeconds: seconds + offset).isoText + (offset < 0 ? "-" : "+")
            + CivilTime.padded(minutes / 60) + ":" + CivilTime.padded(minutes % 60)
    }
}
