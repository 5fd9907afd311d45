/// An array in the server's text form: `{1,2,NULL,"a b",{…}}`.
struct PostgresArrayText {
    indirect enum Item: Equatable {
        case null
        case text(String)
        case list([Item])
    }

    /// Nested arrays this deep at most; the server has six dimensions (manual §8.15).
    private static let depthMax = 6

    private let characters: [Character]
    private var position = 0

    /// `nil` when the text is not in that form; arrays with bounds of their own (`[0:1]={…}`) are not.
    static func items(_ text: String) -> [Item]? {
        var reader = PostgresArrayText(characters: Array(text))
        guard case .list(let items)? = reader.list(depth: 1), reader.position == reader.characters.count else {
            return nil
        }
        return items
    }

    private init(characters: [Character]) { self.characters = characters }

    private var next: Character? { self.position < self.characters.count ? self.characters[self.position] : nil }

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
        var text = ""
        guard self.next == "\"" else {
            while let character = self.next, character != ",", character != "}" {
                text.append(character)
                self.position += 1
            }
            return text == "NULL" ? .null : .text(text)
        }
        self.position += 1
        while let character = self.next {
            self.position += 1
            switch character {
            case "\"":
                return .text(text)
            case "\\":
                guard let escaped = self.next else { return nil }
                text.append(escaped)
                self.position += 1
            default:
                text.append(character)
            }
        }
        return nil
    }
}
