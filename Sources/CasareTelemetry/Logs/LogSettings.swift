package import CasareSettings
package import Configuration
package import Logging

/// What a program is told of its log by its environment.
package struct LogSettings: Hashable, Sendable {
    package var level: Logger.Level
    package var format: LogFormat
    /// What the program is called in lines of JSON, as in all that it sends.
    package var service: String

    /// - Parameter level: of a program that is told it otherwise; `nil`: as the environment says.
    /// - Throws: for a format that is none, and for a level where it is read.
    package init(
        config: ConfigReader, program: TelemetryProgram, level: Logger.Level? = nil
    ) throws(SettingError) {
        // Written out, because `??` would widen the type of what is thrown.
        if let level { self.level = level } else { self.level = try Setting.logLevel.value(in: config) }
        self.format = try Setting.logFormat.value(in: config)
        var reader = VariableReader(config)
        // What it warns of, `TelemetrySettings` does.
        self.service = reader.givenAttributes()["service.name"]?.description ?? program.rawValue
    }

    /// A logger on standard error.
    ///
    /// - Parameters:
    ///   - level: another one than the settings say.
    ///   - sink: is given all that is logged; `nil` for what must not be sent, such as what sending itself logs.
    package func makeLogger(label: String, level: Logger.Level? = nil, sink: LogSink? = nil) -> Logger {
        CasareLogHandler.makeLogger(
            label: label, level: level ?? self.level, format: self.format, service: self.service, sink: sink)
    }
}
