-- Partitions as those of the snapshots. A trade has one id however it came, but not one time: the
-- stream tells when it was matched, the venue's history the block it went into. So a new trade is also
-- looked for some hours around its own time (store/trades.ts).
CREATE TABLE trades (
  ts               TIMESTAMPTZ NOT NULL,
  token_id         TEXT NOT NULL,
  side             TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  price            NUMERIC NOT NULL,
  size             NUMERIC NOT NULL,
  trade_id         TEXT NOT NULL,
  transaction_hash TEXT,
  source           TEXT NOT NULL CHECK (source IN ('stream', 'backfill')),
  UNIQUE (trade_id, ts)
) PARTITION BY RANGE (ts);
CREATE INDEX trades_ts ON trades (ts);
CREATE INDEX trades_token ON trades (token_id, ts DESC);
CREATE INDEX trades_without_hash ON trades (token_id, ts) WHERE transaction_hash IS NULL;

-- Kept in the statement that stores the trades: only one that was really new is counted.
CREATE TABLE trade_volume_1h (
  token_id    TEXT NOT NULL,
  bucket      TIMESTAMPTZ NOT NULL,
  trade_count BIGINT NOT NULL,
  total_size  NUMERIC NOT NULL,
  total_value NUMERIC NOT NULL,
  avg_price   NUMERIC NOT NULL GENERATED ALWAYS AS (price_sum / trade_count) STORED,
  price_sum   NUMERIC NOT NULL,
  PRIMARY KEY (token_id, bucket)
) WITH (fillfactor = 50);
