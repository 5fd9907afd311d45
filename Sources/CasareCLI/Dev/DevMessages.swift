/// What `casarectl dev` tells the person who started it.
enum DevMessages {
    /// On stdout once everything is up.
    ///
    /// - Parameter keepsAll: whether there is a database.
    static func ready(
        _ settings: DevSettings, url: ServerURL, isCurrentContext: Bool, keepsAll: Bool = true
    ) -> String {
        let with = isCurrentContext ? "" : " --context \(DevSettings.contextName)"
        let robot =
            settings.runsRobot
            ? "one, with \(Count.text(settings.slots, "slot"))" : "none: jobs wait until one connects"
        return """
            Casare is ready.

              URL      \(url)
              context  \(DevSettings.contextName)\(isCurrentContext ? ", in use" : "")
              robot    \(robot)
              data     \(keepsAll ? settings.dataFolder : "in memory: every workflow and job is lost when this ends")

            In another terminal:

              casarectl submit workflow.json --wait\(with)
              casarectl job list\(with)

            ^C stops everything; \(keepsAll ? "the data stays" : "nothing is kept").

            """
    }

    /// On stderr, at the start.
    ///
    /// - Parameter variables: that are set for the service, and are not read; `nil` where there are none.
    static func unread(_ variables: [String], isInMemory: Bool) -> String? {
        guard !variables.isEmpty else { return nil }
        let names = variables.joined(separator: ", ")
        return isInMemory
            ? "casarectl: without a database the settings of the service mean nothing: \(names)"
            : "casarectl: not read by casarectl dev, which has its own: \(names); casarectl dev --help says which are"
    }

    /// On stderr, when somebody has drained or stopped the robot.
    static let robotEnded =
        "casarectl: the robot \(DevSettings.robotName) was asked to end, and has ended: jobs wait. "
        + "Stop casarectl dev with ^C and start it again to have the robot back"

    /// For whoever has no PostgreSQL.
    static let memoryAdvice =
        "or try casarectl dev --memory, which needs none and loses every workflow and job when it ends"

    static func reset(_ settings: DevSettings) -> String {
        "delete every workflow and job below \(settings.dataFolder)"
    }
}
