//! The popular account of how ketamine works, claim by claim, each with its grade, both sides and the tests that hold it.

use crate::atlas::Atlas;
use model::diagnostic::Diagnostic;
use model::source::Sources;
use model::table;

/// Where the claims stand.
const PATH: &str = "claims.csv";
/// Columns of that table, in order.
pub const COLUMNS: [&str; 8] = ["id", "heading", "claim", "module_or_probe", "grade", "for", "against", "test"];

/// One claim.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    /// `K01`.
    pub id: String,
    /// Heading of the account it stands under.
    pub heading: String,
    /// What is claimed, in our words.
    pub claim: String,
    /// Mechanisms, scenarios or tables it lives in, separated by `;`.
    pub home: String,
    /// A to C, X (contradicted or overstated as worded) or – (no claim about an effect), with a remark.
    pub grade: String,
    /// What speaks for it.
    pub supports: String,
    /// What speaks against it.
    pub against: String,
    /// Ids of the expectations that hold it, or of a test of the program (`program:NAME`).
    pub tests: Vec<String>,
}

pub(crate) fn load(atlas: &mut Atlas, sources: &dyn Sources, diagnostics: &mut Vec<Diagnostic>) {
    if sources.read(PATH).is_err() {
        return;
    }
    let mut claims: Vec<Claim> = Vec::new();
    let known: Vec<&str> = atlas.expectations.iter().map(|e| e.id.as_str()).collect();
    table::read(sources, &mut atlas.library.sources, diagnostics, PATH, &COLUMNS, &mut |record| {
        let text = |column: &str| record.field(column).to_string();
        let claim = Claim {
            id: text("id"),
            heading: text("heading"),
            claim: text("claim"),
            home: text("module_or_probe"),
            grade: text("grade"),
            supports: text("for"),
            against: text("against"),
            tests: record.field("test").split([' ', ';']).filter(|t| !t.is_empty()).map(String::from).collect(),
        };
        let mut found = Vec::new();
        if claims.iter().any(|c| c.id == claim.id) {
            found.push(record.error("RS4045", "id", format!("`{}` occurs twice", claim.id), "keep one row"));
        }
        for (column, value) in
            [("claim", &claim.claim), ("grade", &claim.grade), ("for", &claim.supports), ("against", &claim.against)]
        {
            if value.is_empty() {
                let message = format!("`{}` has no `{column}`", claim.id);
                found.push(record.error("RS4046", column, message, "a claim is shown with both sides"));
            }
        }
        for test in claim.tests.iter().filter(|t| !t.starts_with("program:") && !known.contains(&t.as_str())) {
            let hint = match model::parser::closest(test, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "see atlas/expectations".into(),
            };
            found.push(record.error("RS4047", "test", format!("`{test}` is not a known expectation"), hint));
        }
        claims.push(claim);
        found
    });
    atlas.claims = claims;
}
