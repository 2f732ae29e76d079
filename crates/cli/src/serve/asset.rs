//! The page itself: files built from `web/` and compiled in.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// A file of the page: its path under `web/dist`, its kind, its bytes.
pub struct Asset {
    /// Path.
    pub path: &'static str,
    /// Kind, as a header says it.
    pub kind: &'static str,
    /// Bytes.
    pub bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const BINARY: &str = "application/octet-stream";
const SVG: &str = "image/svg+xml";

macro_rules! asset {
    ($path:literal, $kind:expr) => {
        Asset { path: $path, kind: $kind, bytes: include_bytes!(concat!("../../../../web/dist/", $path)) }
    };
}

/// Every file of the page. A test compares the list with the folder.
pub const ASSETS: &[Asset] = &[
    asset!("index.html", HTML),
    asset!("app.js", SCRIPT),
    asset!("app.css", STYLE),
    asset!("cortex.bin", BINARY),
    asset!("icon.svg", SVG),
];

/// A file by its path under `web/dist`; nothing is looked up on a disk.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|a| a.path == path)
}

/// The page.
pub async fn page(headers: HeaderMap) -> Response {
    answer(find("index.html"), &headers)
}

/// A file of the page.
pub async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    answer(find(&path), &headers)
}

fn answer(asset: Option<&'static Asset>, headers: &HeaderMap) -> Response {
    let Some(asset) = asset else { return StatusCode::NOT_FOUND.into_response() };
    let digest = Sha256::digest(asset.bytes);
    let short: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    let tag = HeaderValue::from_str(&format!("\"{short}\"")).unwrap_or(HeaderValue::from_static("\"0\""));
    // A browser asks each time, and is told when what it has is still right.
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.kind)], Bytes::from_static(asset.bytes)).into_response()
    };
    let said = response.headers_mut();
    said.insert(header::ETAG, tag);
    said.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
