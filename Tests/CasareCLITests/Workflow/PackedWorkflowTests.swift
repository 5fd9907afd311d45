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

    private static func write(_ base64: String, to path: String) throws {
        try #require(Data(base64Encoded: base64)).write(to: URL(filePath: path))
    }

    @Test(arguments: Self.packed.keys.sorted())
    func `a packed workflow is read like any other`(name: String) throws {
        try withFolder { folder in
            try Self.write(try #require(Self.packed[name]), to: "\(folder)/\(name)")
            #expect(try WorkflowBundle.load(.file("\(folder)/\(name)")).name == "packed")
            // Also under another name, and as what another workflow calls.
            try Self.write(try #require(Self.packed[name]), to: "\(folder)/other.json")
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

    @Test func `what is not packed as its name says, or is damaged, is refused with its name`() throws {
        try withFolder { folder in
            try CasareCLITests.write("{}", to: folder + "/w.json.gz")
            let plain = #expect(throws: CommandFailure.self) { try WorkflowBundle.load(.file(folder + "/w.json.gz")) }
            #expect(plain?.message == "\(folder)/w.json.gz is neither gzip nor Zstandard data, as its name says")
            var bytes = Array(try #require(Data(base64Encoded: Self.packed["w.json.zst"] ?? "")))
            bytes.removeLast(40)
            try Data(bytes).write(to: URL(filePath: folder + "/w.json.zst"))
            let damaged = #expect(throws: CommandFailure.self) {
                try WorkflowBundle.load(.file(folder + "/w.json.zst"))
            }
            #expect(damaged?.message.hasPrefix("cannot unpack \(folder)/w.json.zst: ") == true)
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
