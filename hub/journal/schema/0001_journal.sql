CREATE TABLE event (
  seq  INTEGER PRIMARY KEY CHECK (seq > 0),
  at   INTEGER NOT NULL, -- microseconds since 1970, UTC
  kind TEXT    NOT NULL,
  body BLOB    NOT NULL,
  hash BLOB    NOT NULL
) STRICT;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;

-- One row, written by each commit: how a cut tail is found, and counts that need no scan.
CREATE TABLE head (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  seq   INTEGER NOT NULL,
  bytes INTEGER NOT NULL, -- sum of all body lengths
  hash  BLOB    NOT NULL
) STRICT;

INSERT INTO head VALUES (1, 0, 0, zeroblob(32));

CREATE TABLE snapshot (
  seq  INTEGER PRIMARY KEY,
  hash BLOB NOT NULL, -- chain hash at seq
  sum  BLOB NOT NULL, -- over seq, hash and body
  body BLOB NOT NULL
) STRICT;

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE personal (
  ticket TEXT    NOT NULL,
  field  TEXT    NOT NULL,
  value  TEXT    NOT NULL,
  at     INTEGER NOT NULL, -- microseconds since 1970, UTC
  PRIMARY KEY (ticket, field)
) STRICT, WITHOUT ROWID;

CREATE INDEX personal_at ON personal (at);

CREATE TABLE service_line (
  day          TEXT    NOT NULL,
  ticket       TEXT    NOT NULL,
  number       TEXT    NOT NULL,
  service      TEXT    NOT NULL,
  class        TEXT    NOT NULL,
  window       TEXT    NOT NULL,
  clerk        TEXT    NOT NULL,
  on_behalf_of TEXT    NOT NULL,
  issued_at    INTEGER, -- microseconds since 1970, UTC; NULL: did not happen
  called_at    INTEGER,
  arrived_at   INTEGER,
  finished_at  INTEGER,
  outcome      TEXT    NOT NULL,
  result       TEXT    NOT NULL,
  wait_ms      INTEGER, -- NULL: never called
  way_ms       INTEGER, -- NULL: never arrived
  serve_ms     INTEGER, -- NULL: never arrived
  seq          INTEGER NOT NULL,
  PRIMARY KEY (day, ticket)
) STRICT, WITHOUT ROWID;

-- Holds all that a day's figures need, so that they are read from it alone.
CREATE INDEX service_line_figures ON service_line (day, service, outcome, wait_ms, way_ms, serve_ms);
