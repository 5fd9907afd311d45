package import CasareSettings

/// What a line of the log looks like.
package enum LogFormat: String, Hashable, Sendable, CaseIterable {
    /// For people: the local time, the level, the label, metadata, the module, the message.
    case pretty
    /// For programs: an object for each line.
    case json
}

extension Setting where Value == LogFormat {
    /// The same for every service.
    package static var logFormat: Setting<LogFormat> {
        Setting(
            "CASARE_LOG_FORMAT", form: "one of " + LogFormat.allCases.map(\.rawValue).joined(separator: ", "),
            standard: .pretty, standardText: LogFormat.pretty.rawValue,
            "What lines of the log look like: made for people, or an object of JSON each."
        ) { LogFormat(rawValue: $0.lowercased()) }
    }
}
