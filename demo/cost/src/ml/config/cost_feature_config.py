"""Settings of the cost forecast: features, model versions, output columns."""

HORIZON_DAYS = 70
CHAMPION = "v3"
CHALLENGER = "v4"

FEATURE_DESCRIPTIONS = {
    "cost_lag_7d": "Cost seven days before",
    "cost_avg_28d": "Mean cost of the 28 days before",
    "dow": "Day of the week",
    "is_month_start": "First five days of a month",
}

# Column comments of the scoring output.
PREDICTION_DESCRIPTIONS = {
    "y_hat": "",
    "p_over": "score",
}
