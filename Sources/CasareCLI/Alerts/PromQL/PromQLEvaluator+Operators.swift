#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension PromQLEvaluator {
    private typealias Element = PromQLValue.Element

    func binary(_ binary: PromQLBinary) throws(PromQLError) -> PromQLValue {
        let left = try self.value(of: binary.left)
        let right = try self.value(of: binary.right)
        let name = binary.operation.rawValue
        switch (left, right) {
        case (.scalar(let left), .scalar(let right)):
            guard !binary.operation.isSet else { throw PromQLError("\(name) takes series, and not single values") }
            guard !binary.operation.isComparison || binary.givesBool else {
                throw PromQLError("\(name) between two single values needs bool")
            }
            return .scalar(Self.result(binary.operation, left, right))
        case (.vector(let elements), .scalar(let number)):
            guard !binary.operation.isSet else { throw PromQLError("\(name) takes series, and not single values") }
            return .vector(elements.compactMap { Self.element($0, binary, $0.value, number) })
        case (.scalar(let number), .vector(let elements)):
            guard !binary.operation.isSet else { throw PromQLError("\(name) takes series, and not single values") }
            return .vector(elements.compactMap { Self.element($0, binary, number, $0.value) })
        case (.vector(let left), .vector(let right)):
            return .vector(
                binary.operation.isSet ? Self.sets(binary, left, right) : try Self.matched(binary, left, right))
        case (.string, _), (_, .string):
            throw PromQLError("\(name) does not take texts")
        }
    }

    /// A series and a number: a comparison keeps the series' own value.
    private static func element(_ element: Element, _ binary: PromQLBinary, _ left: Double, _ right: Double) -> Element?
    {
        let result = Self.result(binary.operation, left, right)
        guard binary.operation.isComparison, !binary.givesBool else {
            return Element(labels: element.labels.withoutName, value: result)
        }
        return result == 1 ? element : nil
    }

    /// A comparison gives 1 where it holds, and 0 otherwise.
    private static func result(_ operation: PromQLBinary.Operator, _ left: Double, _ right: Double) -> Double {
        switch operation {
        case .plus: left + right
        case .minus: left - right
        case .times: left * right
        case .dividedBy: left / right
        case .modulo: left.truncatingRemainder(dividingBy: right)
        case .power: pow(left, right)
        case .equal: left == right ? 1 : 0
        case .notEqual: left != right ? 1 : 0
        case .greater: left > right ? 1 : 0
        case .less: left < right ? 1 : 0
        case .greaterOrEqual: left >= right ? 1 : 0
        case .lessOrEqual: left <= right ? 1 : 0
        case .or, .and, .unless: preconditionFailure("\(operation.rawValue) is not between numbers")
        }
    }

    // MARK: Two sets of series

    /// The labels by which both sides find each other.
    private static func key(_ labels: PromQLLabels, _ matching: PromQLBinary.Matching) -> PromQLLabels {
        switch matching {
        case .on(let kept): labels.keeping(kept)
        case .ignoring(let left): labels.withoutName.leavingOut(left)
        }
    }

    private static func sets(_ binary: PromQLBinary, _ left: [Element], _ right: [Element]) -> [Element] {
        let matching = binary.matching
        switch binary.operation {
        case .or:
            let known = Set(left.map { Self.key($0.labels, matching) })
            return left + right.filter { !known.contains(Self.key($0.labels, matching)) }
        case .and, .unless:
            let known = Set(right.map { Self.key($0.labels, matching) })
            return left.filter { known.contains(Self.key($0.labels, matching)) == (binary.operation == .and) }
        case .equal, .notEqual, .greater, .less, .greaterOrEqual, .lessOrEqual, .plus, .minus, .times, .dividedBy,
            .modulo,
            .power:
            preconditionFailure("\(binary.operation.rawValue) is not between sets")
        }
    }

    private static func matched(
        _ binary: PromQLBinary, _ left: [Element], _ right: [Element]
    ) throws(PromQLError) -> [Element] {
        let manyAreRight: Bool
        let copied: [String]
        switch binary.grouping {
        case .right(let labels): (manyAreRight, copied) = (true, labels)
        case .left(let labels): (manyAreRight, copied) = (false, labels)
        case nil: (manyAreRight, copied) = (false, [])
        }
        var ones: [PromQLLabels: Element] = [:]
        for element in manyAreRight ? left : right {
            let key = Self.key(element.labels, binary.matching)
            guard ones.updateValue(element, forKey: key) == nil else {
                throw PromQLError(
                    "several series on the \(manyAreRight ? "left" : "right") of \(binary.operation.rawValue) have the "
                        + "same labels to find the other side by")
            }
        }
        var results: [Element] = []
        var known: Set<PromQLLabels> = []
        for many in manyAreRight ? right : left {
            let key = Self.key(many.labels, binary.matching)
            guard let one = ones[key] else { continue }
            let labels = Self.labels(of: many.labels, one.labels, binary, copied)
            let (leftValue, rightValue) = manyAreRight ? (one.value, many.value) : (many.value, one.value)
            var value = Self.result(binary.operation, leftValue, rightValue)
            if binary.operation.isComparison, !binary.givesBool {
                guard value == 1 else { continue }
                value = leftValue
            }
            guard known.insert(binary.grouping == nil ? key : labels).inserted else {
                throw PromQLError(
                    "several series on the \(manyAreRight ? "right" : "left") of \(binary.operation.rawValue) find the "
                        + "same one on the other side: group_left or group_right says that this is meant")
            }
            results.append(Element(labels: labels, value: value))
        }
        return results
    }

    private static func labels(
        of many: PromQLLabels, _ one: PromQLLabels, _ binary: PromQLBinary, _ copied: [String]
    ) -> PromQLLabels {
        let keepsName = binary.operation.isComparison && !binary.givesBool
        var labels = keepsName ? many : many.withoutName
        guard binary.grouping == nil else {
            for label in copied { labels[label] = one[label] }
            return labels
        }
        switch binary.matching {
        case .on(let kept): labels = labels.keeping(kept)
        case .ignoring(let left): labels = labels.leavingOut(left)
        }
        return labels
    }
}
