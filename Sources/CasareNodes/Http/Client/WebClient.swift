import AsyncHTTPClient
import CasareDomain
import CasareEngine
import Glibc
import NIOCore
import NIOHTTP1

/// Makes the HTTP requests of all nodes, by the rules of node catalogue §0.6.
///
/// An attempt goes through these gates: the server's circuit breaker and rate; then, for the URL and again for every
/// redirect, the address guard. What goes wrong on the way is an attempt that failed, unless trying again cannot help.
package final class WebClient: Sendable {
    private let time: WebTime
    private let traffic: WebTraffic
    private let addresses: AddressGuard
    private let connections: WebConnections

    /// - Parameters:
    ///   - resolver: From names to addresses; the system's by default.
    ///   - authoritiesFile: A PEM file of the authorities to trust, by default the one that `SSL_CERT_FILE` names, else
    ///     the system's.
    ///   - isInternal: Which addresses the guard refuses.
    package init(
        time: WebTime = WebTime(), authoritiesFile: String? = getenv("SSL_CERT_FILE").map { String(cString: $0) },
        resolver: (@Sendable (String) async throws -> [IPAddress])? = nil,
        isInternal: @escaping @Sendable (IPAddress) -> Bool = { $0.isInternal }
    ) {
        self.time = time
        self.traffic = WebTraffic(time: time)
        self.addresses = AddressGuard(
            resolver: resolver ?? { try await NameResolution.addresses(of: $0) }, isInternal: isInternal)
        self.connections = WebConnections(authoritiesFile: authoritiesFile)
    }

    /// Closes what is kept open; only for clients that end before their process.
    package func shutdown() async { await self.connections.shutdown() }

    func now() -> ContinuousClock.Instant { self.time.now() }

    func sleep(for duration: Duration) async throws { try await self.time.sleep(duration) }

    /// The answer, whatever its status.
    ///
    /// - Throws: A `NodeFailure` that tells what happened, when no answer came; `OutcomeUnknown` when the request
    ///   `leavesDoubt` and may have been sent.
    func answer(to request: WebRequest) async throws -> WebAnswer {
        try await self.send(request) { response in
            WebAnswer(status: response.status, headers: response.headers, bytes: try await response.bytes())
        }
    }

    /// Sends a request, as often as its options say, and gives the answer to `read`, which must read it to its end.
    func send<R: Sendable>(
        _ request: WebRequest, _ read: @escaping @Sendable (WebResponse) async throws -> R
    ) async throws -> R {
        let sends = SendCount()
        var attempt = 1
        while true {
            let isLast = attempt >= request.options.attempts
            let delay: Duration
            switch try await self.attempt(request, sends, isLast: isLast, read) {
            case .answer(let result): return result
            case .nothing(let failure):
                if isLast { throw failure }
                delay = self.backoff(request, attempt)
            case .tryAgain(let after):
                delay = after ?? self.backoff(request, attempt)
            }
            try await self.time.sleep(delay)
            attempt += 1
        }
    }

    private func backoff(_ request: WebRequest, _ attempt: Int) -> Duration {
        request.options.backoff.delay(after: attempt, jitter: .random(in: Backoff.jitter))
    }

    // MARK: One attempt

    private enum Attempt<R: Sendable>: Sendable {
        case answer(R)
        case nothing(NodeFailure)
        /// The server says that it cannot answer now, and perhaps when it can.
        case tryAgain(after: Duration?)
    }

    private func attempt<R: Sendable>(
        _ request: WebRequest, _ sends: SendCount, isLast: Bool,
        _ read: @escaping @Sendable (WebResponse) async throws -> R
    ) async throws -> Attempt<R> {
        try await self.traffic.admit(request)
        let progress = RequestProgress()
        do {
            let attempt = try await Self.within(request.options.timeout) {
                try await self.follow(request, progress, sends, isLast: isLast, read)
            }
            if let attempt { return attempt }
            self.traffic.note(.failed, request)
            throw WebFailure.timedOut(request)
        } catch {
            if Task.isCancelled || error is CancellationError { throw CancellationError() }
            if request.options.leavesDoubt, progress.mayHaveBeenSent { throw request.doubt(error) }
            guard let failure = error as? TransportFailure else { throw error }
            return .nothing(failure.failure)
        }
    }

    /// Follows redirects to an answer that is none.
    private func follow<R: Sendable>(
        _ first: WebRequest, _ progress: RequestProgress, _ sends: SendCount, isLast: Bool,
        _ read: @escaping @Sendable (WebResponse) async throws -> R
    ) async throws -> Attempt<R> {
        var request = first
        var redirects = 0
        while true {
            let hop = request
            // The first was admitted before its time began to run.
            if redirects > 0 { try await self.traffic.admit(hop) }
            let step: Step<R>
            do {
                step = try await self.traced(hop, progress, sends) { response in
                    if hop.options.redirectsMax > 0, let location = Redirect.location(response) {
                        self.traffic.note(.answered, hop)
                        return .redirect(status: response.status, to: location)
                    }
                    return .ended(try await self.ending(of: hop, response, isLast: isLast, read))
                }
            } catch {
                self.traffic.note(error is TransportFailure ? .failed : .abandoned, hop)
                throw error
            }
            switch step {
            case .ended(let attempt): return attempt
            case .redirect(let status, let location):
                redirects += 1
                let next = Redirect.request(after: request, status: status, to: try request.url.resolving(location))
                if [307, 308].contains(status) { progress.sentElsewhere() }
                guard redirects <= first.options.redirectsMax else {
                    throw NodeFailure(
                        "NetworkError",
                        "\(first.displayURL) redirects more than \(first.options.redirectsMax) times (max_redirects)")
                }
                request = next
            }
        }
    }

    private enum Step<R: Sendable>: Sendable {
        case ended(Attempt<R>)
        case redirect(status: Int, to: String)
    }

    private func ending<R: Sendable>(
        of request: WebRequest, _ response: WebResponse, isLast: Bool,
        _ read: @Sendable (WebResponse) async throws -> R
    ) async throws -> Attempt<R> {
        let isServing = ![502, 503, 504].contains(response.status)
        if !isServing { self.traffic.note(.failed, request) }
        if !isLast, !isServing || response.status == 429 {
            let asked = self.retryAfter(response.headers)
            if (asked ?? .zero) <= Backoff.retryAfterMax { return .tryAgain(after: asked) }
        }
        do {
            let result = try await read(response)
            if isServing { self.traffic.note(.answered, request) }
            return .answer(result)
        } catch let failure as NodeFailure {
            if isServing { self.traffic.note(.answered, request) }
            throw failure
        }
    }

    private func retryAfter(_ headers: HTTPHeaders) -> Duration? {
        headers.first(name: "Retry-After").flatMap { Backoff.retryAfter($0, now: self.time.date()) }
    }

    /// For how many seconds the server wants to be left alone that answered like this; null when it does not say so.
    func retryAfter(_ status: Int, _ headers: HTTPHeaders) -> Value {
        guard [429, 503].contains(status), let asked = self.retryAfter(headers) else { return .null }
        return .double(min(asked / .seconds(1), RetryPolicy.delaySecondsMax))
    }

    // MARK: One exchange

    /// Sends the request, in a span of its own.
    private func traced<R>(
        _ request: WebRequest, _ progress: RequestProgress, _ sends: SendCount,
        _ receive: (WebResponse) async throws -> R
    ) async throws -> R {
        let span = WebSpan(request, resends: sends.next())
        do {
            let result = try await self.exchange(request, span.headers, progress) { response in
                span.answered(response.status)
                return try await receive(response)
            }
            span.end()
            return result
        } catch {
            // What is cancelled because its time is up cannot tell itself.
            let elapsed = ContinuousClock.now - progress.startedAt
            let isOver = error is CancellationError && elapsed >= request.options.timeout
            span.end(after: isOver ? WebFailure.timedOut(request) : error)
            throw error
        }
    }

    /// Sends the request to one of the addresses of its server: the first that takes the connection.
    private func exchange<R>(
        _ request: WebRequest, _ headers: HTTPHeaders, _ progress: RequestProgress,
        _ receive: (WebResponse) async throws -> R
    ) async throws -> R {
        let addresses = try await self.addresses(for: request)
        let proxyAddress = try await self.proxyAddress(for: request)
        for (position, address) in addresses.enumerated() {
            let route = WebConnections.Route(
                host: request.url.host, address: address, proxy: request.options.proxy, proxyAddress: proxyAddress,
                verifiesCertificates: request.options.verifiesCertificates,
                decompressedBytesMax: request.options.responseBytesMax)
            let start = ContinuousClock.now
            do {
                return try await self.connections.withClient(for: route) { client, connections in
                    progress.handingOver(connections)
                    let response = try await client.execute(
                        request.clientRequest(with: headers), deadline: .now() + TimeAmount(request.options.timeout))
                    progress.answerBegan()
                    return try await receive(WebResponse(response, to: request))
                }
            } catch {
                let place = (proxyAddress ?? address)?.description ?? request.url.host
                let described = WebFailure.describing(error, request, at: place, after: .now - start)
                let mayGoOn = (described as? TransportFailure)?.neverConnected ?? false
                // What the client's own errors say of TLS and of the proxy is of the time before the request; a failure
                // that was one from the beginning is of the file that was being sent.
                if mayGoOn || described is NodeFailure && !(error is NodeFailure) { progress.connectionFailed() }
                if !mayGoOn || position == addresses.count - 1 { throw described }
            }
        }
        preconditionFailure("The guard gives at least one address, and the last one's error is thrown")
    }

    /// Servers have many addresses at times; after so many the rest will not answer either.
    private static let addressesMax = 4

    /// `nil` in place of an address: a proxy knows the name, and nobody here does. Then it says where to go; it has
    /// passed the guard itself, and what it alone can reach is not the robot's network.
    private func addresses(for request: WebRequest) async throws -> [IPAddress?] {
        do {
            let all = try await self.addresses.addresses(
                of: request.url.host, allowsInternal: request.options.allowsInternalAddresses)
            return Array(all.prefix(Self.addressesMax))
        } catch let failure as TransportFailure {
            if request.options.proxy == nil { throw failure }
            return [nil]
        }
    }

    private func proxyAddress(for request: WebRequest) async throws -> IPAddress? {
        guard let proxy = request.options.proxy else { return nil }
        return try await self.addresses.addresses(
            of: proxy.host, allowsInternal: request.options.allowsInternalAddresses
        ).first
    }

    /// Runs `body` and cancels it when the time is up; `nil` then.
    static func within<R: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> R
    ) async throws -> R? {
        try await withThrowingTaskGroup(of: R?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleepInSlices(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            // Two children: the first to end decides.
            return try await group.next() ?? nil
        }
    }
}

extension WebRequest {
    fileprivate func clientRequest(with headers: HTTPHeaders) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: self.url.text)
        request.method = self.method
        request.headers = self.headers
        request.headers.add(contentsOf: headers)
        switch self.body {
        case .none: break
        case .bytes(let bytes): request.body = .bytes(bytes)
        case .multipart(let multipart): request.body = .stream(multipart, length: .known(multipart.length))
        }
        return request
    }
}
