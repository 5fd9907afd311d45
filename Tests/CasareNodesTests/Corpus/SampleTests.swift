import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Testing

/// The samples of `Tests/Corpus/samples`: with those of `original/`, all 45 that came with the system that users come
/// from (workflow format §12).
struct SampleTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        enum Ending: Sendable {
            /// It succeeds, having run that many nodes.
            case success(nodes: Int)
            /// It fails at this node, with an error that holds this text.
            case failure(at: String, String)
        }

        let file: String
        let ending: Ending
        /// Texts that stand at the end of its last log lines, in order.
        var logs: [String] = []
        /// How many of its nodes validation warns of as not supported.
        var unsupported = 0

        var testDescription: String { self.file }

        init(_ file: String, _ ending: Ending, logs: [String] = [], unsupported: Int = 0) {
            self.file = file
            self.ending = ending
            self.logs = logs
            self.unsupported = unsupported
        }
    }

    private static let samples: [Sample] = [
        Sample(
            "batch_1_2_lists", .success(nodes: 15), logs: ["All list tests passed! Joined: apple, banana, cherry"]),
        Sample("batch_1_4_math", .success(nodes: 18)),
        Sample("batch_2_1_files", .success(nodes: 10), logs: ["All FileSystemSuperNode tests passed!"]),
        Sample("batch_2_3_system", .success(nodes: 9)),
        Sample("batch_3_2_browser_interaction", .failure(at: "browser_launch", "needs a browser"), unsupported: 5),
        Sample("batch_5_2_expression", .success(nodes: 5), logs: ["Expression result: 50"]),
        Sample(
            "batch_6_2_more_triggers", .success(nodes: 6),
            logs: [
                "EmailTriggerNode executed", "RSSFeedTriggerNode executed", "SSETriggerNode executed",
                "All additional trigger nodes tested!",
            ]),
        Sample(
            "batch_6_4_remaining_triggers", .success(nodes: 9),
            logs: [
                "ChatTriggerNode OK", "FormTriggerNode OK", "ErrorTriggerNode OK", "AppEventTriggerNode OK",
                "All remaining triggers tested!",
            ]),
        Sample("batch_7_2_error_handling", .success(nodes: 9), logs: ["Error handling nodes tested!"]),
        Sample("batch_7_3_ftp", .failure(at: "ftp_connect", "Cannot look up ftp.example.invalid")),
        Sample("batch_7_5_dialogs", .failure(at: "message_box", "MessageBoxNode"), unsupported: 12),
        Sample("batch_7_6_email", .failure(at: "send_email", "from_email is required")),
        Sample("batch_7_7_documents", .failure(at: "excel_open", "ExcelOpenNode"), unsupported: 13),
        Sample("batch_7_8_desktop_input", .failure(at: "mouse_click", "MouseClickNode"), unsupported: 8),
        Sample("batch_7_9_windows", .failure(at: "get_window_list", "GetWindowListNode"), unsupported: 11),
        Sample("batch_8_1_gmail", .failure(at: "gmail_list", "GmailListEmailsNode"), unsupported: 15),
        Sample("batch_8_2_sheets", .failure(at: "sheets_create", "SheetsCreateSpreadsheetNode"), unsupported: 15),
        Sample("batch_8_3_drive", .failure(at: "drive_list", "DriveListFilesNode"), unsupported: 12),
        Sample("batch_8_4_telegram", .failure(at: "telegram_send", "TelegramSendMessageNode"), unsupported: 9),
        Sample("batch_8_5_whatsapp", .failure(at: "wa_send", "WhatsAppSendMessageNode"), unsupported: 7),
        Sample("batch_8_7_more_system", .failure(at: "list_services", "ListServicesNode"), unsupported: 7),
        Sample(
            "simple_notepad_workflow", .failure(at: "launch_notepad", "LaunchApplicationNode"), unsupported: 5),
        Sample("task_1", .success(nodes: 24), logs: ["The total sum is: 15"]),
        Sample("task_3", .success(nodes: 5), logs: ["The final result is: 40"]),
        Sample("task_5", .failure(at: "launch_browser", "needs a browser"), unsupported: 3),
        Sample("task_7", .success(nodes: 3), logs: ["The content length is: 21 bytes."]),
        Sample("task_9", .success(nodes: 2), logs: [#"Dictionary content: {"status":"ok","code":200}"#]),
    ]

    @Test(arguments: samples)
    func `a sample does what it must`(sample: Sample) async throws {
        // No test asks for the real host, and nobody has this one (RFC 6761 §6.4).
        let text = try Self.text(sample.file).replacing("ftp.example.com", with: "ftp.example.invalid")
        let (result, warnings) = try await Self.run(text)
        #expect(warnings.count { $0.code == "UNSUPPORTED_NODE_TYPE" } == sample.unsupported)
        let errors = (result["node_errors"]?.list ?? []).map { $0.jsonText(.compact) }
        switch sample.ending {
        case .success(let nodes):
            #expect(result["success"] == true, "\(result["error"]?.string ?? "")")
            #expect(result["trace"]?.list?.count == nodes)
        case .failure(let node, let text):
            #expect(result["success"] == false)
            #expect(errors.count == 1)
            #expect(errors.first?.contains(#""\#(node)""#) == true, "\(errors)")
            #expect(errors.first?.contains(text) == true, "\(errors)")
        }
        let logs = (result["logs"]?.list ?? []).compactMap(\.string).suffix(sample.logs.count)
        #expect(logs.count == sample.logs.count)
        for (line, expected) in zip(logs, sample.logs) { #expect(line.hasSuffix(expected), "\(line)") }
    }

    @Test func `figures and identifiers come out of their nodes`() async throws {
        let (math, _) = try await Self.run(try Self.text("batch_1_4_math"))
        #expect(math["node_outputs"]?["math_length"]?["result"] == 11)
        #expect(math["logs"]?.list?.last?.string?.split(separator: " ").last?.count == 36)
        let (system, _) = try await Self.run(try Self.text("batch_2_3_system"))
        let days = system["logs"]?.list?.last?.string?.split(separator: " ").last.flatMap { Double($0) }
        #expect(days.map { $0 > 900 } == true)
        let output = system["node_outputs"]?["run_command"]?["stdout"]?.string
        #expect(output?.contains("Hello from RunCommandNode") == true)
    }

    @Test func `the sample of HTTP requests talks to its server`() async throws {
        try await WebServer.with { request in
            .text(#"{"method": "\#(request.method)", "data": \#(request.body.isEmpty ? "null" : request.body)}"#)
        } _: { server in
            let text = try Self.text("batch_4_1_http").replacing("https://httpbin.org", with: server.url)
            let (result, _) = try await Self.run(text, policy: NodePolicy(allowsInternalURLs: true))
            #expect(result["success"] == true, "\(result["error"]?.string ?? "")")
            #expect(result["node_outputs"]?["parse_json"]?["data"]?["data"] == ["test": "data"])
            let line = result["logs"]?.list?.last?.string
            #expect(line?.hasSuffix("GET status: 200, POST status: 200") == true)
        }
    }

    @Test func `every sample is looked at`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).map { $0.dropLast(5) }
        #expect(Set(files) == Set(Self.samples.map { $0.file[...] } + ["batch_4_1_http"]))
        let original = Corpus.all.count { $0.path.contains("/original/") }
        #expect(files.count + original == 45)
    }

    private static let folder: String = {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return "\(root)/Corpus/samples"
    }()

    private static func text(_ sample: String) throws -> String {
        try String(contentsOf: URL(filePath: "\(Self.folder)/\(sample).json"), encoding: .utf8)
    }

    /// The result of a run in a folder of its own, and what validation found.
    private static func run(
        _ text: String, policy: NodePolicy = .standard
    ) async throws -> (result: Object, issues: [ValidationIssue]) {
        let (parsed, _) = WorkflowDocument.parse(text: text)
        let document = try #require(parsed)
        let program = try Program(document, catalogue: StandardNodes.catalogue)
        return try await withTemporaryDirectory { directory in
            let driver = RunDriver(
                program: program, runID: "sample", options: Job.Options(trace: true), variables: [:],
                journal: MemoryJournal(),
                environment: RunEnvironment(workingDirectory: directory, policy: policy))
            guard case .finished(let result, _, _) = try await driver.run() else {
                throw NodeFailure("none", "The run did not finish")
            }
            return (result.json, document.validate(against: StandardNodes.catalogue))
        }
    }
}
