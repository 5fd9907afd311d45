/// Files below a folder of a robot that appear, change or go, as a trigger chooses among them.
public struct FileSource: Hashable, Sendable {
    public enum Event: String, Hashable, Sendable, Codable, CaseIterable {
        case created, modified, deleted
    }

    public static let pathCharactersMax = 4000
    public static let patternsMax = 50
    public static let patternCharactersMax = 255
    /// Of waiting for quiet.
    public static let quietSecondsMax = 3600.0
    public static let pollSecondsRange = 0.5...3600.0
    public static let ignoreDefault = ["*.tmp", "~*", ".casare-*"]

    /// Of the folder, on the robot; absolute, or from the robot's home with `~`.
    public var path: String
    /// A file counts whose name, or the end of its path, is like one of them. One at least.
    public var patterns: [String]
    /// Folders below the folder count too.
    public var isRecursive: Bool
    /// One at least.
    public var events: [Event]
    /// What happens to a file in so many seconds is one event.
    public var debounceSeconds: Double
    /// A file counts once its size and time of change were the same for so long.
    public var settledSeconds: Double
    /// Files and folders like one of them do not count.
    public var ignore: [String]
    /// Files that are there when the watch begins count as created.
    public var takesExisting: Bool
    public var pollSeconds: Double
    /// Who watches; `nil`: any robot of the environment.
    public var robot: Robot.ID?
    public var variables: VariableMapping

    public init(
        path: String, patterns: [String] = ["*"], isRecursive: Bool = false,
        events: [Event] = [.created, .modified], debounceSeconds: Double = 1, settledSeconds: Double = 2,
        ignore: [String] = FileSource.ignoreDefault, takesExisting: Bool = false, pollSeconds: Double = 2,
        robot: Robot.ID? = nil, variables: VariableMapping = VariableMapping()
    ) {
        self.path = path
        self.patterns = patterns
        self.isRecursive = isRecursive
        self.events = events
        self.debounceSeconds = debounceSeconds
        self.settledSeconds = settledSeconds
        self.ignore = ignore
        self.takesExisting = takesExisting
        self.pollSeconds = pollSeconds
        self.robot = robot
        self.variables = variables
    }

    /// Which files are looked at: what was seen of them counts for as long as this is the same.
    var identity: [String] {
        ["file", self.path, self.isRecursive ? "recursive" : "flat"] + self.patterns.map { "+\($0)" }
            + self.ignore.map { "-\($0)" }
    }
}
