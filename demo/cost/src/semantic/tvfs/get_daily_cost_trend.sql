CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.get_daily_cost_trend(
  start_date STRING COMMENT 'First day',
  end_date STRING COMMENT 'Last day',
  category STRING DEFAULT NULL COMMENT 'SKU category (optional)'
)
RETURNS TABLE (
  usage_date DATE COMMENT 'Day',
  daily_cost DECIMAL(18,2) COMMENT 'Cost of the day',
  daily_dbus DECIMAL(18,4),
  untagged_amt DECIMAL(18,2)
)
COMMENT 'Daily cost trend.'
RETURN
SELECT
  u.usage_dt AS usage_date,
  SUM(u.eff_amt) AS daily_cost,
  SUM(CASE WHEN u.uom = 'DBU' THEN u.usage_qty ELSE 0 END) AS daily_dbus,
  SUM(CASE WHEN u.tag_team IS NULL THEN u.eff_amt ELSE 0 END) AS untagged_amt
FROM ${catalog}.${gold_schema}.fact_usage u
JOIN ${catalog}.${gold_schema}.dim_sku k ON u.sku_id = k.sku_id
WHERE u.usage_dt >= CAST(start_date AS DATE)
  AND u.usage_dt <= CAST(end_date AS DATE)
  AND (category IS NULL OR k.sku_cat = category)
GROUP BY u.usage_dt
ORDER BY u.usage_dt;
