-- The first schema of the register on PostgreSQL. Statements end with two semicolons.
CREATE TABLE register_document (
  number BIGINT NOT NULL,
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
  number BIGINT NOT NULL,
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
  number BIGINT NOT NULL,
  document BIGINT NOT NULL,
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
  number BIGINT NOT NULL,
  suggestion BIGINT NOT NULL,
  accepted BOOLEAN NOT NULL,
  item VARCHAR(80) NOT NULL,
  note TEXT NOT NULL,
  entered_by VARCHAR(80) NOT NULL,
  entered_at VARCHAR(32) NOT NULL,
  PRIMARY KEY (number),
  UNIQUE (suggestion),
  FOREIGN KEY(suggestion) REFERENCES register_suggestion (number)
);;
CREATE FUNCTION register_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;;
CREATE TRIGGER register_document_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register_document
FOR EACH STATEMENT EXECUTE FUNCTION register_refuse('register_document is append-only: correct by a later row');;
CREATE TRIGGER register_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register_event
FOR EACH STATEMENT EXECUTE FUNCTION register_refuse('register_event is append-only: correct by a later row');;
CREATE TRIGGER register_suggestion_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register_suggestion
FOR EACH STATEMENT EXECUTE FUNCTION register_refuse('register_suggestion is append-only: correct by a later row');;
CREATE TRIGGER register_decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register_decision
FOR EACH STATEMENT EXECUTE FUNCTION register_refuse('register_decision is append-only: correct by a later row');;
CREATE TABLE register_search (
  number BIGINT NOT NULL REFERENCES register_document (number),
  words TSVECTOR NOT NULL,
  PRIMARY KEY (number)
);;
CREATE INDEX ix_register_search_words ON register_search USING gin (words);;
