-- The history of hosts: `host` says whose, as several may write into one database. Rows of a host are
-- only ever written by its monitoring module. Null is what the host did not tell.
CREATE TABLE samples (
  host text NOT NULL,
  at timestamptz NOT NULL,
  interval_ms double precision NOT NULL,
  cores double precision NOT NULL,
  online_cores double precision,
  load_avg double precision,
  load_avg5 double precision,
  load_avg15 double precision,
  cpu_pct double precision,
  io_wait_pct double precision,
  steal_pct double precision,
  run_delay_pct double precision,
  context_switches double precision,
  blocked_tasks double precision,
  mem_total double precision,
  mem_available double precision,
  mem_available_pct double precision,
  swap_used double precision,
  major_faults double precision,
  swap_in double precision,
  swap_out double precision,
  io_read double precision,
  io_write double precision,
  io_busy_pct double precision,
  net_sent double precision,
  net_recv double precision,
  cpu_temp double precision,
  cpu_freq double precision,
  throttled boolean,
  psi_cpu_some10 double precision,
  psi_cpu_full10 double precision,
  psi_cpu_some_pct double precision,
  psi_cpu_full_pct double precision,
  psi_memory_some10 double precision,
  psi_memory_full10 double precision,
  psi_memory_some_pct double precision,
  psi_memory_full_pct double precision,
  psi_io_some10 double precision,
  psi_io_full10 double precision,
  psi_io_some_pct double precision,
  psi_io_full_pct double precision,
  container_cores double precision,
  container_throttled_pct double precision,
  container_mem double precision,
  container_mem_max double precision,
  container_oom_kills double precision,
  stress_total double precision NOT NULL,
  stress_load double precision NOT NULL,
  stress_memory double precision NOT NULL,
  stress_thermal double precision NOT NULL,
  stress_latency double precision NOT NULL,
  stress_io double precision NOT NULL,
  stress_pressure double precision NOT NULL,
  stress_steal double precision NOT NULL,
  -- Sentences; null where there is no stress.
  stress_reasons jsonb,
  PRIMARY KEY (host, at)
);

-- The heaviest processes at the time of a sample, the heaviest with rank 0.
CREATE TABLE process_samples (
  host text NOT NULL,
  at timestamptz NOT NULL,
  rank smallint NOT NULL,
  pid integer NOT NULL,
  start_ticks bigint NOT NULL,
  name text NOT NULL,
  state text NOT NULL,
  -- Null: not ours.
  module text,
  cpu_pct double precision,
  wait_pct double precision,
  mem_bytes double precision NOT NULL,
  mem_pct double precision,
  io_read double precision,
  io_write double precision,
  major_faults double precision,
  is_suspect boolean NOT NULL,
  PRIMARY KEY (host, at, rank)
);

-- Pauses, and episodes of stress.
CREATE TABLE events (
  host text NOT NULL,
  id bigint NOT NULL,
  kind text NOT NULL,
  at timestamptz NOT NULL,
  -- Null while it lasts.
  duration_ms double precision,
  -- Null but for a pause.
  pause_cause text,
  pause_actual_ms double precision,
  pause_expected_ms double precision,
  pause_excess_ms double precision,
  pause_latency_ratio double precision,
  stress_total double precision NOT NULL,
  stress_load double precision NOT NULL,
  stress_memory double precision NOT NULL,
  stress_thermal double precision NOT NULL,
  stress_latency double precision NOT NULL,
  stress_io double precision NOT NULL,
  stress_pressure double precision NOT NULL,
  stress_steal double precision NOT NULL,
  stress_reasons jsonb,
  culprits jsonb NOT NULL,
  event_dir text,
  notes text NOT NULL,
  PRIMARY KEY (host, id)
);
CREATE INDEX events_at ON events (host, at);

-- What outlives a restart, such as the I/O baseline.
CREATE TABLE daemon_state (
  host text NOT NULL,
  key text NOT NULL,
  value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (host, key)
);
