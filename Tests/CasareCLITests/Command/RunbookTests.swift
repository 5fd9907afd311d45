import ArgumentParser
import FoundationEssentials
import Testing

@testable import CasareCLI

/// The pages for who is woken by an alert, against the parser: what they say to type must be taken.
struct RunbookTests {
    /// One command line of a page.
    private struct Line {
        let page: String
        /// Behind `casarectl`, with names in the place of `JOB` and the like.
        let words: [String]
        let isInSentence: Bool

        /// Within a sentence a command may be named without what it takes.
        var isNameOnly: Bool { self.isInSentence && self.words.allSatisfy { $0.allSatisfy { $0.isLowercase } } }
    }

    @Test func `every command line of a page is one that casarectl takes`() async throws {
        var count = 0
        for (page, text) in try Self.pages() {
            for line in try Self.lines(of: page, text) {
                count += 1
                await Task.yield()
                guard let complaint = Self.complaint(about: line) else { continue }
                Issue.record("\(line.page): casarectl \(line.words.joined(separator: " ")): \(complaint)")
            }
        }
        #expect(count > 150)
    }

    @Test(arguments: [
        "```sh\ncasarectl queue fetch QUEUE\n```", "```sh\nls | casarectl job list --stats failed\n```",
        "Type `casarectl queue fetch`.", "Type `casarectl job get`, or `casarectl job get JOB --why`.",
        "```sh\ncasarectl job get\n```", "```sh\ncasarectl queue pause QUEUE --for soon # later\n```",
    ])
    func `a command or an option that there is not is found`(text: String) throws {
        let lines = try Self.lines(of: "page", text)
        #expect(lines.contains { Self.complaint(about: $0) != nil })
    }

    @Test func `comments, other programs and where output goes are no part of a command line`() throws {
        let text = """
            Or `umask 077 && casarectl robot token ROBOT > robot.token`, or `casarectl top`.

            ```sh
            CASARE_URL=https://casare.example casarectl job cancel JOB --reason "one # of two" | cat   # in a hurry
            curl -s "$CASARE_URL/health/ready"
            casarectl audit verify --anchor 3:9f… --public-key 'a b'
            ```
            """
        let lines = try Self.lines(of: "page", text).map(\.words)
        #expect(
            lines == [
                ["job", "cancel", Self.job, "--reason", "one # of two"],
                ["audit", "verify", "--anchor", "3:9f" + String(repeating: "0", count: 62), "--public-key", "a b"],
                ["robot", "token", "robot"], ["top"],
            ])
    }

    // MARK: Parsing

    /// What the parser has against a line; `nil` when it takes it.
    private static func complaint(about line: Line) -> String? {
        do {
            _ = try Casarectl.parseAsRoot(line.words)
            return nil
        } catch {
            let message = Casarectl.fullMessage(for: error)
            let isUnknown = ["nexpected argument", "nknown option"].contains { message.contains($0) }
            return line.isNameOnly && !isUnknown ? nil : message
        }
    }

    // MARK: Reading pages

    private static let job = "01890000-0000-7000-8000-000000000001"

    private static func pages() throws -> [(name: String, text: String)] {
        let root = "/" + #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        let folder = root + "/docs/runbooks"
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }.sorted()
            .map { ($0, try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) }
    }

    /// Of fenced blocks every line, and what stands between two backticks in the text around them.
    private static func lines(of page: String, _ text: String) throws -> [Line] {
        var lines: [Line] = []
        var prose = ""
        var isFenced = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isFenced.toggle()
            } else if isFenced {
                let commands = Self.commands(in: line)
                if line.hasPrefix("casarectl ") { try #require(!commands.isEmpty, "\(page): \(line)") }
                lines += commands.map { Line(page: page, words: $0, isInSentence: false) }
            } else {
                prose += line + "\n"
            }
        }
        for (index, span) in prose.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        where !index.isMultiple(of: 2) {
            lines += Self.commands(in: span).map { Line(page: page, words: $0, isInSentence: true) }
        }
        return lines
    }

    /// What a shell would give casarectl, for each time that it stands in a line.
    private static func commands(in line: Substring) -> [[String]] {
        var commands: [[String]] = []
        for part in Self.words(of: line).split(whereSeparator: { ["|", "&&", ";"].contains($0) }) {
            let command = part.drop { $0.contains("=") }.prefix { $0 != ">" }
            guard command.first == "casarectl" else { continue }
            commands.append(command.dropFirst().map(Self.example))
        }
        return commands
    }

    /// Splits as a shell does, up to a comment. Quotation marks hold words together; nothing is expanded.
    private static func words(of line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch (character, quote) {
            case (_, .some(character)): quote = nil
            case (_, .some): word = (word ?? "") + String(character)
            case ("\"", nil), ("'", nil): (quote, word) = (character, word ?? "")
            case (" ", nil), ("\n", nil):
                if let ended = word { words.append(ended) }
                word = nil
            case ("#", nil) where word == nil: return words
            case (_, nil): word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    /// `JOB` and other words in capital letters, or in angle brackets, stand for a name, and `9f…` for a hash.
    private static func example(_ word: String) -> String {
        word.split(separator: ":", omittingEmptySubsequences: false).map { part -> String in
            if part == "JOB" { return Self.job }
            if part.hasSuffix("…") {
                let hash = String(part.dropLast())
                return hash + String(repeating: "0", count: max(0, 64 - hash.count))
            }
            let isPlaceholder =
                part.count > 1
                && (part.allSatisfy { $0.isUppercase || $0 == "-" } && part.contains { $0.isUppercase }
                    || part.hasPrefix("<") && part.hasSuffix(">"))
            return isPlaceholder ? part.filter { $0.isLetter || $0 == "-" }.lowercased() : String(part)
        }.joined(separator: ":")
    }
}
