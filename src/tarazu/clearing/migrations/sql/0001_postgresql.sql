-- What the database itself refuses, on PostgreSQL. Statements end with two semicolons.
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
