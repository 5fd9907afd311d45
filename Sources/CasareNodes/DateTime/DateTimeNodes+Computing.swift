import CasareDomain
import CasareEngine

extension DateTimeNodes {
    /// Amounts that are missing or no numbers count as nothing.
    private static func amount(_ name: String) -> NodeType.Parameter {
        .init(name, .any, "How many \(name) to add; may be negative.")
    }

    private static let pair: [NodeType.Parameter] = [
        .init("datetime_1", .any, required: true, "ISO text or Unix seconds."),
        .init("datetime_2", .any, required: true, "ISO text or Unix seconds."),
    ]

    static let computingTypes: [NodeType] = [
        NodeType(
            "DateTimeAddNode", family: Self.family, "Adds to a date and time, by the calendar.",
            parameters: [.init("datetime", .any, "ISO text or Unix seconds; by default now.")]
                + ["years", "months", "weeks", "days", "hours", "minutes", "seconds"].map(Self.amount),
            outputs: [.init("result", .string), .init("timestamp", .number)], effect: .captured,
            .perform { inputs, environment in
                let given = inputs["datetime"]
                let isMissing = given.isNull || given.string?.isEmpty == true
                let start =
                    try isMissing
                    ? DateTimeValue(civil: TimeZoneRules.local.civil(Self.moment(of: environment.now())), offset: nil)
                    : DateTimeValue(given, parameter: "datetime")
                let result = try start.adding(
                    months: Self.sum(inputs, ["years": 12, "months": 1]),
                    days: Self.sum(inputs, ["weeks": 7, "days": 1]),
                    seconds: Self.sum(inputs, ["hours": 3600, "minutes": 60, "seconds": 1]))
                return NodeResult([
                    "result": .string(result.isoText), "timestamp": .double(result.moment.secondsSince1970),
                ])
            }),
        NodeType(
            "DateTimeDiffNode", family: Self.family, "Gives the time from the first to the second.",
            parameters: Self.pair,
            outputs: [
                .init("total_seconds", .number), .init("total_minutes", .number), .init("total_hours", .number),
                .init("total_days", .number), .init("days", .integer), .init("hours", .integer),
                .init("minutes", .integer), .init("seconds", .integer),
            ],
            .pure { inputs, _ throws(NodeFailure) in
                let (first, second) = try Self.moments(inputs)
                let micros = (second.seconds - first.seconds) * 1_000_000 + second.microseconds - first.microseconds
                let total = Double(micros) / 1_000_000
                let size = abs(micros) / 1_000_000
                return NodeResult([
                    "total_seconds": .double(total), "total_minutes": .double(total / 60),
                    "total_hours": .double(total / 3600), "total_days": .double(total / 86_400),
                    "days": .int(micros < 0 ? -(size / 86_400) : size / 86_400), "hours": .int(size / 3600 % 24),
                    "minutes": .int(size / 60 % 60), "seconds": .int(size % 60),
                ])
            }),
        NodeType(
            "DateTimeCompareNode", family: Self.family, "Tells which of two times comes first.",
            parameters: Self.pair,
            outputs: [
                .init("is_before", .boolean), .init("is_after", .boolean), .init("is_equal", .boolean),
                .init("comparison", .integer),
            ],
            .pure { inputs, _ throws(NodeFailure) in
                let (first, second) = try Self.moments(inputs)
                return NodeResult([
                    "is_before": .bool(first < second), "is_after": .bool(first > second),
                    "is_equal": .bool(first == second),
                    "comparison": .int(first < second ? -1 : first > second ? 1 : 0),
                ])
            }),
    ]

    private static func moments(_ inputs: Inputs) throws(NodeFailure) -> (Moment, Moment) {
        (
            try DateTimeValue(inputs["datetime_1"], parameter: "datetime_1").moment,
            try DateTimeValue(inputs["datetime_2"], parameter: "datetime_2").moment
        )
    }

    /// The sum of several amounts in one unit.
    private static func sum(_ inputs: Inputs, _ units: KeyValuePairs<String, Int>) -> Int {
        // Each well within what can be multiplied; `adding` refuses what leads too far.
        let limit = 1_000_000_000_000.0
        return units.reduce(0) { sum, unit in
            let value = inputs[unit.key]
            let number = value.double ?? value.string.flatMap(Double.init) ?? 0
            return sum + (number.isFinite ? Int(min(max(number, -limit), limit)) : 0) * unit.value
        }
    }
}
