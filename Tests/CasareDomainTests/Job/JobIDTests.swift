import CasareDomain
import FoundationEssentials
import Testing

struct JobIDTests {
    @Test func `IDs compare by the time of their jobs`() {
        let times = [0, 1, 1_000_000, 1_767_323_045.678, 4_000_000_000].map { Date(timeIntervalSince1970: $0) }
        let ids = times.map { Job.ID.new(at: $0) }
        #expect(ids == ids.sorted())
        #expect(Job.ID.first < ids[0] && ids[4] < Job.ID.last)
    }

    @Test func `IDs of the same millisecond compare by the time within it`() {
        let ids = (0..<4).map { Job.ID.new(at: Date(timeIntervalSince1970: 1_767_323_045.678 + Double($0) * 2e-6)) }
        #expect(ids == ids.sorted())
        #expect(ids.allSatisfy { $0.rawValue.uuid.6 >> 4 == 7 && $0.rawValue.uuid.8 >> 6 == 2 })
    }

    @Test func `a time's lower bound parts earlier jobs from later ones`() {
        let time = Date(timeIntervalSince1970: 1_767_323_045.678)
        let bound = Job.ID.lowerBound(at: time)
        #expect(Job.ID.new(at: time.addingTimeInterval(-0.002)) < bound)
        #expect(bound <= Job.ID.new(at: time))
    }

    @Test func `times that an ID cannot hold become the nearest that it can`() {
        #expect(Job.ID.lowerBound(at: .distantPast) == .first)
        #expect(Job.ID.lowerBound(at: Date(timeIntervalSince1970: 1e15)).description.hasPrefix("ffffffff-ffff-0000"))
    }

    @Test func `two jobs of the same moment have different IDs`() {
        let time = Date(timeIntervalSince1970: 1_767_323_045)
        #expect(Set((0..<1000).map { _ in Job.ID.new(at: time) }).count == 1000)
    }
}
