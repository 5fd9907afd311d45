/// Names for expressions, beside those of OCPS 1.1 those that schedules of the former system use.
package enum CronAlias {
    /// In the order in which documents list them. They are understood in any case.
    package static let all: [(name: String, expression: String)] = [
        ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
        ("@every_minute", "* * * * *"), ("@every_5_minutes", "*/5 * * * *"), ("@every_10_minutes", "*/10 * * * *"),
        ("@every_15_minutes", "*/15 * * * *"), ("@every_30_minutes", "*/30 * * * *"),
        ("@business_hours", "0 9-17 * * 1-5"), ("@weekdays", "0 9 * * 1-5"), ("@weekends", "0 9 * * 0,6"),
        ("@end_of_month", "0 0 L * *"), ("@first_monday", "0 9 * * 1#1"), ("@last_friday", "0 17 * * 5#L"),
    ]

    /// Written in OCPS as well, and no time.
    static let reboot = "@reboot"

    /// What a name that begins with `@` stands for; `nil` for one that is not known.
    static func expression(for name: String) -> String? {
        let name = name.lowercased()
        return self.all.first { $0.name == name }?.expression
    }
}
