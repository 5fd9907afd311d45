/// How parts that do no I/O are handed time zones.
package struct ZoneCatalogue: Sendable {
    /// The rules of a zone by its IANA name, such as `Europe/Berlin`; `nil` for a name that is not known.
    package let rules: @Sendable (_ name: String) -> TimeZoneRules?

    package init(rules: @escaping @Sendable (_ name: String) -> TimeZoneRules?) { self.rules = rules }
}
