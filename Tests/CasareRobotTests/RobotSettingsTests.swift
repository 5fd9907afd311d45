import CasareClient
import CasareDomain
import CasareEngine
import CasareRobot
import CasareSettings
import Configuration
import Logging
import Testing

struct RobotSettingsTests {
    private static func settings(_ variables: [String: String]) throws -> RobotSettings {
        try RobotSettings(
            config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    private static let url = ["DATABASE_URL": "postgres://u:secret@db/casare", "HOME": "/home/u"]

    @Test func `only the connection is required`() throws {
        let settings = try Self.settings(Self.url)
        #expect(settings.robot.description.id.rawValue.hasPrefix("robot-"))
        #expect(settings.robot.description.slots == 4 && settings.robot.description.environment == "default")
        #expect(settings.robot.description.tags.isEmpty && settings.robot.description.capabilities.isEmpty)
        #expect(settings.robot.workingDirectory == "/home/u/.local/state/casare/runs")
        #expect(settings.leaseDuration == .seconds(30) && settings.robot.shutdownGrace == .seconds(60))
        #expect(!settings.robot.policy.allowsDangerousOverrides && !settings.robot.policy.allowsInternalURLs)
        #expect(!settings.robot.refusesLoosening && settings.robot.policy.traceHosts == .none)
        #expect(settings.logLevel == .info)
        #expect(settings.robot.keptLog == KeptLog(level: .info))
    }

    @Test func `what of its log is kept begins at a level, or is nothing`() throws {
        func kept(_ text: String) throws -> KeptLog? {
            try Self.settings(Self.url.merging(["CASARE_ROBOT_LOG_LEVEL": text]) { _, new in new }).robot.keptLog
        }
        #expect(try kept("Warning") == KeptLog(level: .warning))
        #expect(try kept("none") == nil)
        #expect(try kept("") == KeptLog(level: .info))
        let error = #expect(throws: SettingError.self) { _ = try kept("loud") }
        #expect(error?.variable == "CASARE_ROBOT_LOG_LEVEL" && error?.description.contains("or none") == true)
    }

    @Test func `every variable reaches its place`() throws {
        let settings = try Self.settings([
            "CASARE_URL": "https://casare.example", "CASARE_TOKEN": "crpa_x", "CASARE_ROBOT_ID": "r-1",
            "CASARE_CA_FILE": "/ca.pem", "CASARE_CLIENT_CERTIFICATE": "/robot.pem", "CASARE_CLIENT_KEY": "/robot.key",
            "CASARE_TLS_SERVER_NAME": "casare.internal", "CASARE_INSECURE_SKIP_VERIFY": "yes",
            "CASARE_ROBOT_SLOTS": "7", "CASARE_MAX_CONCURRENT_JOBS": "9", "CASARE_ENVIRONMENT": "live",
            "CASARE_ROBOT_TAGS": " a , b,,", "CASARE_ROBOT_CAPABILITIES": "excel", "CASARE_WORKING_DIRECTORY": "/w",
            "CASARE_LEASE_SECONDS": "3", "CASARE_SHUTDOWN_GRACE": "0", "CASARE_ALLOW_DANGEROUS": "yes",
            "CASARE_ALLOW_INTERNAL_URLS": "1", "CASARE_REFUSE_LOOSENING": "true", "LOG_LEVEL": "error",
            "CASARE_TRACE_HOSTS": "api.example.com, *.example.org",
        ])
        guard case .api("https://casare.example", "crpa_x", let tls) = settings.connection else {
            Issue.record("\(settings.connection)")
            return
        }
        #expect(
            tls
                == TLSSettings(
                    authorityFile: "/ca.pem", certificateFile: "/robot.pem", keyFile: "/robot.key",
                    serverName: "casare.internal", isVerificationOff: true))
        #expect(settings.robot.description.id.rawValue == "r-1" && settings.robot.description.slots == 7)
        #expect(settings.robot.description.environment == "live" && settings.robot.description.tags == ["a", "b"])
        #expect(settings.robot.description.capabilities == ["excel"] && settings.robot.workingDirectory == "/w")
        #expect(settings.leaseDuration == .seconds(3) && settings.robot.shutdownGrace == .zero)
        #expect(settings.robot.policy.allowsDangerousOverrides && settings.robot.policy.allowsInternalURLs)
        #expect(settings.robot.refusesLoosening)
        #expect(settings.robot.policy.traceHosts.contains("a.example.org"))
        #expect(!settings.robot.policy.traceHosts.contains("example.com"))
        #expect(settings.logLevel == .error)
    }

    @Test func `an older name counts when the newer one is not set`() throws {
        let settings = try Self.settings(Self.url.merging(["CASARE_MAX_CONCURRENT_JOBS": "9"]) { $1 })
        #expect(settings.robot.description.slots == 9)
    }

    @Test func `workflows reach no internal address unless the robot is told so`() throws {
        let policy = try Self.settings(Self.url.merging(["CASARE_ALLOW_INTERNAL_URLS": "yes"]) { $1 }).robot.policy
        #expect(policy.allowsInternalURLs && !policy.allowsDangerousOverrides)
        let dangerous = try Self.settings(Self.url.merging(["CASARE_ALLOW_DANGEROUS": "1"]) { $1 }).robot.policy
        #expect(dangerous.allowsDangerousOverrides && !dangerous.allowsInternalURLs)
    }

    @Test(arguments: [
        ("CASARE_ROBOT_SLOTS", "0", "from 1 to 1000"), ("CASARE_MAX_CONCURRENT_JOBS", "x", "from 1 to 1000"),
        ("CASARE_ROBOT_ID", "a/b", "1 to 64 letters"), ("CASARE_LEASE_SECONDS", "2", "whole seconds from 3 to 3600"),
        ("CASARE_SHUTDOWN_GRACE", "1m", "whole seconds from 0 to 3600"),
        ("CASARE_ALLOW_DANGEROUS", "maybe", "true or false"),
        ("CASARE_ALLOW_INTERNAL_URLS", "perhaps", "true or false"),
        ("CASARE_LOG_LEVEL", "loud", "debug"), ("CASARE_TRACE_HOSTS", "https://a.b", "separated by commas"),
        ("DATABASE_URL", "postgres://u:secret@[x", "postgres://"), ("DATABASE_URL", "", "CASARE_URL"),
    ])
    func `a wrong value gives one line that names the variable and what it takes`(
        name: String, value: String, form: String
    ) {
        let error = #expect(throws: SettingError.self) {
            _ = try Self.settings(Self.url.merging([name: value]) { $1 })
        }
        #expect(error?.variable == name)
        let line = error?.description ?? ""
        #expect(line.hasPrefix(name) && line.contains(form) && !line.contains("\n") && !line.contains("secret"))
    }

    @Test(arguments: [
        (["CASARE_URL": "http://h"], "CASARE_TOKEN"),
        (["CASARE_URL": "http://h", "CASARE_TOKEN_FILE": "/no/such/file"], "CASARE_TOKEN_FILE"),
        (["CASARE_URL": "http://h", "CASARE_TOKEN_FILE": "/dev/null"], "CASARE_TOKEN_FILE"),
        (["CASARE_URL": "http://h", "CASARE_TOKEN": "t", "DATABASE_URL": "postgres://db/c"], "DATABASE_URL"),
    ])
    func `half a connection, or two, is refused`(variables: [String: String], name: String) {
        let error = #expect(throws: SettingError.self) { _ = try Self.settings(variables) }
        #expect(error?.variable == name)
    }

    #if DEBUG
        @Test func `faults are read before anything else, so that it can be asked whether a program knows of them`() {
            let error = #expect(throws: SettingError.self) { _ = try Self.settings(["CASARE_FAULTS": "nowhere"]) }
            #expect(error?.variable == "CASARE_FAULTS")
        }
    #endif

    @Test func `a robot that shows a certificate needs no token`() throws {
        let settings = try Self.settings([
            "CASARE_URL": "https://h", "CASARE_CLIENT_CERTIFICATE": "/robot.pem", "CASARE_CLIENT_KEY": "/robot.key",
        ])
        guard case .api(_, let token, let tls) = settings.connection else {
            Issue.record("\(settings.connection)")
            return
        }
        #expect(token == nil && tls.certificateFile == "/robot.pem")
    }

    @Test func `without a token a robot is told the command that makes one`() {
        let error = #expect(throws: SettingError.self) { _ = try Self.settings(["CASARE_URL": "http://h"]) }
        #expect(error?.problem.hasSuffix("with casarectl robot token ID") == true)
    }
}
