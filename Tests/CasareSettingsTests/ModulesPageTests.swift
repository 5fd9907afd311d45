import FoundationEssentials
import Testing

struct ModulesPageTests {
    private static func text(of path: String) throws -> String {
        let root = #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        return try String(contentsOfFile: "/\(root)/\(path)", encoding: .utf8)
    }

    @Test func `the page has a paragraph for each target, in the manifest's order`() throws {
        let targets = try Self.text(of: "Package.swift")
            .matches(of: #/\.(?:target|executableTarget|systemLibrary)\(\s*name: "([^"]+)"/#)
            .map { String($0.output.1) }
        #expect(targets.count > 20, "the manifest is not written as this test reads it: \(targets)")
        let sections = try Self.text(of: "docs/modules.md").split(separator: "\n## ").dropFirst()
        let headings = sections.map { String($0.prefix { $0 != "\n" }) }
        #expect(headings == targets)
        for section in sections {
            #expect(section.drop { $0 != "\n" }.contains { $0.isLetter }, "\(section) has no paragraph")
        }
    }
}
