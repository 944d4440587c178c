-- The first schema on SQLite: tables, then what the database itself refuses. Statements end with two semicolons.
CREATE TABLE cycle (
  id INTEGER NOT NULL,
  opened VARCHAR(10) NOT NULL,
  ends VARCHAR(10) NOT NULL,
  closed VARCHAR(10),
  seq BIGINT,
  charged BIGINT,
  PRIMARY KEY (id)
);;
CREATE TABLE journal (
  seq INTEGER NOT NULL,
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
  seq INTEGER NOT NULL,
  low FLOAT NOT NULL,
  high FLOAT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (hs, seq)
);;
CREATE TABLE rate (
  day VARCHAR(10) NOT NULL,
  currency VARCHAR(3) NOT NULL,
  seq INTEGER NOT NULL,
  name VARCHAR(80) NOT NULL,
  per_unit VARCHAR(40) NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (day, currency, seq, name)
);;
CREATE TABLE request (
  "key" VARCHAR(200) NOT NULL,
  id BIGINT NOT NULL,
  digest VARCHAR(64) NOT NULL,
  status VARCHAR(8) NOT NULL,
  code VARCHAR(4) NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY ("key"),
  UNIQUE (id)
)
 WITHOUT ROWID;;
CREATE TABLE screening_list (
  id INTEGER NOT NULL,
  digest VARCHAR(64) NOT NULL,
  names TEXT NOT NULL,
  published VARCHAR(10),
  valid_until VARCHAR(10) NOT NULL,
  entries INTEGER NOT NULL,
  content BLOB NOT NULL,
  content_digest VARCHAR(64) NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (id)
);;
CREATE TABLE account (
  id INTEGER NOT NULL,
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
  seq INTEGER NOT NULL,
  hash VARCHAR(64) NOT NULL,
  signature VARCHAR(128) NOT NULL,
  PRIMARY KEY (seq),
  FOREIGN KEY(seq) REFERENCES journal (seq)
);;
CREATE TABLE payment (
  id INTEGER NOT NULL,
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
  id INTEGER NOT NULL,
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
  seq INTEGER NOT NULL,
  digest VARCHAR(64) NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (seq),
  FOREIGN KEY(seq) REFERENCES journal (seq)
);;
CREATE TABLE settlement (
  id INTEGER NOT NULL,
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
  id INTEGER NOT NULL,
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
  account INTEGER NOT NULL,
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
  seq INTEGER NOT NULL,
  leg INTEGER NOT NULL,
  account BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  layer VARCHAR(1) NOT NULL,
  PRIMARY KEY (seq, leg),
  CONSTRAINT entry_layer CHECK (layer = 'P' OR layer = 'H' OR layer = 'R'),
  FOREIGN KEY(account) REFERENCES account (id)
)
 WITHOUT ROWID;;
CREATE INDEX ix_entry_account ON entry (account);;
CREATE TABLE resolution (
  payment BIGINT NOT NULL,
  stage VARCHAR(8) NOT NULL,
  kind VARCHAR(9) NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (payment, stage),
  FOREIGN KEY(payment) REFERENCES payment (id)
)
 WITHOUT ROWID;;
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
-- SQLite deletes what INSERT OR REPLACE displaces without asking the triggers for DELETE: hence the first ones.
CREATE TRIGGER journal_not_replaced BEFORE INSERT ON "journal" WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
BEGIN SELECT RAISE(ABORT, 'journal: a row is never replaced'); END;;
CREATE TRIGGER head_not_replaced BEFORE INSERT ON "head" WHEN EXISTS (SELECT 1 FROM "head" WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'head: a row is never replaced'); END;;
CREATE TRIGGER verdict_not_replaced BEFORE INSERT ON "verdict" WHEN EXISTS (SELECT 1 FROM "verdict" WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'verdict: a row is never replaced'); END;;
CREATE TRIGGER decision_not_replaced BEFORE INSERT ON "decision" WHEN EXISTS (SELECT 1 FROM "decision" WHERE proposal = NEW.proposal)
BEGIN SELECT RAISE(ABORT, 'decision: a row is never replaced'); END;;
CREATE TRIGGER screening_list_not_replaced BEFORE INSERT ON "screening_list" WHEN EXISTS (SELECT 1 FROM "screening_list" WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'screening_list: a row is never replaced'); END;;
CREATE TRIGGER payment_not_replaced BEFORE INSERT ON "payment" WHEN EXISTS (SELECT 1 FROM "payment" WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'payment: a row is never replaced'); END;;
CREATE TRIGGER request_not_replaced BEFORE INSERT ON "request" WHEN EXISTS (SELECT 1 FROM request WHERE key = NEW.key OR id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'request: a row is never replaced'); END;;
CREATE TRIGGER proposal_not_replaced BEFORE INSERT ON "proposal" WHEN EXISTS (SELECT 1 FROM "proposal" WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'proposal: a row is never replaced'); END;;
CREATE TRIGGER rules_not_replaced BEFORE INSERT ON "rules" WHEN EXISTS (SELECT 1 FROM "rules" WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'rules: a row is never replaced'); END;;
CREATE TRIGGER entry_not_replaced BEFORE INSERT ON "entry" WHEN EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq AND leg = NEW.leg)
BEGIN SELECT RAISE(ABORT, 'entry: a row is never replaced'); END;;
CREATE TRIGGER resolution_not_replaced BEFORE INSERT ON "resolution" WHEN EXISTS (SELECT 1 FROM resolution WHERE payment = NEW.payment AND stage = NEW.stage)
BEGIN SELECT RAISE(ABORT, 'resolution: a row is never replaced'); END;;
CREATE TRIGGER rate_not_replaced BEFORE INSERT ON "rate" WHEN EXISTS (SELECT 1 FROM rate
  WHERE day = NEW.day AND currency = NEW.currency AND seq = NEW.seq AND name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'rate: a row is never replaced'); END;;
CREATE TRIGGER price_range_not_replaced BEFORE INSERT ON "price_range" WHEN EXISTS (SELECT 1 FROM price_range WHERE hs = NEW.hs AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'price_range: a row is never replaced'); END;;
CREATE TRIGGER rules_no_update BEFORE UPDATE ON "rules"
BEGIN SELECT RAISE(ABORT, 'rules is append-only: correct by a later row'); END;;
CREATE TRIGGER rules_no_delete BEFORE DELETE ON "rules"
BEGIN SELECT RAISE(ABORT, 'rules is append-only: correct by a later row'); END;;
CREATE TRIGGER proposal_fixed BEFORE UPDATE OF id, action, details, proposed_by ON proposal
BEGIN SELECT RAISE(ABORT, 'proposal: what was proposed is not changed'); END;;
CREATE TRIGGER proposal_closed BEFORE UPDATE ON proposal WHEN OLD.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'proposal: it is closed, and not changed'); END;;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON "journal"
BEGIN SELECT RAISE(ABORT, 'journal is append-only: correct by a later row'); END;;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON "journal"
BEGIN SELECT RAISE(ABORT, 'journal is append-only: correct by a later row'); END;;
CREATE TRIGGER head_no_update BEFORE UPDATE ON "head"
BEGIN SELECT RAISE(ABORT, 'head is append-only: correct by a later row'); END;;
CREATE TRIGGER head_no_delete BEFORE DELETE ON "head"
BEGIN SELECT RAISE(ABORT, 'head is append-only: correct by a later row'); END;;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON "entry"
BEGIN SELECT RAISE(ABORT, 'entry is append-only: correct by a later row'); END;;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON "entry"
BEGIN SELECT RAISE(ABORT, 'entry is append-only: correct by a later row'); END;;
CREATE TRIGGER verdict_no_update BEFORE UPDATE ON "verdict"
BEGIN SELECT RAISE(ABORT, 'verdict is append-only: correct by a later row'); END;;
CREATE TRIGGER verdict_no_delete BEFORE DELETE ON "verdict"
BEGIN SELECT RAISE(ABORT, 'verdict is append-only: correct by a later row'); END;;
CREATE TRIGGER decision_no_update BEFORE UPDATE ON "decision"
BEGIN SELECT RAISE(ABORT, 'decision is append-only: correct by a later row'); END;;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON "decision"
BEGIN SELECT RAISE(ABORT, 'decision is append-only: correct by a later row'); END;;
CREATE TRIGGER resolution_no_update BEFORE UPDATE ON "resolution"
BEGIN SELECT RAISE(ABORT, 'resolution is append-only: correct by a later row'); END;;
CREATE TRIGGER resolution_no_delete BEFORE DELETE ON "resolution"
BEGIN SELECT RAISE(ABORT, 'resolution is append-only: correct by a later row'); END;;
CREATE TRIGGER rate_no_update BEFORE UPDATE ON "rate"
BEGIN SELECT RAISE(ABORT, 'rate is append-only: correct by a later row'); END;;
CREATE TRIGGER rate_no_delete BEFORE DELETE ON "rate"
BEGIN SELECT RAISE(ABORT, 'rate is append-only: correct by a later row'); END;;
CREATE TRIGGER price_range_no_update BEFORE UPDATE ON "price_range"
BEGIN SELECT RAISE(ABORT, 'price_range is append-only: correct by a later row'); END;;
CREATE TRIGGER price_range_no_delete BEFORE DELETE ON "price_range"
BEGIN SELECT RAISE(ABORT, 'price_range is append-only: correct by a later row'); END;;
CREATE TRIGGER screening_list_no_update BEFORE UPDATE ON "screening_list"
BEGIN SELECT RAISE(ABORT, 'screening_list is append-only: correct by a later row'); END;;
CREATE TRIGGER screening_list_no_delete BEFORE DELETE ON "screening_list"
BEGIN SELECT RAISE(ABORT, 'screening_list is append-only: correct by a later row'); END;;
CREATE TRIGGER payment_no_delete BEFORE DELETE ON "payment"
BEGIN SELECT RAISE(ABORT, 'payment rows are never deleted'); END;;
CREATE TRIGGER request_no_delete BEFORE DELETE ON "request"
BEGIN SELECT RAISE(ABORT, 'request rows are never deleted'); END;;
CREATE TRIGGER party_no_delete BEFORE DELETE ON "party"
BEGIN SELECT RAISE(ABORT, 'party rows are never deleted'); END;;
CREATE TRIGGER account_no_delete BEFORE DELETE ON "account"
BEGIN SELECT RAISE(ABORT, 'account rows are never deleted'); END;;
CREATE TRIGGER proposal_no_delete BEFORE DELETE ON "proposal"
BEGIN SELECT RAISE(ABORT, 'proposal rows are never deleted'); END;;
CREATE TRIGGER cycle_no_delete BEFORE DELETE ON "cycle"
BEGIN SELECT RAISE(ABORT, 'cycle rows are never deleted'); END;;
CREATE TRIGGER settlement_no_delete BEFORE DELETE ON "settlement"
BEGIN SELECT RAISE(ABORT, 'settlement rows are never deleted'); END;;
CREATE TRIGGER waiting_no_delete BEFORE DELETE ON "waiting"
BEGIN SELECT RAISE(ABORT, 'waiting rows are never deleted'); END;;
CREATE TRIGGER payment_fixed BEFORE UPDATE OF id, seq, debtor, creditor, debtor_agent, creditor_agent, amount, debit, credit, settlement_date, expires, day ON "payment"
BEGIN SELECT RAISE(ABORT, 'payment: what was booked is not changed'); END;;
CREATE TRIGGER request_fixed BEFORE UPDATE OF key, id, digest, status, code, reason ON "request"
BEGIN SELECT RAISE(ABORT, 'request: what was booked is not changed'); END;;
CREATE TRIGGER party_fixed BEFORE UPDATE OF id, kind, country, currency, agent, synthetic, seq ON "party"
BEGIN SELECT RAISE(ABORT, 'party: what was booked is not changed'); END;;
CREATE TRIGGER settlement_fixed BEFORE UPDATE OF id, cycle, debtor_agent, creditor_agent, amount ON "settlement"
BEGIN SELECT RAISE(ABORT, 'settlement: what was booked is not changed'); END;;
CREATE TRIGGER account_fixed BEFORE UPDATE OF id, owner, purpose, currency ON "account"
BEGIN SELECT RAISE(ABORT, 'account: what was booked is not changed'); END;;
CREATE TRIGGER standing_needs_its_verdict BEFORE INSERT ON standing
WHEN NOT EXISTS (
  SELECT 1 FROM verdict v WHERE v.id = NEW.verdict AND v.party = NEW.party AND v.list = NEW.list
  AND (NEW.state <> 'clear' OR v.hit = 0)
  AND (NEW.state <> 'released' OR 1 = (
    SELECT d.release FROM decision d JOIN proposal p ON p.id = d.proposal
    WHERE d.verdict = v.id AND p.state = 'approved' ORDER BY d.seq DESC LIMIT 1))
)
BEGIN SELECT RAISE(ABORT, 'standing: no verdict or decision on record allows it'); END;;
CREATE TRIGGER standing_needs_its_verdict_still BEFORE UPDATE ON standing
WHEN NOT EXISTS (
  SELECT 1 FROM verdict v WHERE v.id = NEW.verdict AND v.party = NEW.party AND v.list = NEW.list
  AND (NEW.state <> 'clear' OR v.hit = 0)
  AND (NEW.state <> 'released' OR 1 = (
    SELECT d.release FROM decision d JOIN proposal p ON p.id = d.proposal
    WHERE d.verdict = v.id AND p.state = 'approved' ORDER BY d.seq DESC LIMIT 1))
)
BEGIN SELECT RAISE(ABORT, 'standing: no verdict or decision on record allows it'); END;;
CREATE TRIGGER payment_needs_verdicts BEFORE INSERT ON payment
WHEN NOT EXISTS (
  SELECT 1 FROM screening_list l
  JOIN standing d ON d.party = NEW.debtor AND d.list = l.id AND (d.state = 'clear' OR d.state = 'released')
  JOIN standing c ON c.party = NEW.creditor AND c.list = l.id AND (c.state = 'clear' OR c.state = 'released')
  JOIN standing e ON e.party = NEW.debtor_agent AND e.list = l.id AND (e.state = 'clear' OR e.state = 'released')
  JOIN standing f ON f.party = NEW.creditor_agent AND f.list = l.id AND (f.state = 'clear' OR f.state = 'released')
  WHERE l.id = (SELECT max(id) FROM screening_list) AND l.valid_until >= NEW.day
)
BEGIN SELECT RAISE(ABORT, 'payment: a party has no valid verdict on the current lists'); END;;
CREATE TRIGGER payment_needs_verdicts_still BEFORE UPDATE OF status ON payment
WHEN NEW.status = 'posted' AND NOT EXISTS (
  SELECT 1 FROM screening_list l
  JOIN standing d ON d.party = NEW.debtor AND d.list = l.id AND (d.state = 'clear' OR d.state = 'released')
  JOIN standing c ON c.party = NEW.creditor AND c.list = l.id AND (c.state = 'clear' OR c.state = 'released')
  JOIN standing e ON e.party = NEW.debtor_agent AND e.list = l.id AND (e.state = 'clear' OR e.state = 'released')
  JOIN standing f ON f.party = NEW.creditor_agent AND f.list = l.id AND (f.state = 'clear' OR f.state = 'released')
  WHERE l.id = (SELECT max(id) FROM screening_list)
)
BEGIN SELECT RAISE(ABORT, 'payment: a party has no valid verdict on the current lists'); END;;
CREATE TRIGGER payment_path BEFORE UPDATE OF status ON payment
WHEN NEW.status <> OLD.status AND OLD.status || '>' || NEW.status NOT IN (
  'pending>posted', 'pending>voided', 'pending>expired', 'posted>reversed', 'posted>frozen', 'frozen>posted',
  'frozen>reversed')
BEGIN SELECT RAISE(ABORT, 'payment: no such step from this status'); END;;
