import CasareDomain
import CasareEngine
import NIOCore
import NIOHTTP1

/// What the nodes do that make a request and give its answer.
struct HttpActions: Sendable {
    let web: WebClient

    func request(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try await self.request(inputs.firstText("method")?.uppercased() ?? "GET", inputs, environment)
    }

    func request(_ method: String, _ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        // Before anything is sent, so that a wrong name changes nothing.
        let encoding = try inputs.firstText("response_encoding").map { name throws(NodeFailure) in
            try TextEncoding(named: name)
        }
        var request = try HttpRequests.request(HTTPMethod(rawValue: method), inputs, environment)
        try HttpRequests.setBody(inputs, of: &request)
        return try self.result(try await self.web.answer(to: request), encoding)
    }

    func upload(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        var request = try HttpRequests.request(.POST, inputs, environment)
        guard let text = inputs.firstText("file_path") else { throw NodeFailure.value("file_path is required") }
        let file = try await BlockingWork.run {
            try OutgoingFile(PathPolicy(environment).resolve(text))
        }
        let body = MultipartBody(
            file: file, fieldName: inputs.firstText("field_name") ?? "file",
            fields: inputs["extra_fields"].object ?? [:])
        request.headers.replaceOrAdd(name: "Content-Type", value: body.contentType)
        request.body = .multipart(body)
        return try self.result(try await self.web.answer(to: request), nil)
    }

    private func result(_ answer: WebAnswer, _ encoding: TextEncoding?) throws(NodeFailure) -> NodeResult {
        let text = try (encoding ?? HttpText.encoding(of: answer.headers)).decode(answer.bytes, .replace)
        let isGood = (200..<300).contains(answer.status)
        return NodeResult([
            "response_body": .string(text),
            // A body that is no JSON has no value.
            "response_json": (try? Value(parsingJSON: text)) ?? .null,
            "status_code": .int(answer.status), "response_headers": .object(HttpText.fields(answer.headers)),
            NodeResult.retryAfterOutput: self.web.retryAfter(answer.status, answer.headers),
            "success": .bool(isGood), "error": .string(isGood ? "" : "HTTP \(answer.status)"),
        ])
    }

    // MARK: Download

    /// - Parameter statuses: With which an answer is the file.
    func download(
        _ inputs: Inputs, _ environment: NodeEnvironment, statuses: ClosedRange<Int>
    ) async throws -> NodeResult {
        var request = try HttpRequests.request(.GET, inputs, environment)
        request.options.responseBytesMax = WebRequest.Options.transferBytesMax
        guard let text = inputs.firstText("save_path") else { throw NodeFailure.value("save_path is required") }
        let overwrite = inputs.bool("overwrite")
        let makesDirectories = inputs["create_dirs"].bool ?? true
        let path = try await BlockingWork.run {
            let path = try PathPolicy(environment).resolve(text)
            if !overwrite, FileAccess.status(path) != nil {
                throw NodeFailure("FileExistsError", "The file exists already: \(path)")
            }
            if makesDirectories { try FileAccess.makeDirectory(FileAccess.parent(of: path), parents: true) }
            return path
        }
        let pieceBytes = max(inputs.int("chunk_size"), 1)
        let (status, size) = try await self.web.send(request) { response in
            guard statuses.contains(response.status) else {
                throw NodeFailure(
                    "HttpError", "HTTP \(response.status)",
                    outputs: [
                        "status_code": .int(response.status),
                        NodeResult.retryAfterOutput: self.web.retryAfter(response.status, response.headers),
                    ])
            }
            return (response.status, try await Self.save(response, to: path, pieceBytes, overwrite: overwrite))
        }
        return NodeResult([
            "file_path": .string(path), "file_size": .int(size), "status_code": .int(status),
            NodeResult.retryAfterOutput: nil, "success": true, "error": "",
        ])
    }

    /// - Returns: How many bytes there are.
    private static func save(
        _ response: WebResponse, to path: String, _ pieceBytes: Int, overwrite: Bool
    ) async throws -> Int {
        let file = try await BlockingWork.run { try IncomingFile(for: path) }
        do {
            var size = 0
            var waiting: [UInt8] = []
            func write() async throws {
                let bytes = waiting
                waiting = []
                size += bytes.count
                try await BlockingWork.run { try file.append(bytes) }
            }
            try await response.forEachPiece { piece in
                waiting += piece.readableBytesView
                if waiting.count >= pieceBytes { try await write() }
            }
            if !waiting.isEmpty { try await write() }
            try await BlockingWork.run { try file.finish(overwrite: overwrite) }
            return size
        } catch {
            file.discard()
            throw error
        }
    }
}
