import CasareDomain

@testable import CasareRobot

extension RobotTelemetry {
    /// That of a robot at which nobody looks.
    static var unobserved: RobotTelemetry {
        RobotTelemetry(
            of: RobotDescription(
                id: Robot.ID(rawValue: "robot")!, environment: "default", tags: [], capabilities: [], slots: 1))
    }
}
