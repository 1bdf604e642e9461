/** One row of a history, named as it travels: means, but for the stress. */
export interface HistoryRow {
  /** ISO-8601, UTC: of the sample, or where the stretch begins. */
  readonly at: string;
  readonly samples: number;
  /** The highest of the stretch, and its parts. */
  readonly stress_total: number;
  readonly stress_load: number;
  readonly stress_memory: number;
  readonly stress_thermal: number;
  readonly stress_latency: number;
  readonly stress_io: number;
  readonly stress_pressure: number;
  readonly stress_steal: number;
  /** The longest between two samples. */
  readonly interval_ms_max: number;
  readonly cpu_percent: number | null;
  readonly load1: number | null;
  readonly io_wait_percent: number | null;
  readonly steal_percent: number | null;
  readonly memory_available_percent: number | null;
  readonly memory_available_bytes: number | null;
  readonly swap_used_bytes: number | null;
  readonly disk_read_bytes_per_second: number | null;
  readonly disk_written_bytes_per_second: number | null;
  readonly network_sent_bytes_per_second: number | null;
  readonly network_received_bytes_per_second: number | null;
  readonly celsius: number | null;
  readonly cpu_mhz: number | null;
  /** At any time of the stretch. */
  readonly is_throttled: boolean | null;
  readonly pressure_cpu_percent: number | null;
  readonly pressure_memory_percent: number | null;
  readonly pressure_io_percent: number | null;
}
