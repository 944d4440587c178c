-- The first schema on PostgreSQL: tables, then what the database itself refuses. Statements end with two semicolons.
CREATE TABLE cycle (
  id BIGINT NOT NULL,
  opened VARCHAR(10) NOT NULL,
  ends VARCHAR(10) NOT NULL,
  closed VARCHAR(10),
  seq BIGINT,
  charged BIGINT,
  PRIMARY KEY (id)
);;
CREATE TABLE journal (
  seq BIGINT NOT NULL,
  at VARCHAR(32) NOT NULL,
  day VARCHAR(10) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  body TEXT NOT NULL,
  hash VARCHAR(64) NOT NULL,
  PRIMARY KEY (seq)
);;
CREATE TABLE operator (
  name VARCHAR(80) NOT NULL,
  PRIMARY KEY (name)
);;
CREATE TABLE party (
  id VARCHAR(80) NOT NULL,
  name TEXT NOT NULL,
  kind VARCHAR(8) NOT NULL,
  country VARCHAR(3) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  agent VARCHAR(80) NOT NULL,
  set_off BOOLEAN NOT NULL,
  synthetic BOOLEAN NOT NULL,
  bic VARCHAR(11) NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (id)
);;
CREATE TABLE price_range (
  hs VARCHAR(6) NOT NULL,
  seq BIGINT NOT NULL,
  low FLOAT NOT NULL,
  high FLOAT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (hs, seq)
);;
CREATE TABLE rate (
  day VARCHAR(10) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  seq BIGINT NOT NULL,
  name VARCHAR(80) NOT NULL,
  per_unit VARCHAR(40) NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (day, currency, seq, name)
);;
CREATE TABLE request (
  key VARCHAR(200) NOT NULL,
  id BIGINT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  status VARCHAR(8) NOT NULL,
  code VARCHAR(4) NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (key),
  UNIQUE (id)
);;
CREATE TABLE screening_list (
  id BIGINT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  names TEXT NOT NULL,
  published VARCHAR(10),
  valid_until VARCHAR(10) NOT NULL,
  entries INTEGER NOT NULL,
  content BYTEA NOT NULL,
  content_digest VARCHAR(64) NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (id)
);;
CREATE TABLE account (
  id BIGINT NOT NULL,
  owner VARCHAR(80) NOT NULL,
  purpose VARCHAR(12) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  credit_limit BIGINT,
  PRIMARY KEY (id),
  UNIQUE (owner, purpose, currency),
  CONSTRAINT credit_limit_not_negative CHECK (credit_limit >= 0),
  FOREIGN KEY(owner) REFERENCES party (id)
);;
CREATE TABLE head (
  seq BIGINT NOT NULL,
  hash VARCHAR(64) NOT NULL,
  signature VARCHAR(128) NOT NULL,
  PRIMARY KEY (seq),
  FOREIGN KEY(seq) REFERENCES journal (seq)
);;
CREATE TABLE payment (
  id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  debtor VARCHAR(80) NOT NULL,
  creditor VARCHAR(80) NOT NULL,
  debtor_agent VARCHAR(80) NOT NULL,
  creditor_agent VARCHAR(80) NOT NULL,
  amount BIGINT NOT NULL,
  debit BIGINT NOT NULL,
  credit BIGINT NOT NULL,
  settlement_date VARCHAR(10) NOT NULL,
  expires VARCHAR(10) NOT NULL,
  day VARCHAR(10) NOT NULL,
  cycle INTEGER NOT NULL,
  status VARCHAR(9) NOT NULL,
  disputed BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT payment_status CHECK (status = 'pending' OR status = 'posted' OR status = 'voided' OR status = 'expired' OR status = 'reversed' OR status = 'frozen'),
  CONSTRAINT payment_positive CHECK (amount > 0 AND debit > 0 AND credit > 0),
  FOREIGN KEY(debtor) REFERENCES party (id),
  FOREIGN KEY(creditor) REFERENCES party (id),
  FOREIGN KEY(debtor_agent) REFERENCES party (id),
  FOREIGN KEY(creditor_agent) REFERENCES party (id)
);;
CREATE TABLE proposal (
  id BIGINT NOT NULL,
  action VARCHAR(32) NOT NULL,
  details TEXT NOT NULL,
  proposed_by VARCHAR(80) NOT NULL,
  approved_by VARCHAR(80),
  state VARCHAR(10) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT four_eyes CHECK (approved_by IS NULL OR approved_by <> proposed_by),
  CONSTRAINT approved_by_somebody CHECK ((state = 'approved') = (approved_by IS NOT NULL)),
  FOREIGN KEY(proposed_by) REFERENCES operator (name),
  FOREIGN KEY(approved_by) REFERENCES operator (name)
);;
CREATE TABLE rules (
  seq BIGINT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (seq),
  FOREIGN KEY(seq) REFERENCES journal (seq)
);;
CREATE TABLE settlement (
  id BIGINT NOT NULL,
  cycle BIGINT NOT NULL,
  debtor_agent VARCHAR(80) NOT NULL,
  creditor_agent VARCHAR(80) NOT NULL,
  amount BIGINT NOT NULL,
  due VARCHAR(10) NOT NULL,
  status VARCHAR(9) NOT NULL,
  attempt INTEGER NOT NULL,
  released BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT settlement_status CHECK (status IN ('due', 'released', 'settled', 'rejected', 'overdue', 'returned')),
  FOREIGN KEY(cycle) REFERENCES cycle (id),
  FOREIGN KEY(debtor_agent) REFERENCES party (id),
  FOREIGN KEY(creditor_agent) REFERENCES party (id)
);;
CREATE TABLE verdict (
  id BIGINT NOT NULL,
  party VARCHAR(80) NOT NULL,
  list BIGINT NOT NULL,
  algorithm VARCHAR(80) NOT NULL,
  hit BOOLEAN NOT NULL,
  score FLOAT NOT NULL,
  entry VARCHAR(120) NOT NULL,
  matched_name TEXT NOT NULL,
  list_name TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(party) REFERENCES party (id),
  FOREIGN KEY(list) REFERENCES screening_list (id)
);;
CREATE TABLE waiting (
  id BIGINT NOT NULL,
  state VARCHAR(8) NOT NULL,
  why VARCHAR(10) NOT NULL,
  price_passed BOOLEAN NOT NULL,
  debtor VARCHAR(80) NOT NULL,
  creditor VARCHAR(80) NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(id) REFERENCES request (id)
);;
CREATE TABLE balance (
  account BIGINT NOT NULL,
  posted BIGINT NOT NULL,
  pending_debit BIGINT NOT NULL,
  pending_credit BIGINT NOT NULL,
  PRIMARY KEY (account),
  CONSTRAINT pending_not_negative CHECK (pending_debit >= 0 AND pending_credit >= 0),
  FOREIGN KEY(account) REFERENCES account (id)
);;
CREATE TABLE decision (
  proposal BIGINT NOT NULL,
  verdict BIGINT NOT NULL,
  release BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (proposal),
  FOREIGN KEY(proposal) REFERENCES proposal (id),
  FOREIGN KEY(verdict) REFERENCES verdict (id)
);;
CREATE TABLE entry (
  seq BIGINT NOT NULL,
  leg INTEGER NOT NULL,
  account BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  layer VARCHAR(1) NOT NULL,
  PRIMARY KEY (seq, leg),
  CONSTRAINT entry_layer CHECK (layer = 'P' OR layer = 'H' OR layer = 'R'),
  FOREIGN KEY(account) REFERENCES account (id)
);;
CREATE INDEX ix_entry_account ON entry (account);;
CREATE TABLE resolution (
  payment BIGINT NOT NULL,
  stage VARCHAR(8) NOT NULL,
  kind VARCHAR(9) NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (payment, stage),
  FOREIGN KEY(payment) REFERENCES payment (id)
);;
CREATE TABLE standing (
  party VARCHAR(80) NOT NULL,
  verdict BIGINT NOT NULL,
  list BIGINT NOT NULL,
  state VARCHAR(8) NOT NULL,
  PRIMARY KEY (party),
  CONSTRAINT standing_state CHECK (state IN ('clear', 'released', 'held', 'blocked')),
  FOREIGN KEY(party) REFERENCES party (id),
  FOREIGN KEY(verdict) REFERENCES verdict (id),
  FOREIGN KEY(list) REFERENCES screening_list (id)
);;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$;;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "journal"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('journal is append-only: correct by a later row');;
CREATE TRIGGER head_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "head"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('head is append-only: correct by a later row');;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "entry"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('entry is append-only: correct by a later row');;
CREATE TRIGGER verdict_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "verdict"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('verdict is append-only: correct by a later row');;
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "decision"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('decision is append-only: correct by a later row');;
CREATE TRIGGER resolution_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "resolution"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('resolution is append-only: correct by a later row');;
CREATE TRIGGER rate_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "rate"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('rate is append-only: correct by a later row');;
CREATE TRIGGER price_range_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "price_range"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('price_range is append-only: correct by a later row');;
CREATE TRIGGER screening_list_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "screening_list"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('screening_list is append-only: correct by a later row');;
CREATE TRIGGER payment_no_delete BEFORE DELETE OR TRUNCATE ON "payment"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('payment rows are never deleted');;
CREATE TRIGGER request_no_delete BEFORE DELETE OR TRUNCATE ON "request"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('request rows are never deleted');;
CREATE TRIGGER party_no_delete BEFORE DELETE OR TRUNCATE ON "party"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('party rows are never deleted');;
CREATE TRIGGER account_no_delete BEFORE DELETE OR TRUNCATE ON "account"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('account rows are never deleted');;
CREATE TRIGGER proposal_no_delete BEFORE DELETE OR TRUNCATE ON "proposal"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('proposal rows are never deleted');;
CREATE TRIGGER cycle_no_delete BEFORE DELETE OR TRUNCATE ON "cycle"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('cycle rows are never deleted');;
CREATE TRIGGER settlement_no_delete BEFORE DELETE OR TRUNCATE ON "settlement"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('settlement rows are never deleted');;
CREATE TRIGGER waiting_no_delete BEFORE DELETE OR TRUNCATE ON "waiting"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('waiting rows are never deleted');;
CREATE TRIGGER payment_fixed BEFORE UPDATE OF id, seq, debtor, creditor, debtor_agent, creditor_agent, amount, debit, credit, settlement_date, expires, day ON "payment"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('payment: what was booked is not changed');;
CREATE TRIGGER request_fixed BEFORE UPDATE OF key, id, digest, status, code, reason ON "request"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('request: what was booked is not changed');;
CREATE TRIGGER party_fixed BEFORE UPDATE OF id, kind, country, currency, agent, synthetic, seq ON "party"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('party: what was booked is not changed');;
CREATE TRIGGER settlement_fixed BEFORE UPDATE OF id, cycle, debtor_agent, creditor_agent, amount ON "settlement"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('settlement: what was booked is not changed');;
CREATE TRIGGER account_fixed BEFORE UPDATE OF id, owner, purpose, currency ON "account"
FOR EACH STATEMENT EXECUTE FUNCTION refuse('account: what was booked is not changed');;
CREATE FUNCTION standing_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM verdict v WHERE v.id = NEW.verdict AND v.party = NEW.party AND v.list = NEW.list
    AND (NEW.state <> 'clear' OR NOT v.hit)
    AND (NEW.state <> 'released' OR (
      SELECT d.release FROM decision d JOIN proposal p ON p.id = d.proposal
      WHERE d.verdict = v.id AND p.state = 'approved' ORDER BY d.seq DESC LIMIT 1))
  ) THEN
    RAISE EXCEPTION 'standing: no verdict or decision on record allows it'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;;
CREATE TRIGGER standing_needs_its_verdict BEFORE INSERT OR UPDATE ON standing
FOR EACH ROW EXECUTE FUNCTION standing_guard();;
CREATE FUNCTION payment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  newest screening_list.id%TYPE;
  valid screening_list.valid_until%TYPE;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.status = OLD.status THEN RETURN NEW; END IF;
    IF OLD.status || '>' || NEW.status NOT IN (
      'pending>posted', 'pending>voided', 'pending>expired', 'posted>reversed', 'posted>frozen',
      'frozen>posted', 'frozen>reversed') THEN
      RAISE EXCEPTION 'payment: no such step from this status' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.status <> 'posted' THEN RETURN NEW; END IF;
  END IF;
  SELECT id, valid_until INTO newest, valid FROM screening_list ORDER BY id DESC LIMIT 1;
  IF newest IS NULL OR (TG_OP = 'INSERT' AND valid < NEW.day) OR (
    SELECT count(*) FROM standing s
    WHERE s.party IN (NEW.debtor, NEW.creditor, NEW.debtor_agent, NEW.creditor_agent)
    AND s.state IN ('clear', 'released') AND s.list = newest
  ) <> (SELECT count(DISTINCT id) FROM unnest(
    ARRAY[NEW.debtor, NEW.creditor, NEW.debtor_agent, NEW.creditor_agent]) AS id) THEN
    RAISE EXCEPTION 'payment: a party has no valid verdict on the current lists'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;;
CREATE TRIGGER payment_needs_verdicts BEFORE INSERT OR UPDATE OF status ON payment
FOR EACH ROW EXECUTE FUNCTION payment_guard();;
CREATE TRIGGER rules_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rules
FOR EACH STATEMENT EXECUTE FUNCTION refuse('rules is append-only: correct by a later row');;
CREATE TRIGGER proposal_fixed BEFORE UPDATE OF id, action, details, proposed_by ON proposal
FOR EACH STATEMENT EXECUTE FUNCTION refuse('proposal: what was proposed is not changed');;
CREATE TRIGGER proposal_closed BEFORE UPDATE ON proposal
FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse('proposal: it is closed, and not changed');;
