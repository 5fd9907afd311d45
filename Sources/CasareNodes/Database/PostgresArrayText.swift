/// An array in the server's text form: `{1,2,NULL,"a b",{…}}`.
struct PostgresArrayText {
    indirect enum Item: Equatable {
        case null
        case text(String)
        case list([Item])
    }

    /// Nested arrays this deep at most; the server has six dimensions (manual §8.15).
    private static let depthMax = 6

    /// Not characters: an element that begins with a combining mark would take the quote or comma before it along.
    private let scalars: [Unicode.Scalar]
    private var position = 0

    /// `nil` when the text is not in that form; arrays with bounds of their own (`[0:1]={…}`) are not.
    static func items(_ text: String) -> [Item]? {
        var reader = PostgresArrayText(scalars: Array(text.unicodeScalars))
        guard case .list(let items)? = reader.list(depth: 1), reader.position == reader.scalars.count else {
            return nil
        }
        return items
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var next: Unicode.Scalar? { self.position < self.scalars.count ? self.scalars[self.position] : nil }

    private mutating func list(depth: Int) -> Item? {
        guard self.next == "{", depth <= Self.depthMax else { return nil }
        self.position += 1
        var items: [Item] = []
        if self.next == "}" {
            self.position += 1
            return .list([])
        }
        while true {
            guard let item = self.next == "{" ? self.list(depth: depth + 1) : self.element() else { return nil }
            items.append(item)
            guard let separator = self.next else { return nil }
            self.position += 1
            if separator == "}" { return .list(items) }
            guard separator == "," else { return nil }
        }
    }

    private mutating func element() -> Item? {
        var text = String.UnicodeScalarView()
        guard self.next == "\"" else {
            while let scalar = self.next, scalar != ",", scalar != "}" {
                text.append(scalar)
                self.position += 1
            }
            return String(text) == "NULL" ? .null : .text(String(text))
        }
        self.position += 1
        while let scalar = self.next {
            self.position += 1
            switch scalar {
            case "\"":
                return .text(String(text))
            case "\\":
                guard let escaped = self.next else { return nil }
                text.append(escaped)
                self.position += 1
            default:
                text.append(scalar)
            }
        }
        return nil
    }
}
