import CasareDomain
package import CasareEngine
import FoundationEssentials

/// The nodes that tell and compute times (node catalogue §1.7).
///
/// Text without an offset is local time, in the zone of the robot (`TZ`, else /etc/localtime). A run that may go on at
/// another robot needs robots of one zone.
package enum DateTimeNodes {
    package static let types: [NodeType] = Self.clockTypes + Self.textTypes + Self.computingTypes

    static let family = "Date and time"
    static let fieldOutputs: [NodeType.Output] = [
        .init("timestamp", .number), .init("year", .integer), .init("month", .integer), .init("day", .integer),
        .init("hour", .integer), .init("minute", .integer), .init("second", .integer),
    ]

    static func fields(of value: DateTimeValue) -> Object {
        let civil = value.civil
        return [
            "timestamp": .double(value.moment.secondsSince1970), "year": .int(civil.year), "month": .int(civil.month),
            "day": .int(civil.day), "hour": .int(civil.hour), "minute": .int(civil.minute),
            "second": .int(civil.second),
        ]
    }

    /// The moment of a clock reading, which is to the microsecond.
    static func moment(of date: Date) -> Moment {
        Moment(secondsSince1970: date.timeIntervalSince1970) ?? Moment(seconds: 0)
    }

    private static let clockTypes: [NodeType] = [
        NodeType(
            "GetCurrentDateTimeNode", aliases: ["GetCurrentTimeNode"], family: Self.family,
            "Tells the current date and time.",
            parameters: [
                .init(
                    "timezone", .string, default: "",
                    "An IANA name such as Europe/Berlin, or an offset such as +02:00; by default local time."),
                .init("format", .string, default: "", "strftime format of `datetime`; by default ISO 8601."),
            ],
            outputs: [.init("datetime", .string)] + Self.fieldOutputs
                + [.init("day_of_week", .string), .init("warning", .string)],
            effect: .captured,
            .perform { inputs, environment in
                try await BlockingWork.run { try Self.now(inputs, environment) }
            }),
        NodeType(
            "GetTimestampNode", family: Self.family, "Tells the current Unix time.",
            parameters: [
                .init("milliseconds", .boolean, default: false, "In whole milliseconds instead of seconds.")
            ],
            outputs: [.init("timestamp", .number)], effect: .captured,
            .perform { inputs, environment in
                let seconds = environment.now().timeIntervalSince1970
                return NodeResult([
                    "timestamp": inputs.bool("milliseconds") ? .int(Int(seconds * 1000)) : .double(seconds)
                ])
            }),
    ]

    private static func now(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let moment = Self.moment(of: environment.now())
        let name = inputs.string("timezone")
        let zone = name.isEmpty ? nil : TimeZoneRules(named: name)
        // Local time is given without an offset, as the other nodes take it.
        let value = DateTimeValue(
            civil: (zone ?? .local).civil(moment), offset: zone.map { $0.offset(at: moment.seconds) })
        let format = inputs.string("format")
        var outputs: Object = [
            "datetime": .string(format.isEmpty ? value.isoText : try DateTimeFormat(format).text(of: value))
        ]
        outputs = outputs.merging(Self.fields(of: value))
        outputs["timestamp"] = .double(moment.secondsSince1970)
        outputs["day_of_week"] = .string(CivilTime.weekdays[value.civil.weekday - 1])
        if !name.isEmpty, zone == nil {
            outputs["warning"] = .string("Unknown time zone \(name): local time is used")
        }
        return NodeResult(outputs)
    }

    private static let textTypes: [NodeType] = [
        NodeType(
            "FormatDateTimeNode", family: Self.family, "Writes a date and time in another format.",
            parameters: [
                .init("datetime", .any, required: true, "Text, or Unix seconds."),
                .init("input_format", .string, "strftime format of the text; by default the common ones are tried."),
                .init("format", .string, default: "%Y-%m-%d %H:%M:%S", "strftime format of the result."),
            ],
            outputs: [.init("result", .string)],
            .pure { inputs, _ throws(NodeFailure) in
                let format = try DateTimeFormat(inputs.string("format"))
                let value: DateTimeValue
                if let text = inputs["datetime"].string {
                    value = try Self.parse(text, format: inputs.string("input_format"))
                } else {
                    value = try DateTimeValue(inputs["datetime"], parameter: "datetime")
                }
                return NodeResult(["result": .string(format.text(of: value))])
            }),
        NodeType(
            "ParseDateTimeNode", family: Self.family, "Reads a date and time from text.",
            parameters: [
                .init("datetime_string", .string, required: true, "The text."),
                .init("format", .string, default: "", "strftime format; by default the common ones are tried."),
            ],
            outputs: Self.fieldOutputs + [.init("iso_format", .string), .init("success", .boolean)],
            .pure { inputs, _ throws(NodeFailure) in
                do throws(NodeFailure) {
                    let value = try Self.parse(inputs.string("datetime_string"), format: inputs.string("format"))
                    var outputs = Self.fields(of: value)
                    outputs["iso_format"] = .string(value.isoText)
                    outputs["success"] = true
                    return NodeResult(outputs)
                } catch {
                    var failure = error
                    failure.outputs["success"] = false
                    throw failure
                }
            }),
    ]

    private static func parse(_ text: String, format: String) throws(NodeFailure) -> DateTimeValue {
        if !format.isEmpty { return try DateTimeFormat(format).parse(text) }
        guard let value = DateTimeText.parseCommon(text) else {
            throw .value("Not a date and time in any common format: \(text.prefix(100))")
        }
        return value
    }
}
