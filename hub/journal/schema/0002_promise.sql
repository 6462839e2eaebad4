-- What was promised at issue. NULL in promise_model: the events do not tell; in the other two: unknown was promised.
ALTER TABLE service_line ADD COLUMN promise_model   TEXT;
ALTER TABLE service_line ADD COLUMN promise_low_ms  INTEGER;
ALTER TABLE service_line ADD COLUMN promise_high_ms INTEGER;
