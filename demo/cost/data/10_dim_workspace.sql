-- Ten workspaces. The two youngest and the retired one have dates relative to today.
INSERT INTO dim_workspace (ws_id, ws_nm, env_cd, rgn_cd, own_team, cost_ctr, created_dt, is_active, is_internal)
VALUES
  (5200000000000101, 'prod-analytics',   'PRD', 'use1', 'Data Platform', 'CC-100', date(today(), '-1400 day'), 1, 0),
  (5200000000000102, 'prod-ml',          'PRD', 'use1', 'Data Science',  'CC-200', date(today(), '-1180 day'), 1, 0),
  (5200000000000103, 'prod-finance',     'PRD', 'euw1', 'Finance',       'CC-300', date(today(), '-1015 day'), 1, 0),
  (5200000000000104, 'stg-analytics',    'STG', 'use1', 'Data Platform', 'CC-100', date(today(), '-1390 day'), 1, 0),
  (5200000000000105, 'dev-sandbox',      'DEV', 'usw2', 'Data Platform', 'CC-100', date(today(), '-1330 day'), 1, 1),
  (5200000000000106, 'dev-ml',           'DEV', 'usw2', 'Data Science',  'CC-200', date(today(), '-1175 day'), 1, 0),
  (5200000000000107, 'qa-regression',    'TST', 'usw2', 'Quality',       'CC-900', date(today(), '-960 day'),  1, 1),
  (5200000000000108, 'prod-marketing',   'PRD', 'euw1', 'Marketing',     'CC-400', date(today(), '-302 day'),  1, 0),
  (5200000000000109, 'legacy-reporting', 'PRD', 'use1', 'Finance',       'CC-300', date(today(), '-2100 day'), 0, 0),
  (5200000000000110, 'training-labs',    'DEV', 'euw1', 'Enablement',    'CC-900', date(today(), '-420 day'),  1, 1);
