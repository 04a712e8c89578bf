/* What each team is charged. The team is the tag's, or else the owner of the
   workspace. Internal workspaces are not charged to anyone. */
CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.get_team_chargeback(
  start_date STRING COMMENT 'Format: YYYY-MM-DD',
  end_date STRING COMMENT 'Format: YYYY-MM-DD',
  min_amt DOUBLE DEFAULT 0 COMMENT 'Lower limit'
)
RETURNS TABLE (
  team STRING COMMENT 'Team',
  workspace_cnt BIGINT,
  charge_amt DECIMAL(18,2) COMMENT 'Amount',
  untagged_amt DECIMAL(18,2)
)
COMMENT 'Returns amounts per team. Don''t use for dashboards.'
RETURN
SELECT
  COALESCE(u.tag_team, w.own_team) AS team,
  COUNT(DISTINCT u.ws_id) AS workspace_cnt,
  SUM(u.eff_amt) AS charge_amt,
  SUM(CASE WHEN u.tag_team IS NULL THEN u.eff_amt ELSE 0 END) AS untagged_amt
FROM ${catalog}.${gold_schema}.fact_usage u
JOIN ${catalog}.${gold_schema}.dim_workspace w ON u.ws_id = w.ws_id
WHERE u.usage_dt BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
  AND w.is_internal = FALSE
GROUP BY COALESCE(u.tag_team, w.own_team)
HAVING SUM(u.eff_amt) >= min_amt
ORDER BY charge_amt DESC, team;
