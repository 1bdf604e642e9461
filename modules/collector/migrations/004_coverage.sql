-- What is known to be complete. Time of a stream is covered when an interval or a back-fill has it and
-- no gap does: gaps are not a state that could be forgotten, but what remains (store/completeness.ts).

-- Each time in which a stream was to be collected.
CREATE TABLE coverage_streams (
  stream         TEXT NOT NULL,
  collector      TEXT NOT NULL,
  expected_from  TIMESTAMPTZ NOT NULL,
  -- Null: it is one of the collector's streams still.
  expected_until TIMESTAMPTZ,
  is_connected   BOOLEAN NOT NULL DEFAULT false,
  last_frame_at  TIMESTAMPTZ,
  PRIMARY KEY (stream, expected_from)
);
CREATE UNIQUE INDEX coverage_streams_open ON coverage_streams (stream) WHERE expected_until IS NULL;

CREATE TABLE coverage_intervals (
  stream        TEXT NOT NULL,
  connected_at  TIMESTAMPTZ NOT NULL,
  -- Until when all that the connection brought is stored.
  covered_until TIMESTAMPTZ NOT NULL,
  -- Why it ended; null while it is connected, and after a run that could not say.
  reason        TEXT,
  PRIMARY KEY (stream, connected_at)
);
CREATE INDEX coverage_intervals_time ON coverage_intervals (covered_until);

-- Inside an interval, where something is known to be missing nevertheless.
CREATE TABLE coverage_gaps (
  stream  TEXT NOT NULL,
  from_ts TIMESTAMPTZ NOT NULL,
  to_ts   TIMESTAMPTZ NOT NULL,
  reason  TEXT NOT NULL,
  PRIMARY KEY (stream, from_ts, to_ts)
);
CREATE INDEX coverage_gaps_time ON coverage_gaps (to_ts);

CREATE TABLE coverage_backfills (
  stream  TEXT NOT NULL,
  from_ts TIMESTAMPTZ NOT NULL,
  to_ts   TIMESTAMPTZ NOT NULL,
  rows    BIGINT NOT NULL,
  done_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (stream, from_ts, to_ts)
);
CREATE INDEX coverage_backfills_time ON coverage_backfills (to_ts);

-- By run, whose own totals replace the earlier ones: to write them twice changes nothing.
CREATE TABLE coverage_counts (
  run         TEXT NOT NULL,
  stream      TEXT NOT NULL,
  day         DATE NOT NULL,
  dropped     BIGINT NOT NULL,
  quarantined BIGINT NOT NULL,
  PRIMARY KEY (day, stream, run)
);

-- What could not be understood, the newest of it.
CREATE TABLE quarantine (
  id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Run and number: to write it twice changes nothing.
  note      TEXT NOT NULL UNIQUE,
  seen_at   TIMESTAMPTZ NOT NULL,
  collector TEXT NOT NULL,
  reason    TEXT NOT NULL,
  raw       TEXT NOT NULL
);

-- When partitions were last looked after, so that a clock that jumps is noticed before it makes all
-- that is kept look old (store/clock-trust.ts).
CREATE TABLE upkeep (
  only_row   BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
  looked_at  TIMESTAMPTZ NOT NULL,
  held_until TIMESTAMPTZ
);
