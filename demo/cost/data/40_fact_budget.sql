-- A budget per cost center and month, from the second month with usage up to next
-- month. It is the cost of the month (for this month and the next: of the last
-- complete month) times a factor of the cost center, so that some centers stay
-- within budget and some do not. Rows with is_curr = 0 are first drafts.
INSERT INTO fact_budget (cost_ctr, bdg_mo, bdg_amt, is_curr)
WITH RECURSIVE
months(m) AS (
  SELECT date(today(), 'start of month', '+1 month')
  UNION ALL
  SELECT date(m, '-1 month') FROM months
  WHERE m > date(today(), 'start of month', '-21 month')
),
factors(cost_ctr, f) AS (
  VALUES ('CC-100', 1.08), ('CC-200', 0.91), ('CC-300', 1.15), ('CC-400', 0.86), ('CC-900', 1.30)
),
actuals AS (
  SELECT w.cost_ctr, date(u.usage_dt, 'start of month') AS m, SUM(u.eff_amt) AS amt
  FROM fact_usage u JOIN dim_workspace w ON w.ws_id = u.ws_id
  GROUP BY 1, 2
),
planned AS (
  SELECT f.cost_ctr, mo.m, ROUND(a.amt * f.f / 50.0) * 50.0 AS amt
  FROM months mo
  JOIN factors f
  JOIN actuals a
    ON a.cost_ctr = f.cost_ctr
   AND a.m = min(mo.m, date(today(), 'start of month', '-1 month'))
),
versions(is_curr, f) AS (VALUES (1, 1.0), (0, 1.25))
SELECT p.cost_ctr, p.m, p.amt * v.f, v.is_curr
FROM planned p JOIN versions v
ORDER BY p.m, p.cost_ctr, v.is_curr;
