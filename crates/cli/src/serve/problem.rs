//! Answers that say what was wrong with a request.

use super::schema::{Errors, Problem};
use crate::failure::Failure;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::diagnostic::{Diagnostic, Severity};
use resynapse::run::Refusal;

/// Seconds after which a refused client may try again.
const AGAIN_S: &str = "2";

/// Why a request was not answered.
#[derive(Debug)]
pub enum Wrong {
    /// It cannot be read (400) or is too long (413) or of another kind (415).
    Form(StatusCode, String),
    /// It can be read, but says what cannot be (422).
    Meaning(Vec<Diagnostic>),
    /// There is no such thing (404).
    Missing(String),
    /// Too much is going on (429).
    Busy(String),
    /// The numbers failed (500): our fault.
    Numerics(String),
}

impl Wrong {
    /// What to say.
    pub fn problems(&self) -> Vec<Problem> {
        let one = |code: &str, message: &str, hint: &str| {
            vec![Problem { code: code.into(), message: message.into(), hint: hint.into() }]
        };
        match self {
            Wrong::Form(_, why) => one("RS6610", why, "see /api/openapi.json for what can be sent"),
            Wrong::Meaning(found) => {
                let errors = found.iter().filter(|d| d.severity == Severity::Error);
                errors
                    .map(|d| Problem { code: d.code.into(), message: d.message.clone(), hint: d.hint.clone() })
                    .collect()
            }
            Wrong::Missing(what) => one("RS6611", what, "see /api/openapi.json for what there is"),
            Wrong::Busy(why) => one("RS6612", why, "wait for what is running, or cancel it"),
            Wrong::Numerics(why) => one("RS5000", why, "look at the named state; please report it"),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Wrong::Form(status, _) => *status,
            Wrong::Meaning(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Wrong::Missing(_) => StatusCode::NOT_FOUND,
            Wrong::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            Wrong::Numerics(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(Errors { errors: self.problems() })).into_response();
        if let Wrong::Busy(_) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN_S));
        }
        response
    }
}

impl From<Vec<Diagnostic>> for Wrong {
    fn from(found: Vec<Diagnostic>) -> Wrong {
        Wrong::Meaning(found)
    }
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        match refusal {
            Refusal::Input(found) => Wrong::Meaning(found),
            Refusal::Numerics(why) => Wrong::Numerics(why),
        }
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Wrong {
        match failure {
            Failure::Input(found, _) => Wrong::Meaning(found),
            Failure::Numerics(why) => Wrong::Numerics(why),
            Failure::File(why) | Failure::Gate(why) => Wrong::Numerics(why),
        }
    }
}
