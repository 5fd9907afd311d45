package import CasareDomain
package import CasareEngine
import FoundationEssentials
import NIOHTTP1

/// Watches feeds: of news, of events that servers send, and of mails.
package struct FeedWatcher: Watcher {
    private let web: WebClient

    package init(_ web: WebClient) { self.web = web }

    package func watch(_ watch: Watch, in environment: WatchEnvironment) async throws {
        guard case .feed(let source) = watch.source else {
            throw NodeFailure.value("The watch of \(watch.name) is not of a feed")
        }
        let secret = watch.secret?.reveal() ?? ""
        let interval = Duration.seconds(source.pollSeconds)
        switch source.origin {
        case .rss(let rss):
            try await Polling.run(
                NewsLooking(
                    web: self.web, request: rss.request, secret: secret, environment: environment,
                    state: NewsState(source, rss, stored: watch.state)),
                every: interval, in: environment)
        case .sse(let sse):
            try await EventStreamWatch(
                web: self.web, source: source, sse: sse, secret: secret, environment: environment
            ).run(from: watch.state)
        case .imap(let imap):
            try await Polling.run(
                MailLooking(
                    source: source, imap: imap, secret: secret, environment: environment,
                    state: MailState(stored: watch.state)),
                every: interval, in: environment)
        }
    }
}

private struct NewsLooking: Looking {
    private static let timeout = Duration.seconds(60)
    private static let accept = "application/rss+xml, application/atom+xml, application/xml, text/xml, */*;q=0.5"

    let web: WebClient
    let request: FeedRequest
    let secret: String
    let environment: WatchEnvironment
    var state: NewsState

    mutating func look() async throws -> Look {
        var request = try self.request.webRequest(
            secret: self.secret, accept: Self.accept, timeout: Self.timeout, self.environment.policy)
        if let tag = self.state.entityTag { request.headers.add(name: "If-None-Match", value: tag) }
        if let date = self.state.lastModified { request.headers.add(name: "If-Modified-Since", value: date) }
        let answer = try await self.web.answer(to: request)
        if answer.status == 304 { return Look() }
        guard answer.status == 200 else {
            throw NodeFailure("NetworkError", "\(request.displayURL) answered with status \(answer.status)")
        }
        return self.state.looked(
            at: try NewsFeed(answer.bytes), entityTag: answer.headers.first(name: "ETag"),
            lastModified: answer.headers.first(name: "Last-Modified"), now: WatchText.time(self.environment.now()))
    }
}

extension FeedRequest {
    /// - Parameters:
    ///   - accept: what kinds of answers are understood.
    ///   - timeout: for the whole of it.
    func webRequest(
        secret: String, accept: String, timeout: Duration, _ policy: NodePolicy
    ) throws(NodeFailure) -> WebRequest {
        var headers = try HttpRequests.fields(
            Object(self.headers.map { ($0.name, Value.string($0.value)) }))
        var options = WebRequest.Options(timeout: timeout, allowsInternalAddresses: policy.allowsInternalURLs)
        switch self.auth.kind {
        case .none: break
        case .basic:
            let pair = "\(self.auth.username ?? ""):\(secret)"
            headers.replaceOrAdd(
                name: "Authorization", value: "Basic \(Data(pair.utf8).base64EncodedString())")
        case .bearer: headers.replaceOrAdd(name: "Authorization", value: "Bearer \(secret)")
        case .header:
            headers.replaceOrAdd(name: self.auth.header ?? "", value: secret)
            // What is a secret in this header is told to this server only.
            options.redirectsMax = 0
        }
        for (name, value) in [("User-Agent", HttpRequests.userAgent), ("Accept", accept)]
        where !headers.contains(name: name) {
            headers.add(name: name, value: value)
        }
        return WebRequest(method: .GET, url: try WebURL(self.url), headers: headers, options: options)
    }
}
