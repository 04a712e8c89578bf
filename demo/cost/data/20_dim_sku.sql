-- Ten SKUs in six categories; storage is the only one not measured in DBUs.
INSERT INTO dim_sku (sku_id, sku_nm, sku_cat, uom, lst_prc, srvls_flg)
VALUES
  ('S01', 'JOBS_COMPUTE',       'JOB', 'DBU', 0.15, 0),
  ('S02', 'JOBS_SERVERLESS',    'JOB', 'DBU', 0.35, 1),
  ('S03', 'ALL_PURPOSE',        'AP',  'DBU', 0.55, 0),
  ('S04', 'ALL_PURPOSE_PHOTON', 'AP',  'DBU', 0.62, 0),
  ('S05', 'SQL_CLASSIC',        'SQL', 'DBU', 0.22, 0),
  ('S06', 'SQL_SERVERLESS',     'SQL', 'DBU', 0.70, 1),
  ('S07', 'PIPELINES_ADVANCED', 'DLT', 'DBU', 0.36, 0),
  ('S08', 'MODEL_SERVING',      'ML',  'DBU', 0.07, 1),
  ('S09', 'MODEL_TRAINING',     'ML',  'DBU', 0.65, 1),
  ('S10', 'MANAGED_STORAGE',    'STO', 'GB',  0.02, 0);
