-- Four weekly scoring runs, the last one yesterday, of two model versions: the
-- champion v3 and the challenger v4, which forecasts higher. Each run looks 70 days
-- ahead. The forecast is the workspace's mean daily cost of the 28 days before the
-- run, by working day and weekend, and a slow rise. p_over is the chance, as of the
-- run, that the workspace's cost center goes over its budget of that day's month.
INSERT INTO cost_forecast_predictions (run_ts, mdl_ver, is_champ, ws_id, tgt_dt, hrzn_d, y_hat, y_lo, y_hi, p_over)
WITH RECURSIVE
runs(r, run_dt) AS (
  SELECT 0, date(today(), '-1 day')
  UNION ALL
  SELECT r + 1, date(run_dt, '-7 day') FROM runs WHERE r < 3
),
horizon(h) AS (
  SELECT 1 UNION ALL SELECT h + 1 FROM horizon WHERE h < 70
),
models(mdl_ver, is_champ, f) AS (VALUES ('v3', 1, 1.00), ('v4', 0, 1.07)),
history AS (
  SELECT
    r.r, u.ws_id, strftime('%w', u.usage_dt) IN ('0', '6') AS wknd,
    SUM(u.eff_amt) / COUNT(DISTINCT u.usage_dt) AS amt
  FROM runs r
  JOIN fact_usage u ON u.usage_dt > date(r.run_dt, '-28 day') AND u.usage_dt <= r.run_dt
  GROUP BY 1, 2, 3
),
base AS (
  SELECT
    r.r, r.run_dt, m.mdl_ver, m.is_champ, w.ws_id, h.h, date(r.run_dt, '+' || h.h || ' day') AS tgt_dt,
    m.f, w.cost_ctr
  FROM runs r JOIN models m JOIN horizon h
  JOIN dim_workspace w ON w.is_active = 1
),
scored AS (
  SELECT
    b.*,
    hi.amt * b.f * (1.0 + b.h / 1500.0) * (1.0 + ((b.h * 13 + b.r * 7 + b.ws_id % 100) % 9 - 4) / 100.0) AS y
  FROM base b
  JOIN history hi
    ON hi.r = b.r AND hi.ws_id = b.ws_id
   AND hi.wknd = (strftime('%w', b.tgt_dt) IN ('0', '6'))
)
SELECT
  run_dt || ' 06:00:00', mdl_ver, is_champ, ws_id, tgt_dt, h,
  ROUND(y, 2), ROUND(y * (0.94 - h / 700.0), 2), ROUND(y * (1.06 + h / 700.0), 2),
  ROUND(CASE cost_ctr
    WHEN 'CC-400' THEN 0.88
    WHEN 'CC-200' THEN 0.71
    WHEN 'CC-100' THEN 0.34
    WHEN 'CC-300' THEN 0.18
    ELSE 0.06 END
    + CASE is_champ WHEN 1 THEN 0.0 ELSE 0.09 END
    - r * 0.02 - (ws_id % 7) / 100.0, 3)
FROM scored
ORDER BY run_dt, mdl_ver, ws_id, tgt_dt;
