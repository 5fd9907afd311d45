/// What must hold of every query of the dashboards.
enum QueryRules {
    /// What is wrong with it, in sentences.
    static func problems(in query: String) throws -> [String] {
        let read = try PromQL(query)
        var problems = Self.unknown(in: read)
        for selector in read.selectors {
            for metric in selector.metrics {
                guard let series = KnownSeries.all[metric] else { continue }
                problems += Self.misuses(of: metric, series, in: selector, joined: read.joined)
            }
        }
        return problems
    }

    /// Metrics and labels that there are not.
    static func unknown(in read: PromQL) -> [String] {
        var problems = read.selectors.isEmpty ? ["it asks for no series"] : []
        for selector in read.selectors {
            if selector.metrics.isEmpty { problems.append("it asks for series of any name") }
            for metric in selector.metrics {
                guard let series = KnownSeries.all[metric] else {
                    problems.append("\(metric) is not emitted")
                    continue
                }
                problems += selector.labels.filter { !series.labels.contains($0) }.map { "\(metric) has no \($0)" }
            }
        }
        let labels = Self.labels(of: read.selectors)
        return problems + read.matched.filter { !labels.contains($0) }.map { "nothing has \($0)" }
    }

    private static func misuses(
        of metric: String, _ series: KnownSeries, in selector: PromQL.Selector, joined: [String]
    ) -> [String] {
        var problems: [String] = []
        let groupings = selector.calls.flatMap(\.grouping)
        problems += groupings.filter { !series.labels.contains($0) && !joined.contains($0) }
            .map { "\(metric) has no \($0)" }
        let isRate = selector.calls.last.map { ["rate", "increase"].contains($0.name) } ?? false
        if series.onlyGrows != isRate {
            problems.append(series.onlyGrows ? "\(metric) stands under no rate" : "\(metric) is no counter")
        }
        let aggregations = selector.calls.filter(\.isAggregation)
        // A sum counts the same thing once for each orchestrator.
        if series.isShared, aggregations.last?.name != "max" { problems.append("\(metric) stands under no max") }
        if metric.hasSuffix("_bucket"), selector.calls.contains(where: { $0.name == "histogram_quantile" }),
            !aggregations.allSatisfy({ $0.grouping.contains("le") })
        {
            problems.append("\(metric) is added up without le")
        }
        return problems
    }

    /// The labels that its result has.
    static func resultLabels(of query: String) throws -> Set<String> {
        let read = try PromQL(query)
        return read.selectors.reduce(into: Set(read.joined)) { labels, selector in
            if let outermost = selector.calls.first(where: \.isAggregation) {
                labels.formUnion(outermost.grouping)
            } else {
                labels.formUnion(Self.labels(of: [selector]))
            }
        }
    }

    private static func labels(of selectors: [PromQL.Selector]) -> Set<String> {
        selectors.flatMap(\.metrics).reduce(into: []) { $0.formUnion(KnownSeries.all[$1]?.labels ?? []) }
    }
}
