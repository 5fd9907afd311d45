import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// The declared types held against the node catalogue's facts, all of them.
@Suite struct ReferenceTests {
    private let catalogue = StandardNodes.catalogue
    private let reference = ReferenceCatalogue.shared

    @Test(arguments: ReferenceCatalogue.shared.entries)
    func `a type in scope is implemented`(entry: ReferenceCatalogue.Entry) throws {
        let type = try #require(self.catalogue.type(named: entry.name))
        #expect(type.name == entry.name, "declared under another name first")
        if case .unsupported(let reason) = type.behaviour {
            #expect(entry.needsBrowser, "\(reason)")
            #expect(reason.contains("browser"))
        }
    }

    @Test func `parameters, outputs and exec ports are the catalogue's, or the deviation has its reason`() {
        var found: Set<String> = []
        for entry in self.reference.entries where !entry.needsBrowser {
            guard let type = self.catalogue.type(named: entry.name) else { continue }
            for (place, difference) in entry.differences(from: type).sorted(by: { $0.key < $1.key }) {
                found.insert(place)
                if !self.reference.deviations.contains(place) { Issue.record("\(place): \(difference)") }
            }
        }
        for place in self.reference.deviations where !found.contains(place) {
            Issue.record("\(place): no deviation any more; remove its reason from catalogue-deviations.json")
        }
    }

    @Test func `the reference holds all of the catalogue`() {
        #expect(self.reference.entries.count == 226)
        #expect(self.reference.listedOnly.count == 235)
    }

    @Test func `a type that is listed only loads, and says why it cannot run`() {
        for name in self.reference.listedOnly {
            guard let type = self.catalogue.type(named: name) else {
                Issue.record("\(name) is unknown")
                continue
            }
            let isTrigger = name.hasSuffix("TriggerNode")
            switch type.behaviour {
            case .unsupported(let reason): #expect(!reason.isEmpty && !isTrigger)
            case .structure(.trigger): #expect(isTrigger, "\(name)")
            default: Issue.record("\(name) is implemented: it belongs to the types in scope")
            }
        }
    }

    @Test func `other names of types lead to them`() {
        for (alias, name) in self.reference.typeAliases {
            #expect(self.catalogue.type(named: alias)?.name == name.string, "\(alias)")
        }
    }
}
