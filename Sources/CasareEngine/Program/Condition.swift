import CasareDomain

/// What an If, Switch or While node decides by when no value is connected: its `condition` (or `value`), else its
/// `expression` (workflow format §6.1).
enum Condition: Sendable {
    case absent
    case expression(Expression)
    /// A plain value or a lone template.
    case template(Template)
    /// Text that cannot be parsed; the node fails with this when it is reached.
    case invalid(ExpressionError)

    init(of type: NodeType, config: Object) {
        let direct: Value?
        switch type.structure {
        case .if, .whileLoopStart: direct = config["condition"]
        case .switch: direct = config["value"]
        default:
            // Every other structure, and nodes without one, decide nothing here.
            self = .absent
            return
        }
        if let direct, !direct.isNull, direct.string?.isBlank != true {
            let template = Template(direct)
            let isSwitch = type.structure == .switch
            if let text = direct.string, Expression.looksLikeExpression(text), !isSwitch || !template.isLiteral {
                self = Self.parse(text)
            } else {
                self = .template(template)
            }
        } else if let expression = config["expression"], !expression.isNull, expression.string?.isBlank != true {
            if let text = expression.string {
                self = Self.parse(text)
            } else {
                self = .template(Template(expression))
            }
        } else {
            self = .absent
        }
    }

    var readsClock: Bool {
        switch self {
        case .absent, .invalid: false
        case .expression(let expression): expression.readsClock
        case .template(let template): template.readsClock
        }
    }

    private static func parse(_ text: String) -> Condition {
        do throws(ExpressionError) {
            return .expression(try Expression(parsing: text))
        } catch {
            return .invalid(error)
        }
    }
}

extension String {
    /// Empty, or white space only.
    var isBlank: Bool { self.allSatisfy(\.isWhitespace) }
}
