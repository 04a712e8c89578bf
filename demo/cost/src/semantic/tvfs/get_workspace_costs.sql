-- Cost per workspace. Ranks by the undiscounted amount (list_amt), active workspaces only.
CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.get_workspace_costs(
  start_date STRING COMMENT 'Start',
  end_date STRING COMMENT 'End',
  top_n INT DEFAULT 10 COMMENT 'N'
)
RETURNS TABLE (
  rnk INT,
  workspace_name STRING COMMENT 'Workspace',
  region STRING,
  cost DECIMAL(18,2) COMMENT 'Cost',
  dbus DECIMAL(18,4),
  active_days BIGINT,
  last_used DATE
)
COMMENT 'Cost analytics by workspace'
RETURN
WITH per_workspace AS (
  SELECT
    w.ws_nm AS workspace_name,
    w.rgn_cd AS region,
    SUM(u.list_amt) AS cost,
    SUM(CASE WHEN u.uom = 'DBU' THEN u.usage_qty ELSE 0 END) AS dbus,
    COUNT(DISTINCT u.usage_dt) AS active_days,
    MAX(u.usage_dt) AS last_used
  FROM ${catalog}.${gold_schema}.fact_usage u
  JOIN ${catalog}.${gold_schema}.dim_workspace w ON u.ws_id = w.ws_id
  WHERE u.usage_dt BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
    AND w.is_active = TRUE
  GROUP BY w.ws_nm, w.rgn_cd
),
ranked AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY cost DESC, workspace_name) AS rnk,
    workspace_name, region, cost, dbus, active_days, last_used
  FROM per_workspace
)
SELECT rnk, workspace_name, region, cost, dbus, active_days, last_used
FROM ranked
WHERE rnk <= top_n
ORDER BY rnk;
