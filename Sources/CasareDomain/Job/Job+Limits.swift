extension Job {
    /// No delay, deadline, time limit, window or debounce of a job is longer: 30 days. What is to happen later than
    /// that is named by its time.
    public static let spanSecondsMax = 2_592_000.0

    public static let queueKeyCharactersMax = 255
    public static let uniqueKeyCharactersMax = 255
}
