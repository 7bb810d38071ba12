-- Tells the planner how large the register of people has become, in the middle of the transaction that fills it: without
-- that, each foreign key of the first large import is checked by reading a whole community. Only an owner may ANALYZE.
CREATE FUNCTION core.measure_register() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $f$
BEGIN
  ANALYZE (SKIP_LOCKED) core.building, core.unit_entrance, core.dwelling, core.resident, core.organisation,
    core.household, core.household_member, core.ownership;
END $f$;

REVOKE ALL ON FUNCTION core.measure_register() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.measure_register() TO linli_app;
