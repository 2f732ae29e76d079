//! The explorer's server: its page, its answers, its limits, and those who are not let in.

#![allow(clippy::disallowed_methods, reason = "tests read files and look at the clock")]

use resynapse_cli::serve::SCREENS;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server of its own for one test; ends with it.
struct Server {
    child: Child,
    port: u16,
}

/// What came back.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }
    fn says(&self, header: &str) -> Option<String> {
        let line = self.head.lines().find(|l| l.to_lowercase().starts_with(&format!("{header}:")))?;
        Some(line.split_once(':')?.1.trim().to_string())
    }
}

impl Server {
    fn start() -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_resynapse"))
            .args(["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("an address");
        let port = line.trim().trim_end_matches('/').rsplit(':').next().and_then(|p| p.parse().ok());
        Server { child, port: port.unwrap_or_else(|| panic!("no port in `{line}`")) }
    }

    /// Sends text as it is.
    fn raw(&self, text: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        // A server that has heard enough may close before all is said.
        let _ = stream.write_all(text.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let body = if head.to_lowercase().contains("transfer-encoding: chunked") { joined(body) } else { body.into() };
        Answer { status, head: head.into(), body }
    }

    fn send(&self, method: &str, path: &str, more: &str, body: &str) -> Answer {
        let host = format!("127.0.0.1:{}", self.port);
        self.raw(&format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{more}\r\n{body}",
            body.len()
        ))
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, "Content-Type: application/json\r\n", &body.to_string())
    }

    /// Waits until a job is in one of some states.
    fn wait(&self, id: &str, states: &[&str]) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let job = self.get(&format!("/api/jobs/{id}")).json();
            if states.iter().any(|s| job["state"] == *s) {
                return job;
            }
            assert!(Instant::now() < until, "still {job}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The parts of a chunked body put together.
fn joined(body: &str) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || size > after.len() {
            break;
        }
        out.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    out
}

fn infusion() -> Value {
    json!({ "what": "ketamine 0.5 mg/kg iv over 40 min" })
}

/// A trial that takes long enough to be stopped.
fn long_trial() -> Value {
    json!({ "kind": "trial", "trial": {
        "arms": [{ "name": "ketamine", "what": "ketamine 0.5 mg/kg iv over 40 min" }, { "name": "saline", "what": "saline iv over 40 min" }],
        "per_arm": 100, "trials": 150, "entry_madrs": 28, "visit": "24 h", "last": "28 d", "seed": 1 } })
}

#[test]
fn agrees_with_the_page_and_its_protection() {
    let server = Server::start();
    for screen in SCREENS {
        let path = &screen.replace("{name}", "glutamate");
        let page = server.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("/app.js") && page.body.contains("not medical advice"), "{path}");
        let policy = page.says("content-security-policy").expect("a policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("unsafe")
        );
        assert_eq!(page.says("x-content-type-options").as_deref(), Some("nosniff"));
    }
    let script = server.get("/app.js");
    assert!(script.says("content-type").is_some_and(|k| k.starts_with("text/javascript")) && script.status == 200);
    let tag = script.says("etag").expect("a tag");
    assert_eq!(server.send("GET", "/app.js", &format!("If-None-Match: {tag}\r\n"), "").status, 304);
    for path in
        ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/..%2fCargo.toml", "/etc/passwd", "/api/stories/..%2f..%2fclaims.csv"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
}

#[test]
fn agrees_with_itself_and_its_description() {
    let server = Server::start();
    let plain = |answer: Answer| {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let mut run = answer.json();
        run["compute_ms"] = json!(0);
        run.to_string()
    };
    let first = plain(server.post("/api/run", &infusion()));
    let _ = server.post("/api/run", &json!({ "what": "esketamine 84 mg nasal", "hold": ["AMPA"] }));
    // What was compiled before changes no byte.
    assert_eq!(first, plain(server.post("/api/run", &infusion())));
    let description = server.get("/api/openapi.json").json();
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/openapi.json");
    let committed: Value =
        serde_json::from_str(&std::fs::read_to_string(committed).expect("it is committed")).expect("JSON");
    assert_eq!(description, committed, "run `cargo xtask gen`");
    let small = server.send(
        "POST",
        "/api/run",
        "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n",
        &infusion().to_string(),
    );
    assert_eq!(small.says("content-encoding").as_deref(), Some("gzip"));
}

#[test]
fn agrees_with_broken_links_and_people() {
    let server = Server::start();
    let madrs = |body: &Value| {
        let run = server.post("/api/run", body).json();
        let symptom =
            run["lanes"].as_array().and_then(|l| l.iter().find(|l| l["id"] == "symptom")).cloned().expect("a lane");
        symptom["panels"][0]["signals"][0]["extreme"]["value"].as_f64().expect("a number")
    };
    let whole = madrs(&infusion());
    let mut broken = infusion();
    broken["hold"] = json!(["NMDA block"]);
    assert!(whole + 1.0 < madrs(&broken), "without block there is less to gain");
    let people = json!({ "ask": infusion(), "ports": ["madrs.total"], "people": 16, "seed": 4 });
    let (one, two) = (server.post("/api/people", &people).json(), server.post("/api/people", &people).json());
    assert_eq!(one["signals"], two["signals"]);
    let bands = one["signals"][0]["bands"].as_array().expect("bands");
    assert!(bands[0][60].as_f64() <= bands[4][60].as_f64());
}

#[test]
fn agrees_with_reports_without_scripts() {
    let server = Server::start();
    let page = server.get("/report?what=ketamine%200.5%20mg%2Fkg%20iv%20over%2040%20min");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("not medical advice") && !page.body.contains("<script"));
    assert!(page.says("content-security-policy").is_some_and(|p| !p.contains("script-src")));
    assert_eq!(server.post("/api/report", &infusion()).body, page.body);
}

#[test]
fn rejects_strangers() {
    let server = Server::start();
    let port = server.port;
    let with_host = |host: &str| {
        server.raw(&format!("GET /api/atlas HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).status
    };
    for host in
        ["evil.example", "evil.example:80", &format!("evil.example:{port}"), "127.0.0.1", "127.0.0.1:1", "169.254.1.1"]
    {
        assert_eq!(with_host(host), 403, "{host}");
    }
    assert_eq!(with_host(&format!("localhost:{port}")), 200);
    let no_host = server.raw("GET /api/atlas HTTP/1.0\r\n\r\n").status;
    assert!(no_host == 403 || no_host == 400, "{no_host}");
    let absolute = server
        .raw(&format!("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"));
    assert_eq!(absolute.status, 403);
    for origin in ["http://evil.example", "null", "https://127.0.0.1", &format!("http://evil.example:{port}")] {
        let more = format!("Origin: {origin}\r\nContent-Type: application/json\r\n");
        for (method, path) in
            [("POST", "/api/run"), ("POST", "/api/jobs"), ("GET", "/api/atlas"), ("DELETE", "/api/jobs/0")]
        {
            assert_eq!(server.send(method, path, &more, &infusion().to_string()).status, 403, "{origin} {path}");
        }
    }
    let own = format!("Origin: http://127.0.0.1:{port}\r\nContent-Type: application/json\r\n");
    assert_eq!(server.send("POST", "/api/run", &own, &infusion().to_string()).status, 200);
}

#[test]
fn rejects_what_cannot_be_read() {
    let server = Server::start();
    let json = "Content-Type: application/json\r\n";
    let cases = [
        ("POST", "/api/run", "Content-Type: text/plain\r\n", "{}", 415),
        ("POST", "/api/run", json, "{", 400),
        ("POST", "/api/run", json, "{\"what\": 5}", 400),
        ("POST", "/api/run", json, "{\"what\": \"ketamine 1 mg iv\", \"path\": \"/etc\"}", 400),
        ("POST", "/api/run", json, "{\"what\": \"ketamine 1 moon iv\"}", 422),
        ("POST", "/api/jobs", json, "{\"kind\": \"rm\"}", 400),
        ("PUT", "/api/run", json, "{}", 405),
        ("GET", "/api/jobs/99", "", "", 404),
        ("GET", "/api/signals/nothing/why", "", "", 404),
    ];
    for (method, path, more, body, status) in cases {
        let answer = server.send(method, path, more, body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.body);
        assert!(answer.json()["errors"][0]["hint"].is_string(), "{path}");
    }
    let large = format!("{{\"what\": \"{}\"}}", "x".repeat(200_000));
    assert_eq!(server.send("POST", "/api/run", json, &large).status, 413);
}

#[test]
fn agrees_with_jobs_that_are_watched_and_stopped() {
    let server = Server::start();
    let job = server.post("/api/jobs", &long_trial());
    assert_eq!(job.status, 202, "{}", job.body);
    let id = job.json()["id"].as_str().expect("an id").to_string();
    let running = server.wait(&id, &["running"]);
    assert!(running["protocol"].as_str().is_some_and(|p| p.contains("[[arm]]")));
    let news = std::thread::scope(|scope| {
        let listening = scope.spawn(|| server.get(&format!("/api/jobs/{id}/events")));
        std::thread::sleep(Duration::from_millis(1500));
        assert_eq!(server.send("DELETE", &format!("/api/jobs/{id}"), "", "").status, 200);
        listening.join().expect("news")
    });
    assert!(news.body.matches("event: job").count() >= 2, "{}", news.body);
    assert!(news.body.contains("\"cancelled\""), "{}", news.body);
    assert_eq!(server.wait(&id, &["cancelled"])["result"], Value::Null);
    // There is room again, and work that ends has a result.
    let influence = json!({ "kind": "influence", "ask": infusion(), "port": "plasma.ketamine", "at": "40 min" });
    let id = server.post("/api/jobs", &influence).json()["id"].as_str().expect("an id").to_string();
    let done = server.wait(&id, &["done", "failed"]);
    let rows = done["result"]["rows"].as_array().unwrap_or_else(|| panic!("{done}"));
    assert!(rows.len() > 5 && rows[0]["up"] != rows[0]["down"]);
}

#[test]
fn rejects_a_flood_and_stays_awake() {
    let server = Server::start();
    let statuses: Vec<u16> = (0..30).map(|_| server.post("/api/jobs", &long_trial()).status).collect();
    assert!(statuses.iter().filter(|s| **s == 202).count() <= 6, "{statuses:?}");
    assert!(statuses.iter().all(|s| [202, 429].contains(s)) && statuses.contains(&429), "{statuses:?}");
    let refused = server.post("/api/jobs", &long_trial());
    assert!(refused.says("retry-after").is_some());
    let started = Instant::now();
    assert_eq!(server.get("/api/stories").status, 200);
    assert_eq!(server.post("/api/run", &infusion()).status, 200);
    assert!(started.elapsed() < Duration::from_secs(10), "it answers while it works");
}

#[cfg(unix)]
#[test]
fn agrees_with_a_quick_end() {
    let mut server = Server::start();
    let id = server.post("/api/jobs", &long_trial()).json()["id"].as_str().expect("an id").to_string();
    server.wait(&id, &["running"]);
    let watching = TcpStream::connect(("127.0.0.1", server.port)).expect("it listens");
    let mut stream = watching.try_clone().expect("a stream");
    let ask = format!("GET /api/jobs/{id}/events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", server.port);
    stream.write_all(ask.as_bytes()).expect("sent");
    std::thread::sleep(Duration::from_millis(300));
    let told = Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status();
    assert!(told.is_ok_and(|s| s.success()));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = server.child.try_wait().expect("it can be asked") {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(2), "it still runs after two seconds");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
    assert!(TcpStream::connect(("127.0.0.1", server.port)).is_err(), "nothing is left that listens");
}

#[test]
fn agrees_with_a_raised_port_and_risks_of_a_hundred() {
    let server = Server::start();
    let signal = |body: &Value, port: &str| {
        let run = server.post("/api/run", body).json();
        let lanes = run["lanes"].as_array().unwrap_or_else(|| panic!("{run}")).clone();
        let all = lanes.iter().flat_map(|l| l["panels"].as_array().cloned().unwrap_or_default());
        all.flat_map(|p| p["signals"].as_array().cloned().unwrap_or_default()).find(|s| s["port"] == port)
    };
    let mut raised = infusion();
    raised["hold"] = json!(["inflammation.index=1"]);
    let score = |body: &Value| {
        signal(body, "madrs.total").expect("a score")["values"].as_array().and_then(|v| v.last()?.as_f64())
    };
    assert!(score(&infusion()) < score(&raised), "inflammation that is raised weighs on mood");
    raised["hold"] = json!(["inflammation.index=much"]);
    assert_eq!(server.post("/api/run", &raised).status, 422);
    // A risk is told as people; one that nobody runs is not drawn.
    let nausea = signal(&infusion(), "nausea.probability").expect("a risk");
    assert_eq!(nausea["unit"], "of 100 people");
    assert!(signal(&infusion(), "sedation.unresponsive").is_none());
}
