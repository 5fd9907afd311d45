/// What `casarectl dev` tells the person who started it.
enum DevMessages {
    /// On stdout once everything is up.
    static func ready(_ settings: DevSettings, url: ServerURL, isCurrentContext: Bool) -> String {
        let with = isCurrentContext ? "" : " --context \(DevSettings.contextName)"
        let robot =
            settings.runsRobot
            ? "one, with \(Count.text(settings.slots, "slot"))" : "none: jobs wait until one connects"
        return """
            Casare is ready.

              URL      \(url)
              context  \(DevSettings.contextName)\(isCurrentContext ? ", in use" : "")
              robot    \(robot)
              data     \(settings.dataFolder)

            In another terminal:

              casarectl submit workflow.json --wait\(with)
              casarectl job list\(with)

            ^C stops everything; the data stays.

            """
    }

    static func reset(_ settings: DevSettings) -> String {
        "delete every workflow and job below \(settings.dataFolder)"
    }
}
