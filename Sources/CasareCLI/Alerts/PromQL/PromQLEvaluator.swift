/// What an expression comes to.
enum PromQLValue: Hashable, Sendable {
    struct Element: Hashable, Sendable {
        var labels: PromQLLabels
        var value: Double
    }

    case scalar(Double)
    case string(String)
    /// One value for each set of labels.
    case vector([Element])
}

/// Evaluates expressions at one moment over what was measured. It does no I/O.
///
/// By Prometheus's documentation ("Operators", "Functions") and its engine. A range leaves its first moment out, as
/// Prometheus has it from version 3 on.
struct PromQLEvaluator {
    let store: SampleStore
    /// Seconds since 1970.
    let now: Double

    /// - Throws: Where the parts of the expression do not go together.
    func value(of expression: PromQLExpression) throws(PromQLError) -> PromQLValue {
        switch expression {
        case .number(let number): return .scalar(number)
        case .string(let text): return .string(text)
        case .selector(let selector): return .vector(try self.elements(of: selector))
        case .range: throw PromQLError("a range, as in [5m], stands where one value is expected")
        case .negative(let operand):
            switch try self.value(of: operand) {
            case .scalar(let number): return .scalar(-number)
            case .vector(let elements):
                return .vector(elements.map { PromQLValue.Element(labels: $0.labels.withoutName, value: -$0.value) })
            case .string: throw PromQLError("a text has no sign")
            }
        case .call(let function, let arguments): return try self.call(function, arguments)
        case .aggregation(let aggregation): return .vector(try self.aggregate(aggregation))
        case .binary(let binary): return try self.binary(binary)
        }
    }

    func vector(_ expression: PromQLExpression, of what: String) throws(PromQLError) -> [PromQLValue.Element] {
        guard case .vector(let elements) = try self.value(of: expression) else {
            throw PromQLError("\(what) takes series, and not a single value")
        }
        return elements
    }

    func number(_ expression: PromQLExpression, of what: String) throws(PromQLError) -> Double {
        guard case .scalar(let number) = try self.value(of: expression) else {
            throw PromQLError("\(what) takes a number there, such as that of scalar(…)")
        }
        return number
    }

    // MARK: Selectors

    private func elements(of selector: PromQLSelector) throws(PromQLError) -> [PromQLValue.Element] {
        let time = self.now - selector.offset
        return try self.store.series(of: selector).compactMap { series in
            guard let last = series.samples.last(where: { $0.at <= time }),
                last.at > time - SampleStore.lookbackSeconds, let value = last.value
            else { return nil }
            return PromQLValue.Element(labels: series.labels, value: value)
        }
    }

    /// The values of a range.
    struct Window {
        let labels: PromQLLabels
        let points: [(at: Double, value: Double)]
        let start: Double
        let end: Double
    }

    /// Windows in which there is something.
    func windows(_ expression: PromQLExpression, of function: PromQLFunction) throws(PromQLError) -> [Window] {
        guard case .range(let selector, let seconds) = expression else {
            throw PromQLError("\(function.rawValue) takes a range, such as metric[5m]")
        }
        let end = self.now - selector.offset
        let start = end - seconds
        return try self.store.series(of: selector).compactMap { series in
            let points = series.samples.compactMap { sample -> (at: Double, value: Double)? in
                guard sample.at > start, sample.at <= end, let value = sample.value else { return nil }
                return (sample.at, value)
            }
            return points.isEmpty ? nil : Window(labels: series.labels, points: points, start: start, end: end)
        }
    }

    // MARK: Aggregations

    private func aggregate(_ aggregation: PromQLAggregation) throws(PromQLError) -> [PromQLValue.Element] {
        let name = aggregation.operation.rawValue
        let elements = try self.vector(aggregation.operand, of: name)
        var groups: [PromQLLabels: [PromQLValue.Element]] = [:]
        var order: [PromQLLabels] = []
        for element in elements {
            let labels: PromQLLabels
            switch aggregation.grouping {
            case .by(let kept): labels = element.labels.keeping(kept)
            case .without(let left): labels = element.labels.withoutName.leavingOut(left)
            }
            if groups[labels] == nil { order.append(labels) }
            groups[labels, default: []].append(element)
        }
        let number: Double
        if let expression = aggregation.number {
            number = try self.number(expression, of: name)
        } else {
            number = 0
        }
        return order.flatMap { labels in
            Self.combined(groups[labels] ?? [], aggregation.operation, number, labels)
        }
    }

    private static func combined(
        _ elements: [PromQLValue.Element], _ operation: PromQLAggregation.Operator, _ number: Double,
        _ labels: PromQLLabels
    ) -> [PromQLValue.Element] {
        let values = elements.map(\.value)
        let sum = values.reduce(0, +)
        func one(_ value: Double) -> [PromQLValue.Element] { [PromQLValue.Element(labels: labels, value: value)] }
        // What is no number counts only where there is nothing else.
        func best(_ isBetter: (Double, Double) -> Bool) -> Double {
            values.dropFirst().reduce(values[0]) { $0.isNaN || isBetter($1, $0) ? $1 : $0 }
        }
        switch operation {
        case .sum: return one(sum)
        case .avg: return one(sum / Double(values.count))
        case .count: return one(Double(values.count))
        case .group: return one(1)
        case .min: return one(best(<))
        case .max: return one(best(>))
        case .topk, .bottomk:
            guard number >= 1 else { return [] }
            let sorted = elements.sorted { left, right in
                if left.value.isNaN || right.value.isNaN { return !left.value.isNaN && right.value.isNaN }
                return operation == .topk ? left.value > right.value : left.value < right.value
            }
            return Array(sorted.prefix(Int(Swift.min(number, Double(sorted.count)))))
        }
    }
}
