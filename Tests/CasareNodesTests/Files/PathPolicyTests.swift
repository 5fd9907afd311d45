import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareNodes

@Suite struct PathPolicyTests {
    @Test(arguments: [
        "/etc/shadow", "/proc/self/environ", "/sys/kernel", "/dev/null", "~/.ssh/id_rsa", "$HOME/.aws/credentials",
        "/proc/../etc/shadow", "a/../../b", "/etc/./shadow", "//etc//shadow",
    ])
    func `denied paths are refused for reading and writing`(path: String) async throws {
        try await withRunFolder { folder in
            let read = try await folder.failure("ReadFileNode", ["file_path": .string(path)])
            #expect(read.type == "PathSecurityError")
            #expect(read.outputs["success"] == false)
            let write = try await folder.failure("WriteFileNode", ["file_path": .string(path), "content": "x"])
            #expect(write.type == "PathSecurityError")
        }
    }

    @Test func `a run that moves its home moves no rule`() async throws {
        try await withRunFolder { folder async throws in
            #expect(!AccountHome.directories.isEmpty)
            let moving: Object = ["action": "set", "var_name": "HOME", "value": .string(folder.path)]
            try await folder.perform("SetEnvironmentVarNode", moving)
            try await folder.perform("WriteFileNode", ["file_path": "~/x", "content": "x"])
            #expect(folder.exists("x"))
            for home in AccountHome.directories.map(PathPolicy.canonical) {
                let read = try await folder.failure("ReadFileNode", ["file_path": .string("\(home)/.ssh/casare-none")])
                #expect(read.type == "PathSecurityError", "\(read.message)")
                guard FileManager.default.fileExists(atPath: home) else { continue }
                // Not what the home holds, so that nothing is lost where the rule does not hold.
                let removal = try await folder.failure("DeleteDirectoryNode", ["directory_path": .string(home)])
                #expect(removal.type == "PathSecurityError", "\(removal.message)")
            }
        }
    }

    // To Swift a slash and the mark behind it are one character. The kernel sees the slash.
    @Test(arguments: [
        "../\u{301}x", "a/../\u{301}x", "~/.ssh/\u{301}x", "$HOME/.aws/\u{20D7}x", "/proc/\u{301}x",
        "/etc/shadow/\u{301}x",
    ])
    func `a combining mark hides no slash`(path: String) async throws {
        try await withRunFolder { folder async throws in
            let failure = try await folder.failure("ReadFileNode", ["file_path": .string(path)])
            #expect(failure.type == "PathSecurityError", "\(failure.message)")
        }
    }

    @Test func `a name may begin with a combining mark`() async throws {
        try await withRunFolder { folder async throws in
            try await folder.perform("WriteFileNode", ["file_path": "new/\u{301}x", "content": "x"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/new") == ["\u{301}x"])
            #expect(try await folder.perform("ReadFileNode", ["file_path": "new/\u{301}x"])["content"] == "x")
        }
    }

    @Test func `names that Unicode calls equivalent are two`() async throws {
        try await withRunFolder { folder async throws in
            var bounded = folder
            bounded.policy = NodePolicy(allowedRoots: ["\(folder.path)/\u{E9}"])
            try await bounded.perform("WriteFileNode", ["file_path": "\u{E9}/x", "content": "x"])
            let outside = try await bounded.failure("WriteFileNode", ["file_path": "e\u{301}/x", "content": "x"])
            #expect(outside.type == "PathSecurityError")
            #expect(try folder.names.count == 1)
        }
    }

    @Test(
        arguments: [
            ("/a", "/a", true), ("/a/b", "/a", true), ("/ab", "/a", false), ("/a", "/a/b", false), ("/a", "/", true),
            ("/", "/", true), ("/a/\u{301}b", "/a", true), ("/a\u{301}/b", "/a", false),
            ("/\u{E9}", "/e\u{301}", false),
        ] as [(String, String, Bool)])
    func `a path lies in a directory when its bytes say so`(path: String, directory: String, isInside: Bool) {
        #expect(PathText.isPath(path, inside: directory) == isInside)
    }

    @Test func `paths are taken apart at every slash`() {
        #expect(PathText.components("//a/\u{301}b/./..//") == ["a", "\u{301}b", ".", ".."])
        #expect(PathText.parent(of: "/a/\u{301}b") == "/a")
        #expect(PathText.parent(of: "/\u{301}b") == "/")
        #expect(PathText.name(of: "/a/\u{301}b") == "\u{301}b")
        #expect(PathText.name(of: "/") == "/")
        #expect(PathText.relative("/a/\u{301}b", to: "/a") == "\u{301}b")
        #expect(PathText.relative("/\u{301}b", to: "/") == "\u{301}b")
        #expect(PathText.isAbsolute("/\u{301}b"))
    }

    @Test func `dots inside names are no way up`() async throws {
        try await withRunFolder { folder in
            try await folder.perform("WriteFileNode", ["file_path": "a..b.txt", "content": "x"])
            #expect(folder.exists("a..b.txt"))
        }
    }

    @Test func `a NUL character is refused`() async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("ReadFileNode", ["file_path": "a\0b"])
            #expect(failure.type == "PathSecurityError")
        }
    }

    @Test func `links do not lead around the rules`() async throws {
        try await withRunFolder { folder in
            let manager = FileManager.default
            try manager.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "/etc")
            try manager.createSymbolicLink(atPath: "\(folder.path)/new", withDestinationPath: "/proc/none")
            try manager.createSymbolicLink(atPath: "\(folder.path)/loop", withDestinationPath: "loop")
            #expect(try await folder.failure("ReadFileNode", ["file_path": "link/shadow"]).type == "PathSecurityError")
            let write = try await folder.failure("WriteFileNode", ["file_path": "new", "content": "x"])
            #expect(write.type == "PathSecurityError")
            #expect(try await folder.failure("ReadFileNode", ["file_path": "loop"]).outputs["success"] == false)
            #expect(try await folder.failure("ReadFileNode", ["file_path": "loop/x"]).outputs["success"] == false)
        }
    }

    @Test func `allowed roots bound everything, through links too`() async throws {
        try await withRunFolder { folder in
            try await withRunFolder { other in
                var bounded = folder
                bounded.policy = NodePolicy(allowedRoots: [folder.path])
                try await bounded.perform("WriteFileNode", ["file_path": "a.txt", "content": "x"])
                try other.write("secret", "b.txt")
                let outside = try await bounded.failure("ReadFileNode", ["file_path": .string("\(other.path)/b.txt")])
                #expect(outside.message.contains("outside the directories"))
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder.path)/out", withDestinationPath: other.path)
                #expect(
                    try await bounded.failure("ReadFileNode", ["file_path": "out/b.txt"]).type == "PathSecurityError")
                // A sibling whose name begins alike is not inside.
                let sibling = try await bounded.failure("ReadFileNode", ["file_path": .string(folder.path + "x")])
                #expect(sibling.type == "PathSecurityError")
                let listed = try await bounded.perform("ListDirectoryNode", ["dir_path": ".", "recursive": true])
                #expect(listed["items"] == [.string("\(folder.path)/a.txt")])
            }
        }
    }

    @Test func `dangerous paths need the node's wish and the robot's leave`() async throws {
        try await withRunFolder { folder in
            let inputs: Object = ["file_path": "/proc/version", "allow_dangerous_paths": true]
            #expect(try await folder.failure("ReadFileNode", inputs).type == "PathSecurityError")
            var lenient = folder
            lenient.policy = NodePolicy(allowsDangerousOverrides: true)
            #expect(
                try await lenient.failure("ReadFileNode", ["file_path": "/proc/version"]).type == "PathSecurityError")
            let read = try await lenient.perform("ReadFileNode", inputs)
            #expect(read["content"]?.string?.hasPrefix("Linux") == true)
        }
    }

    @Test func `where paths are not checked, only what the robot keeps to itself is denied`() async throws {
        try await withRunFolder { folder in
            try folder.write("token", "credentials")
            try FileManager.default.createDirectory(atPath: "\(folder.path)/inner", withIntermediateDirectories: true)
            var unchecked = folder
            unchecked.policy = NodePolicy(checksPaths: false, deniedPaths: ["\(folder.path)/credentials"])
            let version = try await unchecked.perform("ReadFileNode", ["file_path": "/proc/version"])
            #expect(version["content"]?.string?.hasPrefix("Linux") == true)
            try await unchecked.perform("WriteFileNode", ["file_path": "inner/../up.txt", "content": "x"])
            #expect(folder.exists("up.txt"))
            let own = try await unchecked.failure("ReadFileNode", ["file_path": "inner/../credentials"])
            #expect(own.type == "PathSecurityError")
            unchecked.policy.allowedRoots = ["\(folder.path)/inner"]
            let outside = try await unchecked.failure("ReadFileNode", ["file_path": "inner/../up.txt"])
            #expect(outside.type == "PathSecurityError")
            #expect(try await unchecked.failure("ReadFileNode", ["file_path": "a\0b"]).type == "PathSecurityError")
        }
    }

    @Test func `the robot's own directories stay denied whatever the node asks`() async throws {
        try await withRunFolder { folder in
            try folder.write("token", "credentials")
            var robot = folder
            robot.policy = NodePolicy(allowsDangerousOverrides: true, deniedPaths: ["\(folder.path)/credentials"])
            let failure = try await robot.failure(
                "ReadFileNode", ["file_path": "credentials", "allow_dangerous_paths": true])
            #expect(failure.type == "PathSecurityError")
            #expect(try await robot.perform("ListFilesNode")["count"] == 0)
        }
    }

    @Test func `variables and the home directory are expanded, the service's own are not`() async throws {
        try await withRunFolder { folder in
            try await folder.perform("SetEnvironmentVarNode", ["action": "set", "var_name": "PLACE", "value": "here"])
            try await folder.perform("WriteFileNode", ["file_path": "$PLACE/${PLACE}-$NOT_SET_AT_ALL", "content": "x"])
            #expect(folder.exists("here/here-$NOT_SET_AT_ALL"))
            let home = try await folder.perform("FileExistsNode", ["path": "~", "check_type": "directory"])
            #expect(home["exists"] == true)
        }
    }
}
