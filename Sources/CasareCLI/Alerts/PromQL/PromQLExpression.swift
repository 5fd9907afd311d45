/// An expression of Prometheus's query language, as far as rules need it: without subqueries and `@`.
indirect enum PromQLExpression: Hashable, Sendable {
    case number(Double)
    case string(String)
    case selector(PromQLSelector)
    /// The values of that many seconds.
    case range(PromQLSelector, seconds: Double)
    case negative(PromQLExpression)
    case call(PromQLFunction, [PromQLExpression])
    case aggregation(PromQLAggregation)
    case binary(PromQLBinary)
}

/// Which series.
struct PromQLSelector: Hashable, Sendable {
    /// One condition on a label; `__name__` is the metric.
    struct Matcher: Hashable, Sendable {
        enum Relation: String, Hashable, Sendable {
            case equal = "="
            case notEqual = "!="
            case matches = "=~"
            case matchesNot = "!~"
        }

        let label: String
        let relation: Relation
        let value: String
    }

    var matchers: [Matcher]
    /// So many seconds ago.
    var offset = 0.0
    /// The bytes of the expression's text that it stands at, without what limits it to a range.
    let place: Range<Int>

    /// The metric, where the selector names one.
    var name: String? {
        self.matchers.first { $0.label == PromQLLabels.name && $0.relation == .equal }?.value
    }
}

/// One value of several, for each group of labels.
struct PromQLAggregation: Hashable, Sendable {
    enum Operator: String, Hashable, Sendable, CaseIterable {
        case sum, min, max, avg, count, group, topk, bottomk

        /// Whether a number stands before the operand.
        var takesNumber: Bool {
            switch self {
            case .topk, .bottomk: true
            case .sum, .min, .max, .avg, .count, .group: false
            }
        }
    }

    enum Grouping: Hashable, Sendable {
        case by([String])
        case without([String])
    }

    let operation: Operator
    let grouping: Grouping
    let number: PromQLExpression?
    let operand: PromQLExpression
}

/// An operator with something on both sides.
struct PromQLBinary: Hashable, Sendable {
    enum Operator: String, Hashable, Sendable, CaseIterable {
        case or, and, unless
        case equal = "=="
        case notEqual = "!="
        case greater = ">"
        case less = "<"
        case greaterOrEqual = ">="
        case lessOrEqual = "<="
        case plus = "+"
        case minus = "-"
        case times = "*"
        case dividedBy = "/"
        case modulo = "%"
        case power = "^"

        /// A higher one binds more tightly.
        var precedence: Int {
            switch self {
            case .or: 1
            case .and, .unless: 2
            case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual: 3
            case .plus, .minus: 4
            case .times, .dividedBy, .modulo: 5
            case .power: 6
            }
        }

        var isSet: Bool {
            switch self {
            case .or, .and, .unless: true
            case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .plus, .minus, .times, .dividedBy,
                .modulo, .power:
                false
            }
        }

        var isComparison: Bool { self.precedence == Operator.equal.precedence }
    }

    /// By which labels the two sides find each other.
    enum Matching: Hashable, Sendable {
        case ignoring([String])
        case on([String])
    }

    /// Which side may have several for one of the other, and which labels of that one they take over.
    enum Grouping: Hashable, Sendable {
        case left([String])
        case right([String])
    }

    let operation: Operator
    let left: PromQLExpression
    let right: PromQLExpression
    /// A comparison gives 0 or 1, in place of what it holds for.
    var givesBool = false
    var matching = Matching.ignoring([])
    var grouping: Grouping?
}

/// The functions that are known here.
enum PromQLFunction: String, Hashable, Sendable, CaseIterable {
    case rate, irate, increase, delta, changes, resets
    case minOverTime = "min_over_time"
    case maxOverTime = "max_over_time"
    case avgOverTime = "avg_over_time"
    case sumOverTime = "sum_over_time"
    case countOverTime = "count_over_time"
    case lastOverTime = "last_over_time"
    case absent
    case absentOverTime = "absent_over_time"
    case time, vector, scalar
    case histogramQuantile = "histogram_quantile"
    case clamp
    case clampMin = "clamp_min"
    case clampMax = "clamp_max"
    case abs, ceil, floor, round, sort
    case sortDesc = "sort_desc"
    case labelReplace = "label_replace"
    case timestamp

    /// How many arguments it takes.
    var arguments: ClosedRange<Int> {
        switch self {
        case .time: 0...0
        case .rate, .irate, .increase, .delta, .changes, .resets, .minOverTime, .maxOverTime, .avgOverTime,
            .sumOverTime,
            .countOverTime, .lastOverTime, .absent, .absentOverTime, .vector, .scalar, .abs, .ceil, .floor, .sort,
            .sortDesc, .timestamp:
            1...1
        case .round: 1...2
        case .histogramQuantile, .clampMin, .clampMax: 2...2
        case .clamp: 3...3
        case .labelReplace: 5...5
        }
    }
}

extension PromQLExpression {
    /// Every selector in it, with the seconds that it reaches back, in the order in which they stand.
    var selectors: [(selector: PromQLSelector, reach: Double)] {
        switch self {
        case .number, .string: []
        case .selector(let selector): [(selector, selector.offset)]
        case .range(let selector, let seconds): [(selector, selector.offset + seconds)]
        case .negative(let operand): operand.selectors
        case .call(_, let arguments): arguments.flatMap(\.selectors)
        case .aggregation(let aggregation): (aggregation.number?.selectors ?? []) + aggregation.operand.selectors
        case .binary(let binary): binary.left.selectors + binary.right.selectors
        }
    }
}
