-- The first schema of the register on SQLite. Statements end with two semicolons.
CREATE TABLE register_document (
  number INTEGER NOT NULL,
  sha256 VARCHAR(64) NOT NULL,
  title TEXT NOT NULL,
  publisher TEXT NOT NULL,
  published VARCHAR(10) NOT NULL,
  url TEXT NOT NULL,
  language VARCHAR(3) NOT NULL,
  media VARCHAR(80) NOT NULL,
  normaliser VARCHAR(200) NOT NULL,
  text TEXT NOT NULL,
  signature TEXT NOT NULL,
  near VARCHAR(64) NOT NULL,
  entered_by VARCHAR(80) NOT NULL,
  entered_at VARCHAR(32) NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (sha256)
);;
CREATE TABLE register_event (
  number INTEGER NOT NULL,
  item VARCHAR(80) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  event VARCHAR(20) NOT NULL,
  date VARCHAR(10) NOT NULL,
  field VARCHAR(40) NOT NULL,
  value TEXT NOT NULL,
  fields TEXT NOT NULL,
  status VARCHAR(1) NOT NULL,
  evidence TEXT NOT NULL,
  note TEXT NOT NULL,
  entered_by VARCHAR(80) NOT NULL,
  entered_at VARCHAR(32) NOT NULL,
  PRIMARY KEY (number)
);;
CREATE INDEX ix_register_event_item ON register_event (item);;
CREATE TABLE register_suggestion (
  number INTEGER NOT NULL,
  document INTEGER NOT NULL,
  kind VARCHAR(20) NOT NULL,
  start_char INTEGER NOT NULL,
  end_char INTEGER NOT NULL,
  rule VARCHAR(60) NOT NULL,
  confidence FLOAT NOT NULL,
  value TEXT NOT NULL,
  links TEXT NOT NULL,
  PRIMARY KEY (number),
  FOREIGN KEY(document) REFERENCES register_document (number)
);;
CREATE INDEX ix_register_suggestion_document ON register_suggestion (document);;
CREATE TABLE register_decision (
  number INTEGER NOT NULL,
  suggestion INTEGER NOT NULL,
  accepted BOOLEAN NOT NULL,
  item VARCHAR(80) NOT NULL,
  note TEXT NOT NULL,
  entered_by VARCHAR(80) NOT NULL,
  entered_at VARCHAR(32) NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (suggestion),
  FOREIGN KEY(suggestion) REFERENCES register_suggestion (number)
);;
CREATE TRIGGER register_document_no_update BEFORE UPDATE ON register_document
BEGIN SELECT RAISE(ABORT, 'register_document is append-only: correct by a later row'); END;;
CREATE TRIGGER register_document_no_delete BEFORE DELETE ON register_document
BEGIN SELECT RAISE(ABORT, 'register_document is append-only: correct by a later row'); END;;
CREATE TRIGGER register_event_no_update BEFORE UPDATE ON register_event
BEGIN SELECT RAISE(ABORT, 'register_event is append-only: correct by a later row'); END;;
CREATE TRIGGER register_event_no_delete BEFORE DELETE ON register_event
BEGIN SELECT RAISE(ABORT, 'register_event is append-only: correct by a later row'); END;;
CREATE TRIGGER register_suggestion_no_update BEFORE UPDATE ON register_suggestion
BEGIN SELECT RAISE(ABORT, 'register_suggestion is append-only: correct by a later row'); END;;
CREATE TRIGGER register_suggestion_no_delete BEFORE DELETE ON register_suggestion
BEGIN SELECT RAISE(ABORT, 'register_suggestion is append-only: correct by a later row'); END;;
CREATE TRIGGER register_decision_no_update BEFORE UPDATE ON register_decision
BEGIN SELECT RAISE(ABORT, 'register_decision is append-only: correct by a later row'); END;;
CREATE TRIGGER register_decision_no_delete BEFORE DELETE ON register_decision
BEGIN SELECT RAISE(ABORT, 'register_decision is append-only: correct by a later row'); END;;
CREATE VIRTUAL TABLE register_search USING fts5(words, content='', prefix='3 4 5', tokenize="unicode61 remove_diacritics 0");;
