// What a monitoring module answers, for the tests of the commands that show it.
import type {
  HistoryRow,
  HostProcess,
  StressDetail,
  StressEvent,
  StressSample,
  StressStatus,
} from '../../../rpc/shapes-stress.ts';

export const at = '2026-11-22T12:00:00.000Z';
export const atMs = Date.parse(at);
export const thresholds = { elevation_threshold: 30, critical_threshold: 60 };

const parts = { load: 0, memory: 0, thermal: 0, latency: 0, io: 0, pressure: 0, steal: 0 };

export function stressOf(total: number): StressSample['stress'] {
  if (total === 0) return { total, parts, reasons: [] };
  const load = Math.min(40, total);
  const reasons = [`load 16.0 on 8 cores: ${load} of 40`];
  return { total, parts: { ...parts, load }, reasons };
}

export function hostProcess(change: Partial<HostProcess> = {}): HostProcess {
  return {
    pid: 4242,
    start_ticks: 99,
    name: 'stress-ng',
    state: 'R',
    module: null,
    cpu_percent: 97.4,
    wait_percent: 3,
    memory_bytes: 5 * 1024 ** 2,
    memory_percent: 0.1,
    read_bytes_per_second: null,
    written_bytes_per_second: 0,
    major_faults_per_second: 0,
    is_suspect: false,
    ...change,
  };
}

export function stressSample(total: number, change: Partial<StressSample> = {}): StressSample {
  return {
    at,
    interval_ms: 5000,
    level: total >= 60 ? 'critical' : total >= 30 ? 'elevated' : 'normal',
    stress: stressOf(total),
    cpu: {
      cores: 8,
      online_cores: 8,
      load1: 16,
      load5: 8,
      load15: 4,
      busy_percent: 81.5,
      io_wait_percent: 0.4,
      steal_percent: null,
      run_delay_percent: 3,
      context_switches_per_second: 1000,
      blocked_tasks: 0,
    },
    memory: {
      total_bytes: 8 * 1024 ** 3,
      available_bytes: 4 * 1024 ** 3,
      available_percent: 50,
      swap_used_bytes: 0,
      major_faults_per_second: 0,
      swap_in_bytes_per_second: 0,
      swap_out_bytes_per_second: 0,
    },
    disk: { read_bytes_per_second: 2048, written_bytes_per_second: 0, busy_percent: 1 },
    network: { sent_bytes_per_second: 100, received_bytes_per_second: null },
    thermal: { celsius: null, cpu_mhz: null, is_throttled: null },
    pressure: { cpu: null, memory: null, io: null },
    container: null,
    processes: [hostProcess()],
    ...change,
  };
}

export function stressStatus(total: number, change: Partial<StressStatus> = {}): StressStatus {
  const sample = stressSample(total);
  return {
    running: true,
    started_at: at,
    uptime_seconds: 60,
    level: sample.level,
    elevated_since: sample.level === 'normal' ? null : at,
    critical_since: sample.level === 'critical' ? at : null,
    sample_count: 12,
    event_count: 1,
    last_24_hours: { pauses: 1, elevated: 2, critical: 0 },
    last_sample: sample,
    sampling: {
      ...thresholds,
      interval_ms: 5000,
      normal_interval_ms: 5000,
      elevated_interval_ms: 1000,
    },
    storage: { kind: 'files', stored: 12, dropped: 0, problem: null },
    learning: null,
    ...change,
  };
}

export function pauseEvent(change: Partial<StressEvent> = {}): StressEvent {
  return {
    id: 7,
    kind: 'pause',
    at,
    duration_ms: 79_000,
    pause: {
      cause: 'process',
      actual_ms: 79_000,
      expected_ms: 5000,
      excess_ms: 74_000,
      latency_ratio: 15.8,
    },
    stress: stressOf(42),
    culprits: [{ process: hostProcess(), why: 'cpu', share: '97 % of a core' }],
    folder: '2026-11-22_12-00-00',
    notes: '',
    ...change,
  };
}

export function historyRow(rowAt: string, total: number): HistoryRow {
  return {
    at: rowAt,
    samples: 1,
    stress_total: total,
    stress_load: total,
    stress_memory: 0,
    stress_thermal: 0,
    stress_latency: 0,
    stress_io: 0,
    stress_pressure: 0,
    stress_steal: 0,
    interval_ms_max: 5000,
    cpu_percent: 12.5,
    load1: 0.25,
    io_wait_percent: 0,
    steal_percent: null,
    memory_available_percent: 50,
    memory_available_bytes: 4 * 1024 ** 3,
    swap_used_bytes: 0,
    disk_read_bytes_per_second: 0,
    disk_written_bytes_per_second: 0,
    network_sent_bytes_per_second: 0,
    network_received_bytes_per_second: 0,
    celsius: null,
    cpu_mhz: null,
    is_throttled: null,
    pressure_cpu_percent: null,
    pressure_memory_percent: null,
    pressure_io_percent: null,
  };
}

export function stressDetail(change: Partial<StressDetail> = {}): StressDetail {
  return {
    event: pauseEvent(),
    before: [historyRow(at, 42)],
    forensics: {
      path: '/home/x/data/monitoring/events/2026-11-22_12-00-00',
      trigger: 'pause',
      is_complete: true,
      files: [
        { name: 'processes.json', bytes: 2048, failure: null, note: null },
        { name: 'stacks.txt', bytes: null, failure: 'not permitted', note: null },
      ],
    },
    ...change,
  };
}
