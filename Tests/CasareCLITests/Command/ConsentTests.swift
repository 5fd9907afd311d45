import Testing

@testable import CasareCLI

struct ConsentTests {
    private static func server(production: Bool) -> Server {
        Server(url: ServerURL("https://h.example")!, token: "t", contextName: "live", isProduction: production)
    }

    @Test(
        arguments: [
            // One thing, named by its ID, is not asked about; in production everything is.
            (false, false, false, false, Consent.goAhead), (false, false, false, true, .goAhead),
            (true, false, false, true, .ask), (true, false, false, false, .refuse),
            (true, false, true, false, .goAhead),
            (false, true, false, true, .askForName("live")), (true, true, false, true, .askForName("live")),
            (false, true, false, false, .refuse), (true, true, true, false, .goAhead),
        ] as [(Bool, Bool, Bool, Bool, Consent)])
    func `what needs a yes`(selection: Bool, production: Bool, yes: Bool, canAsk: Bool, expected: Consent) {
        #expect(
            Consent.needed(
                isSelection: selection, server: Self.server(production: production), yes: yes, canAsk: canAsk)
                == expected)
    }

    @Test func `without a terminal and a yes nothing is done`() {
        let failure = #expect(throws: CommandFailure.self) { try Consent.refuse.obtain(for: "retry 12 jobs") }
        #expect(
            failure
                == CommandFailure(
                    .confirmationNeeded, "not done: to retry 12 jobs without a terminal to ask on, add --yes"))
    }

    @Test func `a selection shows its count and its first items`() {
        let items = (1...7).map { Selection.Item(id: "id\($0)", detail: $0 == 1 ? "bad\u{1B}" : "") }
        let selection = Selection(items: items, noun: "job")
        #expect(selection.count == "7 jobs")
        #expect(
            selection.sample == ["  id1  bad\\u{1b}", "  id2", "  id3", "  id4", "  id5", "  … and 2 more"])
        #expect(Selection(items: [items[0]], noun: "dead letter").count == "1 dead letter")
    }

    @Test func `only what is shown is looked up, and what cannot be is shown all the same`() async {
        let items = (1...3).map { Selection.Item(id: "id\($0)", detail: "") }
        let described = await Selection(items: items, noun: "job").described(atMost: 2) { item in
            if item.id == "id2" { throw CommandFailure(.notFound, "there is no such job") }
            return "a job"
        }
        #expect(described.items.map(\.detail) == ["a job", "(there is no such job)", ""])
        #expect(described.items.map(\.failure?.status) == [nil, .notFound, nil])
    }
}
