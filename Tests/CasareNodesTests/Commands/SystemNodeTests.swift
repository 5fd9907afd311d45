import CasareDomain
import CasareEngine
import FoundationEssentials
import Glibc
import Testing

@Suite struct SystemNodeTests {
    @Test func `a variable is read, and its absence is no failure`() async throws {
        try await withRunFolder { folder in
            let path = try await folder.perform("EnvironmentVariableNode", ["var_name": "PATH"])
            #expect(path["exists"] == true)
            #expect(path["result_value"]?.string?.contains("/bin") == true)
            let none = try await folder.perform("EnvironmentVariableNode", ["var_name": "NOT_SET_AT_ALL"])
            #expect(none == ["result_value": "", "exists": false, "success": true])
            #expect(try await folder.perform("EnvironmentVariableNode")["success"] == false)
        }
    }

    @Test func `a variable that is set is seen by this run and its programs only`() async throws {
        try await withRunFolder { folder in
            let set: Object = ["action": "set", "var_name": "GREETING", "value": "hello"]
            #expect(try await folder.perform("EnvironmentVariableNode", set)["success"] == true)
            let read = try await folder.perform("EnvironmentVariableNode", ["var_name": "GREETING"])
            #expect(read["result_value"] == "hello")
            let program = try await folder.perform("RunCommandNode", ["command": "printenv GREETING"])
            #expect(program["stdout"] == "hello\n")
            var other = folder
            other.run = "another"
            let elsewhere = try await other.perform("EnvironmentVariableNode", ["var_name": "GREETING"])
            #expect(elsewhere["exists"] == false)
            let system = try await folder.perform("EnvironmentVariableNode", set.merging(["scope": "system"]))
            #expect(system["success"] == false)
            let noName = try await folder.perform("EnvironmentVariableNode", set.merging(["var_name": "A=\u{301}B"]))
            #expect(noName["success"] == false)
        }
    }

    @Test func `the service's own variables are hidden from workflows and their programs`() async throws {
        setenv("CASARE_TEST_SECRET", "s3cret", 1)
        try await withRunFolder { folder in
            let read = try await folder.perform("EnvironmentVariableNode", ["var_name": "CASARE_TEST_SECRET"])
            #expect(read["exists"] == false)
            let program = try await folder.perform("RunCommandNode", ["command": "printenv"])
            #expect(program["stdout"]?.string?.contains("s3cret") == false)
            #expect(program["stdout"]?.string?.contains("PATH=") == true)
            let set: Object = ["action": "set", "var_name": "CASARE_TEST_SECRET", "value": "x"]
            #expect(try await folder.perform("EnvironmentVariableNode", set)["success"] == false)
        }
    }

    @Test func `setting a variable is repeated on replay, reading is not`() {
        let type = RunFolder.type("EnvironmentVariableNode")
        #expect(type.effectFor?([:]) == .captured)
        #expect(type.effectFor?(["action": "set"]) == .pure)
        #expect(RunFolder.type("SetEnvironmentVarNode").effectFor?([:]) == .pure)
    }

    @Test func `base64 goes both ways and refuses what is none`() async throws {
        try await withRunFolder { folder in
            let encoded = try await folder.perform("Base64Node", ["input_text": "Grüße"])
            #expect(encoded == ["output": "R3LDvMOfZQ==", "success": true])
            let decoded = try await folder.perform("Base64Node", ["action": "decode", "input_text": "R3LDvM\nOfZQ=="])
            #expect(decoded["output"] == "Grüße")
            for text in ["", "%%%", "/w=="] {
                let failure = try await folder.failure("Base64Node", ["action": "decode", "input_text": .string(text)])
                #expect(failure.outputs["success"] == false)
            }
        }
    }
}
