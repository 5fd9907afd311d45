import CasareDomain
import Testing

@testable import CasareSettings

struct SystemZonesTests {
    @Test func `zones are read by their names`() throws {
        let berlin = try #require(ZoneCatalogue.system.rules("Europe/Berlin"))
        #expect(berlin.offset(at: 1_711_846_799).seconds == 3600)
        #expect(berlin.offset(at: 1_711_846_800).seconds == 7200)
        // Once more, as it was kept.
        #expect(ZoneCatalogue.system.rules("Europe/Berlin")?.offset(at: 1_711_846_800).seconds == 7200)
        #expect(ZoneCatalogue.system.rules("UTC")?.offset(at: 0).seconds == 0)
        let fixed = try #require(ZoneCatalogue.system.rules("Etc/GMT-2"))
        #expect(fixed.offset(at: 0).seconds == 7200)
        #expect(ZoneCatalogue.system.rules("America/Argentina/Buenos_Aires") != nil)
    }

    @Test(arguments: [
        "", "/", ".", "..", "../zoneinfo/UTC", "Europe/../UTC", "/usr/share/zoneinfo/UTC", "Europe//Berlin",
        "Europe/Berlin/", "Europe/", "/Europe/Berlin", "./UTC", "Europe/.hidden", "zone.tab", "right/Europe/Berlin",
        "Europe/Berlin\u{0}", "Europe/Berlín", "Europe/Ber lin", "+02:00", "-1", String(repeating: "a", count: 101),
    ])
    func `a name that could lead elsewhere is none`(name: String) {
        #expect(!SystemZones.isName(name))
        #expect(ZoneCatalogue.system.rules(name) == nil)
    }

    @Test(arguments: ["Europe", "Europe/Atlantis", "Mars/Olympus"])
    func `what is no zone file is no zone`(name: String) {
        #expect(SystemZones.isName(name))
        #expect(ZoneCatalogue.system.rules(name) == nil)
    }
}
