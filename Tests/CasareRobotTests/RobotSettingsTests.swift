import CasareEngine
import CasareRobot
import Configuration
import Testing

@Suite struct RobotSettingsTests {
    private static func settings(_ more: [String: String] = [:]) throws -> RobotSettings {
        let variables = ["DATABASE_URL": "postgres://nowhere", "CASARE_ROBOT_ID": "r"].merging(more) { $1 }
        return try RobotSettings(
            config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test func `workflows reach no internal address unless the robot is told so`() throws {
        #expect(try !Self.settings().robot.policy.allowsInternalURLs)
        let policy = try Self.settings(["CASARE_ALLOW_INTERNAL_URLS": "yes"]).robot.policy
        #expect(policy.allowsInternalURLs)
        #expect(!policy.allowsDangerousOverrides)
        #expect(try !Self.settings(["CASARE_ALLOW_DANGEROUS": "1"]).robot.policy.allowsInternalURLs)
        #expect(throws: RobotSettingsError.self) { try Self.settings(["CASARE_ALLOW_INTERNAL_URLS": "perhaps"]) }
    }
}
