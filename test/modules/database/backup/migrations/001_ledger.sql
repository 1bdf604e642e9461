CREATE TABLE accounts (
  id int PRIMARY KEY,
  balance numeric NOT NULL,
  label text GENERATED ALWAYS AS ('account ' || id) STORED
);
CREATE TABLE transfers (
  id bigserial,
  at timestamptz NOT NULL,
  source int NOT NULL REFERENCES accounts,
  target int NOT NULL REFERENCES accounts,
  amount numeric NOT NULL,
  note jsonb,
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
INSERT INTO accounts SELECT n, 0 FROM generate_series(1, 10) AS n;
