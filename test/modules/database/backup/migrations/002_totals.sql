CREATE TABLE totals (account int PRIMARY KEY, transfers bigint NOT NULL);
CREATE FUNCTION count_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO totals AS t VALUES (NEW.source, 1)
  ON CONFLICT (account) DO UPDATE SET transfers = t.transfers + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION count_transfer();
