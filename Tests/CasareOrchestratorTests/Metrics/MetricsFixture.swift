import AsyncHTTPClient
import CasareDomain
import NIOCore
import NIOHTTP1
import Testing

/// What a scrape brought.
struct Scrape: Sendable {
    let status: Int
    let contentType: String
    let text: String

    /// The values of a metric by their labels, as they are written.
    func values(_ name: String) -> [String: Double] {
        var values: [String: Double] = [:]
        for line in self.text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let place = line.lastIndex(of: " ") else { continue }
            let series = line[..<place]
            guard series.prefix(while: { $0 != "{" }) == name else { continue }
            values[String(series.dropFirst(name.count))] = Double(line[place...].dropFirst())
        }
        return values
    }

    /// The value of the series with just these labels; `nil`: there is none.
    subscript(name: String, labels: [String: String]) -> Double? {
        let text = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
        return self.values(name)[text.isEmpty ? "" : "{\(text)}"]
    }
}

extension OrchestratorFixture {
    func scrape(_ token: String?, accept: String? = nil) async throws -> Scrape {
        var request = HTTPClientRequest(url: self.url + "/metrics")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let accept { request.headers.add(name: "Accept", value: accept) }
        let response = try await self.http.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 16 * 1024 * 1024)
        return Scrape(
            status: Int(response.status.code), contentType: response.headers.first(name: "Content-Type") ?? "",
            text: String(buffer: body))
    }

    func scrape(as role: Role = .viewer) async throws -> Scrape { try await self.scrape(self.tokens[role]) }
}
