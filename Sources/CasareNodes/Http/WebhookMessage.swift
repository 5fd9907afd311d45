import CasareDomain

/// A notification in the words of the service that gets it.
enum WebhookMessage {
    static func body(_ format: String, message: String, details: Value) -> Value {
        switch format {
        case "slack":
            [
                "text": .string(message),
                "attachments": [
                    [
                        "color": "danger", "title": "Error details",
                        "fields": .list(
                            Self.fields(details).map { name, text in
                                ["title": .string(name), "value": .string(text), "short": .bool(text.count <= 40)]
                            }),
                    ]
                ],
            ]
        case "discord":
            [
                "content": .string(message),
                "embeds": [
                    [
                        "title": "Error details", "color": 0xE74C3C,
                        "fields": .list(
                            Self.fields(details).map { name, text in
                                ["name": .string(name), "value": .string(text), "inline": .bool(text.count <= 40)]
                            }),
                    ]
                ],
            ]
        case "teams":
            [
                "@type": "MessageCard", "@context": "http://schema.org/extensions", "themeColor": "E74C3C",
                "summary": .string(message),
                "sections": [
                    [
                        "activityTitle": .string(message),
                        "facts": .list(
                            Self.fields(details).map { name, text in
                                ["name": .string(name), "value": .string(text)]
                            }),
                    ]
                ],
            ]
        default:
            ["message": .string(message), "details": details.isNull ? [:] : details, "source": "CasareRPA"]
        }
    }

    /// Names and values, as such services show them.
    private static func fields(_ details: Value) -> [(name: String, text: String)] {
        switch details {
        case .null: []
        case .object(let members): members.map { ($0.key, $0.value.displayText) }
        case .list(let items): items.enumerated().map { ("\($0.offset + 1)", $0.element.displayText) }
        case .bool, .int, .double, .string:
            details.displayText.isEmpty ? [] : [("Details", details.displayText)]
        }
    }
}
