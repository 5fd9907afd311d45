import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Workflow files packed by gzip and Zstandard.
struct PackedWorkflowTests {
    /// Made by gzip and zstd of one and the same workflow, whose name is "packed".
    private static let packed = [
        "w.json.gz": """
        H4sIAAAAAAACAy2MsQqAMAxE/+VmF1c/wkVwLbGNImotNhZF/HdTaaa7e4882FjIkRCaB542RoNAdmGHt4LfHcdMIssvaDdyh2x1LD0dMw0rtzqj\
        gt39OE/ZSwWY8vFSmmg9Ndev3gfo2sWZdwAAAA==
        """,
        "w.json.zst": """
        KLUv/QRYBQMAQoYUGYA56eSPjYWlEfXZ0Je1SyAWE1YQOnAwoyNrrQWwm0iu+awwmpVtQAooHZ+LKdCEcAjiBlnBdpdFGsWUZVY2U0zos8Yejlu2\
        qxxa2ZeHl1VWAQMAVcgCPLOMtEoPAQbfYQ==
        """,
    ]

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: Self.packed[name] ?? "")))
    }

    @Test(arguments: Self.packed.keys.sorted())
    func `a packed workflow is read like any other`(name: String) throws {
        try withFolder { folder in
            try Data(try Self.bytes(name)).write(to: URL(filePath: "\(folder)/\(name)"))
            #expect(try WorkflowBundle.load(.file("\(folder)/\(name)")).name == "packed")
            // Also under another name, and as what another workflow calls.
            try Data(try Self.bytes(name)).write(to: URL(filePath: "\(folder)/other.json"))
            try CasareCLITests.write(
                """
                {"nodes": {"s": {"node_type": "SubflowNode", "config": {"subflow_path": "\(name)"}},
                           "t": {"node_type": "SubflowNode", "config": {"subflow_path": "other.json"}}}}
                """, to: folder + "/main.json")
            let bundle = try WorkflowBundle.load(.file(folder + "/main.json"))
            #expect(bundle.document["subflows"]?[name]?["metadata"]?["name"] == "packed")
            #expect(bundle.document["subflows"]?["other.json"]?["metadata"]?["name"] == "packed")
        }
    }

    @Test(arguments: Self.packed.keys.sorted())
    func `commands that take a workflow take a packed one, from stdin too`(name: String) throws {
        let bytes = try Self.bytes(name)
        try withFolder { folder in
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
            let submit = try SubmitCommand.parse(["\(folder)/\(name)"])
            #expect(try submit.request().document?["metadata"]?["name"] == "packed")
            guard let program = BuiltProgram.casarectl else { return }
            for (arguments, input) in [([name], []), (["-"], bytes)] {
                let run = try program.run(["run", "-o", "json"] + arguments, in: folder, input: input)
                #expect(run.status == 0, "\(run.errors)")
                #expect(try Value(parsingJSON: run.output)["workflow"] == "packed")
                let validation = try program.run(["workflow", "validate"] + arguments, in: folder, input: input)
                #expect(validation.status == 0, "\(validation.output)\(validation.errors)")
            }
        }
    }

    @Test(arguments: ["w.json.gz", "w.json.zst", "folder/w.json.gz"])
    func `what is named like a packed workflow is a file, there or not`(name: String) {
        #expect(WorkflowSource(name) == .document(.file(name)))
    }

    @Test func `what is not packed as its name says is refused with its name`() throws {
        try withFolder { folder in
            for name in ["w.json.gz", "w.json.zst"] {
                try CasareCLITests.write("{}", to: "\(folder)/\(name)")
                let failure = #expect(throws: CommandFailure.self) {
                    try WorkflowBundle.load(.file("\(folder)/\(name)"))
                }
                #expect(failure?.message == "\(folder)/\(name) is neither gzip nor Zstandard data, as its name says")
            }
        }
    }

    /// However little of it is missing.
    @Test(arguments: Self.packed.keys.sorted())
    func `a packed workflow that is cut off is refused with its name`(name: String) throws {
        let bytes = try Self.bytes(name)
        try withFolder { folder in
            for count in 4..<bytes.count {
                try Data(bytes.prefix(count)).write(to: URL(filePath: "\(folder)/\(name)"))
                let failure = #expect(throws: CommandFailure.self, "\(count) of \(bytes.count) bytes") {
                    try WorkflowBundle.load(.file("\(folder)/\(name)"))
                }
                #expect(failure?.message.hasPrefix("cannot unpack \(folder)/\(name): ") == true)
            }
        }
    }

    @Test func `a small file that unpacks to more than a workflow may have is refused`() throws {
        // A million zero bytes, made by zstd; several of these in a row are one stream.
        let million = "KLUv/QRoTAAACAABAPz/ORACAgAQAAIAEAACABAAAgAQAAIAEAACABAAAxIKAMyuyjk="
        let bytes = Array(try #require(Data(base64Encoded: million)))
        try withFolder { folder in
            try Data(repeatElement(bytes, count: 17).joined()).write(to: URL(filePath: folder + "/w.json.zst"))
            let failure = #expect(throws: CommandFailure.self) {
                try WorkflowBundle.load(.file(folder + "/w.json.zst"))
            }
            #expect(failure?.message.contains("more than \(TextInput.bytesMax) bytes") == true)
        }
    }
}
