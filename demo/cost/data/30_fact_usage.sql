-- 732 days of usage up to and including today: one row per day and (workspace, SKU)
-- pair of the list below. qty is the pair's normal quantity on a weekday; wknd its
-- factor on Saturday and Sunday (0: idle); from_n and to_n are the first and last
-- day, in days before today. Everything else is arithmetic on the day number, so
-- that the same date always gives the same rows.
INSERT INTO fact_usage (usage_dt, ws_id, sku_id, usage_qty, uom, list_amt, eff_amt, run_cnt, tag_team, tag_proj, ld_ts)
WITH RECURSIVE
days(n) AS (
  SELECT 0 UNION ALL SELECT n + 1 FROM days WHERE n < 731
),
pairs(c, ws_id, sku_id, qty, wknd, disc, team, proj, from_n, to_n) AS (
  VALUES
    ( 1, 5200000000000101, 'S01', 2200, 0.80, 0.35, 'Data Platform', 'ingest',    731, 0),
    ( 2, 5200000000000101, 'S06',  520, 0.45, 0.35, 'Marketing',     'dashboards', 731, 0),
    ( 3, 5200000000000101, 'S07',  500, 0.90, 0.35, 'Data Platform', 'ingest',    731, 0),
    ( 4, 5200000000000101, 'S10', 6000, 1.00, 0.00, NULL,            NULL,        731, 0),
    ( 5, 5200000000000102, 'S03',  420, 0.30, 0.12, 'Data Science',  'research',  731, 0),
    ( 6, 5200000000000102, 'S09',  680, 0.85, 0.12, 'Data Science',  'training',  731, 0),
    ( 7, 5200000000000102, 'S08', 2600, 0.95, 0.12, 'Marketing',     'scoring',   731, 0),
    ( 8, 5200000000000102, 'S10', 1500, 1.00, 0.00, NULL,            NULL,        731, 0),
    ( 9, 5200000000000103, 'S05',  900, 0.00, 0.25, 'Finance',       'closing',   731, 0),
    (10, 5200000000000103, 'S01',  900, 0.60, 0.25, 'Finance',       'closing',   731, 0),
    (11, 5200000000000103, 'S06',  160, 0.30, 0.25, 'Finance',       'reports',   731, 0),
    (12, 5200000000000103, 'S10', 1000, 1.00, 0.00, 'Finance',       'archive',   731, 0),
    (13, 5200000000000104, 'S01',  600, 0.00, 0.35, 'Data Platform', 'release',   731, 0),
    (14, 5200000000000104, 'S03',  110, 0.00, 0.35, NULL,            NULL,        731, 0),
    (15, 5200000000000105, 'S03',  320, 0.00, 0.35, NULL,            NULL,        731, 0),
    (16, 5200000000000105, 'S02',   90, 0.00, 0.35, NULL,            'scratch',   731, 0),
    (17, 5200000000000106, 'S03',  230, 0.00, 0.12, 'Data Science',  'research',  731, 0),
    (18, 5200000000000106, 'S09',   90, 0.00, 0.12, NULL,            'training',  731, 0),
    (19, 5200000000000107, 'S02',  140, 0.50, 0.20, 'Quality',       'nightly',   731, 0),
    (20, 5200000000000108, 'S06',  300, 0.40, 0.05, 'Marketing',     'campaigns', 300, 0),
    (21, 5200000000000108, 'S04',  130, 0.20, 0.05, NULL,            'campaigns', 300, 0),
    (22, 5200000000000109, 'S05',  500, 0.70, 0.00, 'Finance',       'reports',   731, 150),
    (23, 5200000000000109, 'S03',  100, 0.00, 0.00, NULL,            NULL,        731, 150),
    (24, 5200000000000110, 'S03',   40, 0.00, 0.40, 'Enablement',    'courses',   420, 0)
),
raw AS (
  SELECT
    d.n, p.c, date(today(), '-' || d.n || ' day') AS dt,
    p.ws_id, p.sku_id, p.qty, p.wknd, p.disc, p.team, p.proj
  FROM days d JOIN pairs p ON d.n BETWEEN p.to_n AND p.from_n
),
shaped AS (
  SELECT
    raw.*,
    CASE WHEN strftime('%w', dt) IN ('0', '6') THEN wknd ELSE 1.0 END
    -- a slow rise over the two years
    * (1.0 - n / 2400.0)
    -- up to 12 percent either way, different for every pair and day
    * (1.0 + ((n * 37 + c * 101 + (n * n) % 17) % 25 - 12) / 100.0)
    -- the closing days of a month keep Finance busy
    * CASE WHEN c IN (9, 10, 11) AND CAST(strftime('%d', dt) AS INTEGER) <= 5 THEN 1.4 ELSE 1.0 END
    -- a cluster that someone left running for two days
    * CASE WHEN c = 5 AND n IN (11, 12) THEN 5.5 ELSE 1.0 END
    * qty AS q
  FROM raw
),
priced AS (
  SELECT s.*, ROUND(s.q, 4) AS usage_qty, ROUND(ROUND(s.q, 4) * k.lst_prc, 2) AS list_amt, k.uom
  FROM shaped s JOIN dim_sku k ON k.sku_id = s.sku_id
  WHERE s.q > 0
)
SELECT
  dt, ws_id, sku_id, usage_qty, uom, list_amt,
  ROUND(list_amt * (1.0 - disc), 2),
  CASE WHEN uom = 'DBU' THEN 1 + CAST(usage_qty / 40 AS INTEGER) END,
  -- every eleventh row lost its tag
  CASE WHEN (n + c * 3) % 11 = 0 THEN NULL ELSE team END,
  proj,
  dt || ' 23:30:00'
FROM priced
ORDER BY dt, c;
