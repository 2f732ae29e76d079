//! Writes docs/reference/hypotheses.md: the rival explanations, both sides, and what each predicts for the same
//! experiments.

use resynapse::atlas::Atlas;
use resynapse::hypothesis::battery::predict;
use resynapse::hypothesis::ordered;

/// Where the page stands.
pub const PATH: &str = "docs/reference/hypotheses.md";

/// The text of the page, or why there is none.
pub fn page(atlas: &Atlas) -> Result<String, String> {
    let all = ordered(atlas);
    let mut out = String::from("# Rival explanations\n");
    out.push_str(
        "Each hypothesis opens and closes paths of one model through rows of the ledger with the context `hypothesis=ID`; nothing is blended inside one run.\n\
         The gains of paths that no human data identify are sized so that the path alone gives about the benefit of the default chain at 24 h; only the pattern over experiments tells the hypotheses apart.\n\n",
    );
    out.push_str("## What each predicts\nMADRS less that of the control (the same session without drug; for memantine nothing) at 24 h / at day 7, typical person. What is felt in the session is part of every number but the masked one.\n\n| experiment |");
    all.iter().for_each(|h| out.push_str(&format!(" {} |", h.id)));
    out.push_str("\n|---|");
    all.iter().for_each(|_| out.push_str("---|"));
    out.push('\n');
    let mut columns = Vec::new();
    for h in &all {
        columns.push(predict(atlas, &h.id).map_err(|e| format!("{}: {e:?}", h.id))?);
    }
    for (k, experiment) in atlas.battery.iter().enumerate() {
        out.push_str(&format!("| {} |", experiment.title));
        for column in &columns {
            // The sum keeps a rounded nothing from printing as -0.
            let tidy = |x: f64| (10.0 * x).round() / 10.0 + 0.0;
            out.push_str(&format!(" {:.1} / {:.1} |", tidy(column[k].at_24_h), tidy(column[k].at_7_d)));
        }
        out.push('\n');
    }
    for h in all {
        out.push_str(&format!(
            "\n## {}: {}\n{}\n\n- For: {}\n- Against: {}\n- Test: {}\n",
            h.id, h.title, h.claim, h.supports, h.against, h.test
        ));
        out.push_str(&format!("- Sources: {}\n", h.sources.join(", ")));
    }
    Ok(out)
}
