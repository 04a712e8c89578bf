-- What the monitor found in fact_usage: daily windows of the last 90 days and weekly
-- windows of the last 12 weeks. Custom metrics are on ':table' rows, in all and by
-- sku_cat; tag_cov_pct, unt_pct and srvls_pct are fractions, percent_null a percentage.
INSERT INTO fact_usage_profile_metrics
  (window_start, window_end, granularity, log_type, slice_key, slice_value, column_name, data_type,
   count, num_nulls, percent_null, distinct_count, avg, min, max,
   tot_dly_cost, tag_cov_pct, unt_pct, srvls_pct)
WITH
src AS (
  SELECT
    u.usage_dt, u.eff_amt, u.usage_qty, u.tag_team, k.sku_cat, k.srvls_flg,
    u.usage_dt AS day_start,
    -- the Monday on or before the day
    date(u.usage_dt, '-' || ((CAST(strftime('%w', u.usage_dt) AS INTEGER) + 6) % 7) || ' day') AS week_start
  FROM fact_usage u JOIN dim_sku k ON k.sku_id = u.sku_id
  WHERE u.usage_dt >= date(today(), '-90 day')
),
windows AS (
  SELECT day_start AS ws, date(day_start, '+1 day') AS we, '1 day' AS gran, * FROM src
  UNION ALL
  SELECT week_start, date(week_start, '+7 day'), '1 week', * FROM src
  WHERE week_start >= date(today(), '-84 day')
),
tab AS (
  SELECT ws, we, gran, NULL AS skey, NULL AS sval, eff_amt, tag_team, srvls_flg FROM windows
  UNION ALL
  SELECT ws, we, gran, 'sku_cat', sku_cat, eff_amt, tag_team, srvls_flg FROM windows
)
SELECT
  ws || ' 00:00:00', we || ' 00:00:00', gran, 'INPUT', skey, sval, ':table', NULL,
  COUNT(*), NULL, NULL, NULL, NULL, NULL, NULL,
  ROUND(SUM(eff_amt), 2),
  ROUND(SUM(CASE WHEN tag_team IS NOT NULL THEN eff_amt ELSE 0 END) / SUM(eff_amt), 4),
  ROUND(SUM(CASE WHEN tag_team IS NULL THEN eff_amt ELSE 0 END) / SUM(eff_amt), 4),
  ROUND(SUM(CASE WHEN srvls_flg THEN eff_amt ELSE 0 END) / SUM(eff_amt), 4)
FROM tab
GROUP BY ws, we, gran, skey, sval
UNION ALL
SELECT
  ws || ' 00:00:00', we || ' 00:00:00', gran, 'INPUT', NULL, NULL, 'eff_amt', 'decimal',
  COUNT(*), 0, 0.0, COUNT(DISTINCT eff_amt), ROUND(AVG(eff_amt), 4), MIN(eff_amt), MAX(eff_amt),
  NULL, NULL, NULL, NULL
FROM windows
GROUP BY ws, we, gran
UNION ALL
SELECT
  ws || ' 00:00:00', we || ' 00:00:00', gran, 'INPUT', NULL, NULL, 'usage_qty', 'decimal',
  COUNT(*), 0, 0.0, COUNT(DISTINCT usage_qty), ROUND(AVG(usage_qty), 4), MIN(usage_qty), MAX(usage_qty),
  NULL, NULL, NULL, NULL
FROM windows
GROUP BY ws, we, gran
UNION ALL
SELECT
  ws || ' 00:00:00', we || ' 00:00:00', gran, 'INPUT', NULL, NULL, 'tag_team', 'string',
  COUNT(*), SUM(tag_team IS NULL), ROUND(100.0 * SUM(tag_team IS NULL) / COUNT(*), 4), COUNT(DISTINCT tag_team),
  NULL, NULL, NULL,
  NULL, NULL, NULL, NULL
FROM windows
GROUP BY ws, we, gran;

-- The frozen reference that the monitor compares with, for the oldest full weeks.
INSERT INTO fact_usage_profile_metrics
  (window_start, window_end, granularity, log_type, slice_key, slice_value, column_name, data_type,
   count, num_nulls, percent_null, distinct_count, avg, min, max,
   tot_dly_cost, tag_cov_pct, unt_pct, srvls_pct)
SELECT
  window_start, window_end, granularity, 'BASELINE', slice_key, slice_value, column_name, data_type,
  count, num_nulls, percent_null, distinct_count, avg, min, max,
  ROUND(tot_dly_cost * 0.9, 2), ROUND(tag_cov_pct * 0.95, 4), ROUND(1.0 - tag_cov_pct * 0.95, 4), srvls_pct
FROM fact_usage_profile_metrics
WHERE column_name = ':table' AND slice_key IS NULL AND log_type = 'INPUT';
