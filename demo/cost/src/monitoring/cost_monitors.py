"""Monitor on fact_usage: what it measures and how the metrics are described."""

SOURCE_TABLE = "fact_usage"
PROFILE_TABLE = "fact_usage_profile_metrics"

# Written to the profile table's column comments when the monitor is refreshed.
METRIC_DESCRIPTIONS = {
    "tot_dly_cost": "Total",
    'tag_cov_pct': 'Coverage',
    "unt_pct": "",
    # "srvls_pct" has no description yet
}


def comment_statements(catalog: str, schema: str) -> list[str]:
    """One COMMENT ON COLUMN statement for each described metric."""
    table = f"`{catalog}`.`{schema}`.`{PROFILE_TABLE}`"
    statements = []
    for column, text in METRIC_DESCRIPTIONS.items():
        if text:
            quoted = text.replace("\\", "\\\\").replace("'", "\\'")
            statements.append(f"COMMENT ON COLUMN {table}.`{column}` IS '{quoted}'")
    return statements
