import CasareEngine

/// What a document of news holds: RSS 2.0 and those before it, RSS 1.0 (RDF) and Atom (RFC 4287).
struct NewsFeed: Sendable {
    struct Item: Hashable, Sendable {
        /// What the feed says that it is, else its link, else what it says.
        var id = ""
        var title = ""
        var link = ""
        var description = ""
        var content = ""
        var author = ""
        /// ISO 8601 where it is understood, else as it is written.
        var published = ""
        var categories: [String] = []
    }

    /// Of one document; what comes behind is not looked at.
    static let itemsMax = 5000
    private static let categoriesMax = 50

    let title: String
    /// In the document's order, which mostly is the newest first.
    let items: [Item]

    /// - Throws: for what is no such document.
    init(_ bytes: [UInt8]) throws(NodeFailure) {
        let document: XMLDocument
        let text = try XMLEncoding.decode(bytes, .utf8)
        do throws(XMLParseError) {
            document = try XMLParser.parse(text)
        } catch {
            throw .value("The feed cannot be read: \(error)")
        }
        let reader = Reader(document)
        switch reader.rootName {
        case "rss":
            guard let channel = reader.child("channel", of: document.root) else {
                throw .value("The feed cannot be read: it has no channel")
            }
            self.title = reader.text("title", of: channel)
            self.items = reader.children("item", of: channel).prefix(Self.itemsMax).map(reader.item)
        case "RDF":
            let channel = reader.child("channel", of: document.root)
            self.title = channel.map { reader.text("title", of: $0) } ?? ""
            self.items = reader.children("item", of: document.root).prefix(Self.itemsMax).map(reader.item)
        case "feed":
            self.title = reader.text("title", of: document.root)
            self.items = reader.children("entry", of: document.root).prefix(Self.itemsMax).map(reader.entry)
        case let name:
            throw .value("The feed cannot be read: <\(name)> is neither RSS nor Atom")
        }
    }

    /// Reads elements by name. What the root's names have before them, those of the format have too.
    private struct Reader {
        let document: XMLDocument
        let rootName: String
        private let prefix: String

        init(_ document: XMLDocument) {
            self.document = document
            let name = document[document.root].name ?? ""
            let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            self.rootName = String(parts.last ?? "")
            // The names of RSS 1.0 are in another name space than its root, mostly the default one.
            self.prefix = parts.count == 2 && self.rootName != "RDF" ? "\(parts[0]):" : ""
        }

        func children(_ name: String, of parent: Int) -> [Int] {
            self.elements(self.prefix + name, of: parent)
        }

        func child(_ name: String, of parent: Int) -> Int? { self.children(name, of: parent).first }

        func text(_ name: String, of parent: Int) -> String {
            self.child(name, of: parent).map { self.document.wholeText(of: $0).trimmed } ?? ""
        }

        /// Of an element of an extension, whose prefix is the usual one.
        private func extra(_ name: String, of parent: Int) -> String {
            self.elements(name, of: parent).first.map { self.document.wholeText(of: $0).trimmed } ?? ""
        }

        private func elements(_ name: String, of parent: Int) -> [Int] {
            self.document.elements(in: parent).filter { self.document[$0].name == name }
        }

        func item(_ node: Int) -> Item {
            var item = Item()
            item.title = self.text("title", of: node)
            item.link = self.text("link", of: node)
            item.description = self.text("description", of: node)
            item.content = self.extra("content:encoded", of: node)
            item.author = self.first(self.text("author", of: node), self.extra("dc:creator", of: node))
            let date = self.first(self.text("pubDate", of: node), self.extra("dc:date", of: node))
            item.published = MailDate.isoText(date) ?? date
            item.categories = self.children("category", of: node).prefix(NewsFeed.categoriesMax).map {
                self.document.wholeText(of: $0).trimmed
            }
            item.id = self.first(self.text("guid", of: node), item.link, "\(item.title)\n\(date)\n\(item.description)")
            return item
        }

        func entry(_ node: Int) -> Item {
            var item = Item()
            item.title = self.text("title", of: node)
            item.link = self.link(of: node)
            item.description = self.text("summary", of: node)
            item.content = self.text("content", of: node)
            item.author = self.child("author", of: node).map { self.text("name", of: $0) } ?? ""
            item.published = self.first(self.text("published", of: node), self.text("updated", of: node))
            item.categories = self.children("category", of: node).prefix(NewsFeed.categoriesMax).compactMap {
                self.document[$0].attribute("term")
            }
            item.id = self.first(
                self.text("id", of: node), item.link, "\(item.title)\n\(item.published)\n\(item.description)")
            return item
        }

        /// The one to the entry itself, as there may be others to its comments and files.
        private func link(of node: Int) -> String {
            let links = self.children("link", of: node).map { self.document[$0] }
            let own = links.first { ($0.attribute("rel") ?? "alternate") == "alternate" } ?? links.first
            return own?.attribute("href") ?? ""
        }

        private func first(_ texts: String...) -> String { texts.first { !$0.isEmpty } ?? "" }
    }
}
