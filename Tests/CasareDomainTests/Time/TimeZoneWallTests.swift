import CasareDomain
import Testing

struct TimeZoneWallTests {
    private static func berlin() throws -> TimeZoneRules {
        TimeZoneRules(posix: try #require(PosixZone("CET-1CEST,M3.5.0,M10.5.0/3")))
    }

    /// Of 2026: the clock goes forward on 29 March at 01:00 UTC, and back on 25 October at 01:00 UTC.
    private static let forward = 1_774_746_000
    private static let back = 1_792_890_000

    @Test func `a time comes once on most days`() throws {
        let berlin = try Self.berlin()
        let wall = Self.forward - 40 * 86_400
        #expect(berlin.moments(ofWallSeconds: wall) == [wall - 3600])
        #expect(berlin.gap(atWallSeconds: wall) == nil)
        #expect(TimeZoneRules.utc.moments(ofWallSeconds: wall) == [wall])
        #expect(TimeZoneRules.utc.gap(atWallSeconds: wall) == nil)
        #expect(TimeZoneRules.utc.transition(after: wall) == nil)
    }

    @Test func `a time in a gap never comes, and knows when the gap ends`() throws {
        let berlin = try Self.berlin()
        let begin = Self.forward + 3600
        for wall in [begin, begin + 1, begin + 3599] {
            #expect(berlin.moments(ofWallSeconds: wall).isEmpty)
            let gap = try #require(berlin.gap(atWallSeconds: wall))
            #expect(gap.endsAt == Self.forward && gap.wallSeconds == begin..<begin + 3600)
        }
        #expect(berlin.moments(ofWallSeconds: begin - 1) == [Self.forward - 1])
        #expect(berlin.moments(ofWallSeconds: begin + 3600) == [Self.forward])
        #expect(berlin.gap(atWallSeconds: begin - 1) == nil && berlin.gap(atWallSeconds: begin + 3600) == nil)
    }

    @Test func `a time in a repeat comes twice`() throws {
        let berlin = try Self.berlin()
        let begin = Self.back + 3600
        for wall in [begin, begin + 1800, begin + 3599] {
            #expect(berlin.moments(ofWallSeconds: wall) == [wall - 7200, wall - 3600])
        }
        #expect(berlin.moments(ofWallSeconds: begin - 1) == [begin - 7201])
        #expect(berlin.moments(ofWallSeconds: begin + 3600) == [begin])
    }

    @Test func `changes of a rule follow each other for ever`() throws {
        let berlin = try Self.berlin()
        var moment = Self.forward - 1
        var found: [Int] = []
        while found.count < 200, let next = berlin.transition(after: moment) {
            #expect(berlin.offset(at: next) != berlin.offset(at: next - 1))
            found.append(next)
            moment = next
        }
        #expect(found.count == 200 && found.first == Self.forward)
        #expect(found.prefix(3) == [Self.forward, Self.back, 1_806_195_600])
    }

    @Test(arguments: [
        ("Europe/Berlin", 1_711_846_800, 3600, 7200), ("Australia/Lord_Howe", 1_712_415_600, 39_600, 37_800),
        ("Pacific/Apia", 1_325_239_200, -36_000, 50_400), ("Antarctica/Troll", 1_711_846_800, 0, 7200),
    ])
    func `zone files tell their changes`(name: String, at moment: Int, before: Int, after: Int) throws {
        let zone = try TestZones.rules(of: name)
        #expect(zone.transition(after: moment - 1) == moment)
        #expect(zone.offset(at: moment - 1).seconds == before && zone.offset(at: moment).seconds == after)
        let walls = [moment + before, moment + after].sorted()
        let inside = walls[0]
        if after > before {
            #expect(zone.gap(atWallSeconds: inside)?.wallSeconds == walls[0]..<walls[1])
            #expect(zone.moments(ofWallSeconds: inside).isEmpty)
        } else {
            #expect(zone.moments(ofWallSeconds: inside) == [inside - before, inside - after])
        }
    }

    @Test func `a text that is no zone file is none`() throws {
        for content: [UInt8] in [[], Array("TZif".utf8), Array("nothing of a zone".utf8)] {
            #expect(TimeZoneRules(file: content) == nil)
        }
    }
}
