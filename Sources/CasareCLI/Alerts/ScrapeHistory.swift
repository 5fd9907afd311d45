import CasareDomain

/// What a server told of its metrics at one moment, as far as rules ask for it.
struct Scrape: Hashable, Sendable {
    /// Seconds since 1970.
    let at: Double
    /// Whose they are: of several orchestrators behind one address each counts for itself.
    let instance: String
    let text: String

    /// - Parameters:
    ///   - text: the answer of `/metrics`.
    ///   - server: names the instance where the answer does not.
    /// - Throws: For what is no answer of `/metrics`, and for a pattern that cannot be read.
    init(_ text: String, of server: String, at: Double, for rules: RuleSet) throws(PromQLError) {
        let exposition = try ExpositionText(text)
        var named: [String: [SelectorFilter]] = [:]
        var unnamed: [SelectorFilter] = []
        for selector in Set(rules.selectors.map(Self.withoutTarget)) where !selector.matchers.isEmpty {
            let filter = try SelectorFilter(selector)
            if let name = selector.name { named[name, default: []].append(filter) } else { unnamed.append(filter) }
        }
        let target = exposition.lines.first { $0.labels[PromQLLabels.name] == "target_info" }
        self.at = at
        self.instance = target?.labels["service_instance_id"] ?? server
        self.text = exposition.lines.filter { line in
            let filters = named[line.labels[PromQLLabels.name] ?? ""] ?? []
            return filters.contains { $0.matches(line.labels) } || unnamed.contains { $0.matches(line.labels) }
        }.map { $0.text + "\n" }.joined()
    }

    init(at: Double, instance: String, text: String) {
        self.at = at
        self.instance = instance
        self.text = text
    }

    /// What Prometheus knows of a target stands in no answer.
    private static func withoutTarget(_ selector: PromQLSelector) -> PromQLSelector {
        PromQLSelector(matchers: selector.matchers.filter { $0.label != "job" && $0.label != "instance" }, place: 0..<0)
    }
}

/// Scrapes of one server, the oldest first, and how many of them are worth keeping.
struct ScrapeHistory: Hashable, Sendable {
    /// No rule looks back further than three days; the hour lets the oldest scrape stand before that.
    static let ageSecondsMax = 3.0 * 86_400 + 3600
    /// What is older than the first number of seconds is kept once in the second.
    static let thinning = [(after: 3600.0, every: 300.0), (after: 86_400.0, every: 1800.0)]
    static let bytesMax = 16 * 1_048_576
    /// What is further ahead is of a clock that was set back since.
    static let aheadSecondsMax = 60.0

    private(set) var scrapes: [Scrape] = []

    /// Adds a scrape, and lets go of what is too old, too dense or too much.
    mutating func add(_ scrape: Scrape) {
        self.scrapes.removeAll { $0.at > scrape.at + Self.aheadSecondsMax }
        self.scrapes.append(scrape)
        self.scrapes.sort { $0.at < $1.at }
        self.prune(now: scrape.at)
    }

    private mutating func prune(now: Double) {
        var kept: [Scrape] = []
        var bytes = 0
        var last: [String: (slot: Double, every: Double)] = [:]
        // From the newest on, as that is what must be kept.
        for scrape in self.scrapes.reversed() {
            let age = now - scrape.at
            guard age <= Self.ageSecondsMax else { break }
            if let every = Self.thinning.last(where: { age > $0.after })?.every {
                let slot = (scrape.at / every).rounded(.down)
                if let known = last[scrape.instance], known == (slot, every) { continue }
                last[scrape.instance] = (slot, every)
            }
            bytes += scrape.text.utf8.count
            guard bytes <= Self.bytesMax || kept.isEmpty else { break }
            kept.append(scrape)
        }
        self.scrapes = kept.reversed()
    }

    /// As Prometheus would have stored them: with the program and the instance, and with the end of series that an
    /// instance does not tell of any more.
    ///
    /// - Throws: For a scrape that is no answer of `/metrics`.
    func store() throws(PromQLError) -> SampleStore {
        var store = SampleStore()
        var told: [String: Set<PromQLLabels>] = [:]
        for scrape in self.scrapes {
            var now: Set<PromQLLabels> = []
            for line in try ExpositionText(scrape.text).lines {
                // A label without a value is none.
                var labels = line.labels.filter { !$0.value.isEmpty }
                labels["job"] = AlertEvaluation.job
                labels["instance"] = scrape.instance
                now.insert(labels)
                store.add(labels, line.value, at: scrape.at)
            }
            for gone in told[scrape.instance]?.subtracting(now) ?? [] { store.add(gone, nil, at: scrape.at) }
            told[scrape.instance] = now
        }
        return store
    }
}

/// Where the scrapes of a server are kept between two calls: a JSON text a line, readable by its owner only.
struct ScrapeFile: Sendable {
    /// A history as long as it may be, as JSON.
    static let bytesMax = 4 * ScrapeHistory.bytesMax

    let path: String
    /// Scrapes of other servers that had the same name are not looked at.
    let server: String

    init(path: String, server: String) {
        self.path = path
        self.server = server
    }

    /// - Parameter name: the context, or the server's host.
    init(named name: String, server: String, in environment: Environment) throws(CommandFailure) {
        let file = String(
            name.unicodeScalars.map { scalar in
                let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                return isPlain || "-_".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
            })
        self.init(path: try UserFolders.state(environment) + "/alerts/\(file).jsonl", server: server)
    }

    /// No file: no scrapes. A line that is none is left out: what was measured before is of use, and not more.
    ///
    /// - Throws: For a file that cannot be read, or is larger than any that was written here.
    func load() throws(CommandFailure) -> ScrapeHistory {
        let bytes: [UInt8]
        do throws(CommandFailure) {
            bytes = try TextInput.file(self.path).readBytes(bytesMax: Self.bytesMax)
        } catch {
            guard error.status == .notFound else { throw error }
            return ScrapeHistory()
        }
        var history = ScrapeHistory()
        let scrapes = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line -> Scrape? in
            guard let json = try? Value(parsingJSON: Array(line)), json["server"]?.string == self.server,
                let at = json["at"]?.double, let instance = json["instance"]?.string,
                let text = json["metrics"]?.string, (try? ExpositionText(text)) != nil
            else { return nil }
            return Scrape(at: at, instance: instance, text: text)
        }
        history.restore(scrapes)
        return history
    }

    /// Replaces the file in one step.
    func save(_ history: ScrapeHistory) throws(CommandFailure) {
        let folder = String(self.path.prefix(upTo: self.path.lastIndex(of: "/") ?? self.path.startIndex))
        try UserFolders.create(folder)
        let lines = history.scrapes.map { scrape in
            let line: Value = [
                "at": .double(scrape.at), "server": .string(self.server), "instance": .string(scrape.instance),
                "metrics": .string(scrape.text),
            ]
            return line.jsonText(.compact) + "\n"
        }
        try PrivateFile(path: self.path, mayReplace: true).write(lines.joined())
    }
}

extension ScrapeHistory {
    /// Takes over what was kept.
    fileprivate mutating func restore(_ scrapes: [Scrape]) { self.scrapes = scrapes.sorted { $0.at < $1.at } }

    /// Takes over what others have seen meanwhile.
    mutating func merge(_ other: ScrapeHistory) {
        let known = Set(self.scrapes)
        self.restore(self.scrapes + other.scrapes.filter { !known.contains($0) })
    }
}
