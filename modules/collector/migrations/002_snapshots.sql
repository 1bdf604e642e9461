-- One partition for each UTC day, NAME_pYYYYMMDD, made ahead and dropped by the collector
-- (store/partitions.ts). There is no default partition: rows in it would keep the partition that they
-- belong to from being made.
CREATE TABLE price_snapshots (
  ts         TIMESTAMPTZ NOT NULL,
  token_id   TEXT NOT NULL,
  price      NUMERIC NOT NULL,
  volume_24h NUMERIC NOT NULL,
  PRIMARY KEY (ts, token_id)
) PARTITION BY RANGE (ts);
CREATE INDEX price_snapshots_token ON price_snapshots (token_id, ts DESC);

CREATE TABLE orderbook_snapshots (
  ts       TIMESTAMPTZ NOT NULL,
  token_id TEXT NOT NULL,
  bids     JSONB NOT NULL,
  asks     JSONB NOT NULL,
  spread   NUMERIC,
  midpoint NUMERIC,
  is_ghost BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (ts, token_id)
) PARTITION BY RANGE (ts);
CREATE INDEX orderbook_snapshots_token ON orderbook_snapshots (token_id, ts DESC);

-- Kept in the statement that stores the snapshots, and longer than they are. Which snapshot is the
-- hour's first and last is kept too, so that one that comes late still finds its place. Half of each
-- page stays free: the rows of the present hour are written again with every batch.
CREATE TABLE price_candles_1h (
  token_id   TEXT NOT NULL,
  bucket     TIMESTAMPTZ NOT NULL,
  open       NUMERIC NOT NULL,
  high       NUMERIC NOT NULL,
  low        NUMERIC NOT NULL,
  close      NUMERIC NOT NULL,
  avg_volume NUMERIC NOT NULL GENERATED ALWAYS AS (volume_sum / samples) STORED,
  open_ts    TIMESTAMPTZ NOT NULL,
  close_ts   TIMESTAMPTZ NOT NULL,
  samples    BIGINT NOT NULL,
  volume_sum NUMERIC NOT NULL,
  PRIMARY KEY (token_id, bucket)
) WITH (fillfactor = 50);
