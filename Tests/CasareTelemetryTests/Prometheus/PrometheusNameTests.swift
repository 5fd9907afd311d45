import CasareTelemetry
import Testing

struct PrometheusNameTests {
    @Test(
        arguments: [
            ("casare.job.submitted", .counter, "{job}", "casare_job_submitted_total"),
            ("casare.queue.depth", .upDownCounter, "{job}", "casare_queue_depth"),
            ("casare.queue.oldest_job.age", .gauge, "s", "casare_queue_oldest_job_age_seconds"),
            ("casare.robot.utilization", .gauge, "1", "casare_robot_utilization_ratio"),
            ("casare.robot.share", .upDownCounter, "1", "casare_robot_share"),
            ("casare.robot.time", .counter, "s", "casare_robot_time_seconds_total"),
            ("process.memory.usage", .upDownCounter, "By", "process_memory_usage_bytes"),
            ("x.seconds", .gauge, "s", "x_seconds"), ("x.total", .counter, "{y}", "x_total"),
            ("x.flow", .gauge, "By/s", "x_flow_bytes_per_second"), ("x.rate", .gauge, "{job}/s", "x_rate_per_second"),
            ("a..b--c é", .gauge, "{y}", "a_b_c_"), ("9lives", .gauge, "{y}", "_9lives"),
            ("x.odd", .gauge, "%", "x_odd_percent"),
        ] as [(String, Instrument.Kind, String, String)])
    func `a name becomes what Prometheus calls it`(
        name: String, kind: Instrument.Kind, unit: String, expected: String
    ) {
        let instrument = Instrument(name, kind, unit: unit, "", by: .orchestrator)
        #expect(PrometheusName.series(of: instrument) == expected)
    }

    @Test(
        arguments: [
            ("messaging.destination.name", "messaging_destination_name"), ("error.type", "error_type"),
            ("1st", "key_1st"),
            ("a:b", "a_b"),
        ] as [(String, String)])
    func `a key becomes a label`(key: String, label: String) {
        #expect(PrometheusName.label(AttributeKey(rawValue: key)) == label)
    }
}
