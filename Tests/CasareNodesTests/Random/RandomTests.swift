import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@Suite struct RandomTests {
    private let folder = RunFolder(path: "/tmp")

    @Test func `numbers lie between their bounds, whichever comes first`() async throws {
        for _ in 0..<50 {
            let whole = try await self.folder.perform(
                "RandomNumberNode", ["min_value": 3, "max_value": 1, "integer_only": true])["result"]
            #expect([1, 2, 3].contains(whole))
            let number = try await self.folder.perform("RandomNumberNode")["result"]?.double ?? -1
            #expect((0...100).contains(number))
        }
        let only = try await self.folder.perform(
            "RandomNumberNode", ["min_value": 4.5, "max_value": 5.5, "integer_only": true])
        #expect(only["result"] == 5)
        let none = try await self.folder.failure(
            "RandomNumberNode", ["min_value": 4.1, "max_value": 4.9, "integer_only": true])
        #expect(none.type == "ValueError")
        let endless = try await self.folder.failure("RandomNumberNode", ["max_value": .double(.infinity)])
        #expect(endless.type == "ValueError")
        let ends: [(Value, Value)] = [(0, .int(.max)), (.int(.min), .int(.max)), (.int(.max), .int(.max))]
        for (low, high) in ends {
            let large = try await self.folder.perform(
                "RandomNumberNode", ["min_value": low, "max_value": high, "integer_only": true])["result"]
            guard case .int(let number)? = large else {
                Issue.record("No whole number between \(low) and \(high): \(String(describing: large))")
                continue
            }
            #expect(number >= low.int ?? 0)
        }
    }

    @Test func `choices come from the list`() async throws {
        let items: Value = ["a", "b", "c"]
        let one = try await self.folder.perform("RandomChoiceNode", ["items": items])
        #expect(one["result"] == items.list?[one["index"]?.int ?? -1])
        let all = try await self.folder.perform("RandomChoiceNode", ["items": items, "count": 9])
        #expect(all["result"]?.list?.compactMap(\.string).sorted() == ["a", "b", "c"])
        #expect(all["index"] == -1)
        let many = try await self.folder.perform(
            "RandomChoiceNode", ["items": items, "count": 9, "allow_duplicates": true])
        #expect(many["result"]?.list?.count == 9)
        let failure = try await self.folder.failure("RandomChoiceNode", ["items": []])
        #expect(failure.message == "items list cannot be empty")
    }

    @Test func `texts are made of the characters asked for`() async throws {
        let plain = try await self.folder.perform("RandomStringNode")["result"]?.string ?? ""
        #expect(plain.count == 8)
        #expect(plain.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        let custom = try await self.folder.perform("RandomStringNode", ["length": 40, "custom_chars": "äß"])
        #expect(custom["result"]?.string.map { Set($0) } == ["ä", "ß"])
        let noClass: Object = [
            "length": 100, "include_uppercase": false, "include_lowercase": false, "include_digits": false,
        ]
        #expect(try await self.folder.perform("RandomStringNode", noClass)["result"]?.string?.count == 100)
    }

    @Test func `shuffling keeps every element`() async throws {
        let shuffled = try await self.folder.perform("ShuffleListNode", ["items": [1, 2, 3, 4, 5]])
        #expect(shuffled["result"]?.list?.compactMap(\.int).sorted() == [1, 2, 3, 4, 5])
        let letters = try await self.folder.perform("ShuffleListNode", ["items": "abc"])
        #expect(letters["result"]?.list?.compactMap(\.string).sorted() == ["a", "b", "c"])
        let json = try await self.folder.perform("ShuffleListNode", ["items": "[1]"])
        #expect(json["result"] == [1])
        #expect(try await self.folder.failure("ShuffleListNode", ["items": 5]).type == "TypeError")
    }

    @Test func `UUIDs have their version and format`() async throws {
        let standard = try await self.folder.perform("RandomUUIDNode")["result"]?.string ?? ""
        #expect(UUID(uuidString: standard) != nil)
        #expect(standard == standard.lowercased())
        #expect(Array(standard)[14] == "4")
        let hex = try await self.folder.perform("RandomUUIDNode", ["format": "hex"])["result"]?.string ?? ""
        #expect(hex.count == 32)
        let urn =
            try await self.folder.perform("RandomUUIDNode", ["format": "urn", "version": 1])["result"]?.string ?? ""
        #expect(urn.hasPrefix("urn:uuid:"))
        #expect(Array(urn)[23] == "1")
        #expect(
            try await self.folder.failure("RandomUUIDNode", ["version": 2]).message == "version must be one of: 1, 4")
    }

    @Test func `several UUIDs are all different, also those made from the time`() async throws {
        var still = self.folder
        still.now = { Date(timeIntervalSince1970: 1_700_000_000) }
        let made = try await still.perform("UUIDGeneratorNode", ["uuid_version": 1, "count": 100])
        let texts = made["uuids"]?.list?.compactMap(\.string) ?? []
        #expect(Set(texts).count == 100)
        #expect(made["uuid"] == made["uuids"]?.list?.first)
    }
}
