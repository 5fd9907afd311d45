public import FoundationEssentials

extension Job.ID {
    /// Not above any ID of a job that was submitted at this time or later: the bound of lists by time.
    public static func lowerBound(at time: Date) -> Job.ID {
        let milliseconds = UInt64(time.unixMilliseconds)
        func byte(_ position: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * position)) }
        return Job.ID(
            rawValue: UUID(uuid: (byte(0), byte(1), byte(2), byte(3), byte(4), byte(5), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    }

    /// Not above any other ID.
    public static let first = Job.ID(rawValue: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    /// Above every ID of a job.
    public static let last = Job.ID(
        rawValue: UUID(uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)))
}
