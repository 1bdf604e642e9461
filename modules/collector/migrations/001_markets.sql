CREATE TABLE markets (
  condition_id   TEXT PRIMARY KEY,
  question       TEXT NOT NULL,
  slug           TEXT,
  market_type    TEXT,
  outcomes       TEXT[] NOT NULL DEFAULT '{}',
  clob_token_ids TEXT[] NOT NULL DEFAULT '{}',
  active         BOOLEAN NOT NULL DEFAULT true,
  closed         BOOLEAN NOT NULL DEFAULT false,
  end_date_iso   TEXT,
  volume_24h     NUMERIC,
  created_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at     TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- Whose tokens are collected: the busiest first.
CREATE INDEX markets_open ON markets (volume_24h DESC NULLS LAST, condition_id)
  WHERE active AND NOT closed;

-- The verdict in force: one that is not final (proposed, disputed) may still turn.
CREATE TABLE resolutions (
  condition_id     TEXT PRIMARY KEY,
  verdict          TEXT NOT NULL CHECK (verdict IN ('won', 'split', 'void', 'proposed', 'disputed')),
  outcome          TEXT,
  winner_token_id  TEXT,
  resolved_at      TIMESTAMPTZ,
  payout_price     NUMERIC,
  payouts          NUMERIC[],
  detection_method TEXT NOT NULL,
  created_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
  is_final         BOOLEAN NOT NULL GENERATED ALWAYS AS (verdict IN ('won', 'split', 'void')) STORED
);

-- Every verdict that was ever in force, in the order in which they were seen.
CREATE TABLE resolution_history (
  condition_id     TEXT NOT NULL,
  seen_at          TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  verdict          TEXT NOT NULL,
  outcome          TEXT,
  winner_token_id  TEXT,
  resolved_at      TIMESTAMPTZ,
  payout_price     NUMERIC,
  payouts          NUMERIC[],
  detection_method TEXT NOT NULL
);
CREATE INDEX resolution_history_market ON resolution_history (condition_id, seen_at);

-- How far a collector has come with what it walks through.
CREATE TABLE cursors (
  name       TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
