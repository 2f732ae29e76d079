//! Who is let in: only pages of this very server, asked for under its own name.
//!
//! A page of another site that a browser shows may send requests to this machine; the name it asked for (`Host`) and the
//! page it runs in (`Origin`) tell. Both are looked at for every request, whatever it wants.

use super::schema::{Errors, Problem};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// What a page may load: its own files and nothing else.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A report carries its style within and no script at all.
pub const REPORT: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                          form-action 'none'; frame-ancestors 'none'";

/// Names this server answers to, with its port.
#[derive(Clone, Debug)]
pub struct Names(Arc<[String]>);

impl Names {
    /// Of a port on this machine.
    pub fn of(port: u16) -> Names {
        Names(["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}")).into())
    }

    fn host(&self, headers: &HeaderMap) -> bool {
        let mut all = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (all.next(), all.next()) else { return false };
        self.0.iter().any(|name| host.as_bytes().eq_ignore_ascii_case(name.as_bytes()))
    }

    /// A request without an origin does not come from a page's script.
    fn origin(&self, headers: &HeaderMap) -> bool {
        let own = |origin: &HeaderValue| {
            let host = origin.as_bytes().strip_prefix(b"http://").unwrap_or_default();
            self.0.iter().any(|name| host.eq_ignore_ascii_case(name.as_bytes()))
        };
        let cross = |site: &HeaderValue| site.as_bytes() == b"cross-site" || site.as_bytes() == b"same-site";
        headers.get_all(header::ORIGIN).iter().all(own)
            && (navigates(headers) || !headers.get_all("sec-fetch-site").iter().any(cross))
    }
}

/// A link on another page may open this one; its scripts may not read it.
fn navigates(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|m| m == "navigate")
        && headers.get("sec-fetch-dest").is_some_and(|d| d == "document")
}

/// Refuses strangers, and says to browsers what a page may do.
pub async fn gate(State(names): State<Names>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    // An absolute address in the first line stands for the name as well.
    let authority = request.uri().authority().is_none_or(|a| names.0.iter().any(|n| a.as_str() == n));
    let mut response = if !names.host(headers) || !authority {
        refusal("this server answers under its own name and port on this machine alone")
    } else if !names.origin(headers) {
        refusal("this server answers its own pages alone")
    } else {
        next.run(request).await
    };
    protect(response.headers_mut());
    response
}

fn refusal(message: &str) -> Response {
    let hint = "open the address that `resynapse serve` printed";
    let problem = Problem { code: "RS6613".into(), message: message.into(), hint: hint.into() };
    (StatusCode::FORBIDDEN, Json(Errors { errors: vec![problem] })).into_response()
}

fn protect(headers: &mut HeaderMap) {
    const SAID: [(HeaderName, &str); 7] = [
        (header::CONTENT_SECURITY_POLICY, PAGE),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in SAID {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn rejects_other_names() {
        let names = Names::of(7000);
        for host in ["127.0.0.1:7000", "localhost:7000", "LOCALHOST:7000", "[::1]:7000"] {
            assert!(names.host(&headers(&[("host", host)])), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1", "127.0.0.1:7001", "localhost.evil.example:7000", "127.0.0.1:7000.evil"]
        {
            assert!(!names.host(&headers(&[("host", host)])), "{host}");
        }
        assert!(!names.host(&headers(&[])));
        assert!(!names.host(&headers(&[("host", "localhost:7000"), ("host", "evil.example")])));
    }

    #[test]
    fn rejects_other_pages() {
        let names = Names::of(7000);
        assert!(names.origin(&headers(&[])));
        assert!(names.origin(&headers(&[("origin", "http://localhost:7000")])));
        for origin in ["null", "https://localhost:7000", "http://evil.example", "http://localhost:7001", ""] {
            assert!(!names.origin(&headers(&[("origin", origin)])), "{origin}");
        }
        assert!(!names.origin(&headers(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")])));
        let link = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert!(names.origin(&headers(&link)));
        let frame = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        assert!(!names.origin(&headers(&frame)));
    }
}
