/// What a tenant says about the safety rules that its jobs run under. What it leaves open, the robot decides.
public struct SafetyPolicy: Hashable, Sendable {
    /// The raw values are the names that people and programs write.
    public enum Switch: String, Hashable, Sendable, CaseIterable, CodingKey {
        /// On: files are reached only where the path rules allow it.
        case pathRules = "path_rules"
        /// On: the commands of the deny-list are refused, and shell syntax too.
        case commandRules = "command_rules"
        /// On: requests reach no address of the robot's machine and network.
        case urlRules = "url_rules"
        /// On: a node's `allow_dangerous_paths`, `allow_dangerous` and `allow_internal_urls` count.
        case nodeOverrides = "node_overrides"
        /// On: nodes may run the code that a workflow carries.
        case scripts

        /// Whether "on" is the stricter position.
        public var isRule: Bool {
            switch self {
            case .pathRules, .commandRules, .urlRules: true
            case .nodeOverrides, .scripts: false
            }
        }
    }

    private var settings: [Switch: Bool]

    public init(_ settings: [Switch: Bool] = [:]) { self.settings = settings }

    /// `nil` where the robot decides.
    public subscript(_ name: Switch) -> Bool? {
        get { self.settings[name] }
        set { self.settings[name] = newValue }
    }

    /// What holds on a robot where its own setting is `own`.
    ///
    /// - Parameter isTighteningOnly: the robot takes nothing that is less strict than its own setting.
    public func effective(_ name: Switch, own: Bool, isTighteningOnly: Bool) -> Bool {
        guard let wanted = self[name] else { return own }
        // The code of workflows is not a rule's matter: a robot that runs none, runs none.
        guard isTighteningOnly || name == .scripts else { return wanted }
        return name.isRule ? own || wanted : own && wanted
    }
}

/// An object with a member per switch: true, false, or null where the robot decides.
extension SafetyPolicy: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Switch.self)
        self.init()
        for name in Switch.allCases {
            self[name] = try container.decodeIfPresent(Bool.self, forKey: name)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Switch.self)
        for name in Switch.allCases {
            try container.encodeIfPresent(self[name], forKey: name)
        }
    }
}
