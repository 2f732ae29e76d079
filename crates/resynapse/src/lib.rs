//! From a dose to a mood: compounds, regimens, patients, runs, results.
