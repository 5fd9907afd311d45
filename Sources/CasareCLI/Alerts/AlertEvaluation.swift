import CasareTelemetry

/// Evaluates rules over what was measured. It does no I/O.
struct AlertEvaluation {
    /// What Prometheus calls the server that was asked.
    static let job = "casare-orchestrator"

    let rules: RuleSet

    /// - Parameters:
    ///   - store: without the results of recording rules, which are made here.
    ///   - now: seconds since 1970.
    /// - Returns: every alert: a finding for each series that fires, or one that says why there is none.
    /// - Throws: `.usage` for an expression whose parts do not go together; it names the rule.
    func findings(over store: SampleStore, at now: Double) throws(CommandFailure) -> [AlertFinding] {
        var store = store
        let begin = store.begin ?? now
        var reach = Reach()
        for rule in self.rules.recordings {
            let elements = try Self.elements(rule.expression, PromQLEvaluator(store: store, now: now), rule.name)
            for element in elements {
                var labels = element.labels.merging(rule.labels) { _, own in own }
                labels[PromQLLabels.name] = rule.name
                store.add(labels, element.value, at: now)
            }
            reach.note(rule)
        }
        let evaluator = PromQLEvaluator(store: store, now: now)
        var findings: [AlertFinding] = []
        for rule in self.rules.alerts {
            let partial = reach.limit(of: rule.expression, begin: begin, now: now)
            let elements = try Self.elements(rule.expression, evaluator, rule.name)
            findings +=
                elements.isEmpty
                ? [AlertFinding(quiet: rule, partial: partial)]
                : elements.map { AlertFinding(rule, $0, partial: partial) }
        }
        return findings
    }

    private static func elements(
        _ expression: PromQLExpression, _ evaluator: PromQLEvaluator, _ rule: String
    ) throws(CommandFailure) -> [PromQLValue.Element] {
        do throws(PromQLError) {
            switch try evaluator.value(of: expression) {
            case .vector(let elements): return elements
            case .scalar(let number): return [PromQLValue.Element(labels: [:], value: number)]
            case .string: throw PromQLError("its expression is a text")
            }
        } catch {
            throw CommandFailure(.usage, "the rule \(rule) cannot be evaluated: \(error)")
        }
    }
}

/// How far back expressions look, and whether they ask for what no orchestrator tells.
struct Reach {
    private struct Needs {
        var seconds = 0.0
        var foreign: Set<String> = []
    }

    /// By the names of recording rules.
    private var recorded: [String: Needs] = [:]
    /// What robots report themselves.
    private static let ofRobots = KnownMetrics.names(by: [.robot])

    /// Recording rules come in an order in which those are known already that they ask for.
    mutating func note(_ rule: RecordingRule) {
        let own = self.needs(of: rule.expression)
        let known = self.recorded[rule.name] ?? Needs()
        self.recorded[rule.name] = Needs(
            seconds: max(known.seconds, own.seconds), foreign: known.foreign.union(own.foreign))
    }

    private func needs(of expression: PromQLExpression) -> Needs {
        var needs = Needs()
        for (selector, seconds) in expression.selectors {
            let inner = selector.name.flatMap { self.recorded[$0] }
            needs.seconds = max(needs.seconds, seconds + (inner?.seconds ?? 0))
            needs.foreign.formUnion(inner?.foreign ?? [])
            guard let name = selector.name else { continue }
            if Self.ofRobots.contains(name) || !Self.isOfServer(selector) { needs.foreign.insert(name) }
        }
        return needs
    }

    /// Whether a condition on the program lets the server in that was asked.
    private static func isOfServer(_ selector: PromQLSelector) -> Bool {
        let place = selector.place
        let onJob = PromQLSelector(matchers: selector.matchers.filter { $0.label == "job" }, place: place)
        // A pattern that cannot be read is told of where it is used.
        guard let filter = try? SelectorFilter(onJob) else { return true }
        return filter.matches(["job": AlertEvaluation.job])
    }

    /// - Parameter begin: of what was measured, in seconds since 1970.
    /// - Returns: `nil`: all that the expression asks for is there.
    func limit(of expression: PromQLExpression, begin: Double, now: Double) -> String? {
        let needs = self.needs(of: expression)
        var limits: [String] = []
        if begin > now - needs.seconds {
            limits.append(
                "it looks back \(TimeSpan.text(seconds: needs.seconds)), and the history goes back "
                    + TimeSpan.text(seconds: now - begin))
        }
        if !needs.foreign.isEmpty {
            limits.append("robots report \(needs.foreign.sorted().joined(separator: ", ")), not this server")
        }
        return limits.isEmpty ? nil : limits.joined(separator: "; ")
    }
}

/// What Prometheus calls the metrics of this version.
enum KnownMetrics {
    static var all: Set<String> { Self.names(by: Set(Instrument.Reporter.allCases)) }

    /// - Returns: the names of series, those of histograms with what stands behind them.
    static func names(by reporters: Set<Instrument.Reporter>) -> Set<String> {
        var names: Set<String> = []
        for instrument in InstrumentCatalogue.all where reporters.contains(instrument.reporter) {
            let series = PrometheusName.series(of: instrument)
            switch instrument.kind {
            case .counter, .upDownCounter, .gauge: names.insert(series)
            case .histogram: names.formUnion(["_bucket", "_sum", "_count"].map { series + $0 })
            }
        }
        return names
    }
}
