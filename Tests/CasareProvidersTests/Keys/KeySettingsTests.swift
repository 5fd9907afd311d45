import CasareProviders
import CasareSettings
import CasareStore
import CasareTestSupport
import Configuration
import FoundationEssentials
import Testing

/// Where a process takes its keys from.
struct KeySettingsTests {
    private static let key = String(repeating: "5a", count: 32)
    private static let other = String(repeating: "11", count: 32)
    private static let id = SealingKey(text: key)?.id ?? ""
    private static let otherID = SealingKey(text: other)?.id ?? ""

    private static func ring(_ variables: [String: String]) throws(SettingError) -> KeyRing? {
        try KeySettings.ring(
            in: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    private static func problem(_ variables: [String: String]) -> SettingError? {
        do throws(SettingError) {
            _ = try self.ring(variables)
            return nil
        } catch {
            return error
        }
    }

    private static func write(_ text: String, to path: String, permissions: Int = 0o600) {
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: permissions])
    }

    @Test func `a key comes from a variable, a file or a command, and from nowhere else`() async throws {
        #expect(try Self.ring([:]) == nil)
        #expect(try Self.ring(["CASARE_SEALING_KEY": Self.key])?.ids == [Self.id])
        #expect(try Self.ring(["CASARE_SEALING_KEY_COMMAND": "echo \(Self.key)"])?.ids == [Self.id])
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/key"
            Self.write("\(Self.key)\n", to: path)
            let ring = try Self.ring(["CASARE_SEALING_KEY_FILE": path])
            #expect(ring?.ids == [Self.id])
        }
    }

    @Test func `there is one current key`() throws {
        let both = Self.problem(["CASARE_SEALING_KEY": Self.key, "CASARE_SEALING_KEY_COMMAND": "echo \(Self.other)"])
        #expect(both?.variable == "CASARE_SEALING_KEY_COMMAND" && both?.problem.contains("CASARE_SEALING_KEY") == true)
        let same = try Self.ring(["CASARE_SEALING_KEY": Self.key, "CASARE_SEALING_FORMER_KEYS": Self.key])
        #expect(same?.ids == [Self.id])
        let alone = Self.problem(["CASARE_SEALING_FORMER_KEYS": Self.key])
        #expect(alone?.variable == "CASARE_SEALING_FORMER_KEYS")
    }

    @Test func `former keys stand in the variable or in files`() async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/former"
            Self.write(String(repeating: "22", count: 32), to: path)
            let ring = try Self.ring([
                "CASARE_SEALING_KEY": Self.key, "CASARE_SEALING_FORMER_KEYS": "\(Self.other), \(path)",
            ])
            let ids = try #require(ring).ids
            #expect(ids.count == 3 && ids.first == Self.id && ids.contains { $0 == Self.otherID })
        }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o660])
    func `a file that others may read is refused`(permissions: Int) async throws {
        try await withTemporaryDirectory { folder in
            let path = "\(folder)/key"
            Self.write(Self.key, to: path, permissions: permissions)
            // What the process's mask took away is what this is about.
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
            let problem = Self.problem(["CASARE_SEALING_KEY_FILE": path])
            #expect(problem?.variable == "CASARE_SEALING_KEY_FILE" && problem?.problem.contains("chmod 600") == true)
        }
    }

    @Test(arguments: [
        ["CASARE_SEALING_KEY": "hunter2"], ["CASARE_SEALING_KEY_COMMAND": "echo hunter2"],
        ["CASARE_SEALING_KEY_COMMAND": "exit 3"], ["CASARE_SEALING_KEY_COMMAND": "yes hunter2"],
        ["CASARE_SEALING_KEY_FILE": "/nowhere/at/all"],
        ["CASARE_SEALING_KEY": String(repeating: "5a", count: 32), "CASARE_SEALING_FORMER_KEYS": "hunter2"],
    ])
    func `what is no key is told of by its variable, and not repeated`(variables: [String: String]) {
        let problem = Self.problem(variables)
        #expect(problem.map { variables.keys.contains($0.variable) } == true)
        #expect(problem?.description.contains("hunter2") == false)
    }
}
