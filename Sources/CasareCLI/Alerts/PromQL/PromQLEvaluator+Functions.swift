#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension PromQLEvaluator {
    func call(_ function: PromQLFunction, _ arguments: [PromQLExpression]) throws(PromQLError) -> PromQLValue {
        let name = function.rawValue
        switch function {
        case .time: return .scalar(self.now)
        case .vector:
            return .vector([PromQLValue.Element(labels: [:], value: try self.number(arguments[0], of: name))])
        case .scalar:
            let elements = try self.vector(arguments[0], of: name)
            return .scalar(elements.count == 1 ? elements[0].value : .nan)
        case .absent:
            let isThere = try !self.vector(arguments[0], of: name).isEmpty
            return .vector(isThere ? [] : [PromQLValue.Element(labels: Self.told(by: arguments[0]), value: 1)])
        case .absentOverTime:
            let isThere = try !self.windows(arguments[0], of: function).isEmpty
            return .vector(isThere ? [] : [PromQLValue.Element(labels: Self.told(by: arguments[0]), value: 1)])
        case .rate, .irate, .increase, .delta, .changes, .resets, .minOverTime, .maxOverTime, .avgOverTime,
            .sumOverTime,
            .countOverTime, .lastOverTime:
            return .vector(try self.overTime(function, arguments[0]))
        case .histogramQuantile: return .vector(try self.quantile(arguments))
        case .labelReplace: return .vector(try self.labelReplaced(arguments))
        case .timestamp: return .vector(try self.timestamps(arguments[0]))
        case .sort, .sortDesc:
            let elements = try self.vector(arguments[0], of: name)
            return .vector(
                elements.sorted { function == .sort ? $0.value < $1.value : $0.value > $1.value })
        case .clamp, .clampMin, .clampMax, .abs, .ceil, .floor, .round:
            return .vector(try self.changed(function, arguments))
        }
    }

    /// The labels that a selector fixes by `=`; what is in an expression has none.
    private static func told(by expression: PromQLExpression) -> PromQLLabels {
        let selector: PromQLSelector
        switch expression {
        case .selector(let one), .range(let one, seconds: _): selector = one
        case .number, .string, .negative, .call, .aggregation, .binary: return [:]
        }
        var labels: PromQLLabels = [:]
        for matcher in selector.matchers where matcher.relation == .equal && matcher.label != PromQLLabels.name {
            labels[matcher.label] = matcher.value
        }
        return labels
    }

    // MARK: Each value by itself

    private func changed(
        _ function: PromQLFunction, _ arguments: [PromQLExpression]
    ) throws(PromQLError) -> [PromQLValue.Element] {
        var numbers: [Double] = []
        for argument in arguments.dropFirst() { numbers.append(try self.number(argument, of: function.rawValue)) }
        var elements = try self.vector(arguments[0], of: function.rawValue)
        // Nothing lies between two bounds the wrong way round.
        if function == .clamp, numbers[0] > numbers[1] { return [] }
        for place in elements.indices {
            let value = elements[place].value
            elements[place].labels = elements[place].labels.withoutName
            switch function {
            case .clamp: elements[place].value = max(numbers[0], min(numbers[1], value))
            case .clampMin: elements[place].value = max(numbers[0], value)
            case .clampMax: elements[place].value = min(numbers[0], value)
            case .abs: elements[place].value = value.magnitude
            case .ceil: elements[place].value = value.rounded(.up)
            case .floor: elements[place].value = value.rounded(.down)
            case .round:
                // Halves are rounded up.
                let step = 1 / (numbers.first ?? 1)
                elements[place].value = (value * step + 0.5).rounded(.down) / step
            case .rate, .irate, .increase, .delta, .changes, .resets, .minOverTime, .maxOverTime, .avgOverTime,
                .sumOverTime, .countOverTime, .lastOverTime, .absent, .absentOverTime, .time, .vector, .scalar,
                .histogramQuantile, .sort, .sortDesc, .labelReplace, .timestamp:
                preconditionFailure("\(function.rawValue) changes no values")
            }
        }
        return elements
    }

    private func timestamps(_ argument: PromQLExpression) throws(PromQLError) -> [PromQLValue.Element] {
        guard case .selector(let selector) = argument else {
            throw PromQLError("timestamp takes a selector here")
        }
        let time = self.now - selector.offset
        return try self.store.series(of: selector).compactMap { series in
            guard let last = series.samples.last(where: { $0.at <= time }),
                last.at > time - SampleStore.lookbackSeconds, last.value != nil
            else { return nil }
            return PromQLValue.Element(labels: series.labels.withoutName, value: last.at)
        }
    }

    // MARK: Ranges

    private func overTime(
        _ function: PromQLFunction, _ argument: PromQLExpression
    ) throws(PromQLError) -> [PromQLValue.Element] {
        try self.windows(argument, of: function).compactMap { window in
            let values = window.points.map(\.value)
            let value: Double?
            switch function {
            case .rate: value = Self.difference(window, isCounter: true).map { $0 / (window.end - window.start) }
            case .increase: value = Self.difference(window, isCounter: true)
            case .delta: value = Self.difference(window, isCounter: false)
            case .irate: value = Self.lastRate(window)
            case .changes:
                value = Double(zip(values, values.dropFirst()).count { $0 != $1 && !($0.isNaN && $1.isNaN) })
            case .resets: value = Double(zip(values, values.dropFirst()).count { $1 < $0 })
            case .minOverTime: value = values.filter { !$0.isNaN }.min() ?? .nan
            case .maxOverTime: value = values.filter { !$0.isNaN }.max() ?? .nan
            case .sumOverTime: value = values.reduce(0, +)
            case .avgOverTime: value = values.reduce(0, +) / Double(values.count)
            case .countOverTime: value = Double(values.count)
            case .lastOverTime: value = values.last
            case .absent, .absentOverTime, .time, .vector, .scalar, .histogramQuantile, .clamp, .clampMin, .clampMax,
                .abs, .ceil, .floor, .round, .sort, .sortDesc, .labelReplace, .timestamp:
                preconditionFailure("\(function.rawValue) takes no range")
            }
            let labels = function == .lastOverTime ? window.labels : window.labels.withoutName
            return value.map { PromQLValue.Element(labels: labels, value: $0) }
        }
    }

    /// By how much a series grew, stretched to the ends of the window where it was measured near them
    /// (`extrapolatedRate` of Prometheus's engine). `nil`: one value alone says nothing.
    private static func difference(_ window: Window, isCounter: Bool) -> Double? {
        guard window.points.count >= 2, let first = window.points.first, let last = window.points.last else {
            return nil
        }
        var result = last.value - first.value
        if isCounter {
            for (earlier, later) in zip(window.points, window.points.dropFirst()) where later.value < earlier.value {
                // It began anew.
                result += earlier.value
            }
        }
        let sampled = last.at - first.at
        guard sampled > 0 else { return nil }
        let average = sampled / Double(window.points.count - 1)
        let threshold = average * 1.1
        var toStart = first.at - window.start
        var toEnd = window.end - last.at
        if toStart >= threshold { toStart = average / 2 }
        if isCounter, result > 0, first.value >= 0 {
            // It was not below 0 before.
            toStart = min(toStart, sampled * (first.value / result))
        }
        if toEnd >= threshold { toEnd = average / 2 }
        return result * (sampled + toStart + toEnd) / sampled
    }

    private static func lastRate(_ window: Window) -> Double? {
        guard window.points.count >= 2, let last = window.points.last else { return nil }
        let earlier = window.points[window.points.count - 2]
        guard last.at > earlier.at else { return nil }
        let grown = last.value < earlier.value ? last.value : last.value - earlier.value
        return grown / (last.at - earlier.at)
    }

    // MARK: Histograms

    private func quantile(_ arguments: [PromQLExpression]) throws(PromQLError) -> [PromQLValue.Element] {
        let quantile = try self.number(arguments[0], of: PromQLFunction.histogramQuantile.rawValue)
        // By bounds: 1 and 1.0 are the same, whoever wrote them.
        var groups: [PromQLLabels: [Double: Double]] = [:]
        for element in try self.vector(arguments[1], of: PromQLFunction.histogramQuantile.rawValue) {
            guard let text = element.labels["le"], let bound = Double(text) else { continue }
            guard !bound.isNaN else { continue }
            groups[element.labels.withoutName.leavingOut(["le"]), default: [:]][bound, default: 0] += element.value
        }
        return groups.map { labels, counts in
            let buckets = counts.map { (bound: $0.key, count: $0.value) }.sorted { $0.bound < $1.bound }
            return PromQLValue.Element(labels: labels, value: Self.quantile(quantile, buckets))
        }
    }

    private static func quantile(_ quantile: Double, _ buckets: [(bound: Double, count: Double)]) -> Double {
        if quantile.isNaN { return .nan }
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        guard buckets.count >= 2, let last = buckets.last, last.bound == .infinity, last.count > 0 else { return .nan }
        // Rates of buckets that were measured one after the other can shrink a little.
        var counts: [Double] = []
        for bucket in buckets { counts.append(max(bucket.count, counts.last ?? 0)) }
        let rank = quantile * (counts.last ?? 0)
        let place = counts.firstIndex { $0 >= rank } ?? counts.count - 1
        if place == buckets.count - 1 { return buckets[place - 1].bound }
        let end = buckets[place].bound
        if place == 0, end <= 0 { return end }
        let start = place == 0 ? 0 : buckets[place - 1].bound
        let before = place == 0 ? 0 : counts[place - 1]
        let within = counts[place] - before
        return within == 0 ? end : start + (end - start) * (rank - before) / within
    }

    // MARK: Labels

    private func labelReplaced(_ arguments: [PromQLExpression]) throws(PromQLError) -> [PromQLValue.Element] {
        var texts: [String] = []
        for argument in arguments.dropFirst() {
            guard case .string(let text) = argument else {
                throw PromQLError("label_replace takes texts for its labels")
            }
            texts.append(text)
        }
        let pattern = try SelectorFilter.pattern(texts[3])
        var elements = try self.vector(arguments[0], of: PromQLFunction.labelReplace.rawValue)
        for place in elements.indices {
            guard let match = (elements[place].labels[texts[2]] ?? "").wholeMatch(of: pattern) else { continue }
            let text = Self.expanded(texts[1]) { name in
                if let number = Int(name) {
                    return match.output.indices.contains(number) ? match.output[number].substring : nil
                }
                return match.output.first { $0.name == name }?.substring
            }
            elements[place].labels[texts[0]] = text.isEmpty ? nil : text
        }
        return elements
    }

    /// As Go's `Regexp.Expand`, which Prometheus uses: `$name` takes as many letters, digits and `_` as there are, `${name}`
    /// has an end, `$$` is one `$`, and what names no group is nothing.
    static func expanded(_ template: String, group: (String) -> Substring?) -> String {
        var text = ""
        var rest = template[...]
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                text += "$"
                rest = rest.dropFirst()
                continue
            }
            let isBraced = rest.first == "{"
            let name = (isBraced ? rest.dropFirst() : rest).prefix { $0 == "_" || $0.isLetter || $0.isWholeNumber }
            let end = rest[name.endIndex...]
            guard !name.isEmpty, !isBraced || end.first == "}" else {
                // No name: it stands for itself.
                text += "$"
                continue
            }
            text += group(String(name)) ?? ""
            rest = isBraced ? end.dropFirst() : end
        }
        return text + String(rest)
    }
}
